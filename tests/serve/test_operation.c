/* SPDX-License-Identifier: MIT */
/* What an operator sees and does: signals, the configuration, metrics, the log, the sandbox. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

static const char *const no_options[] = {NULL};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void sigterm_tells_all_and_ends_within_seconds(void **state)
{
	struct rig *rig = rig_start(no_options);
	struct client waiting = client_connect(rig->port, 1);
	struct client silent = client_connect(rig->port, 2);
	struct client deaf = client_connect(rig->port, 3);
	uint64_t begin_ms;

	(void)state;
	client_join(&waiting, NULL, 0);
	client_join(&deaf, NULL, 0);
	rig_wait_metric(rig, "connections{state=\"silent\"}", 1);
	begin_ms = rig_now_ms();
	rig_signal(rig, SIGTERM);
	client_hear_error(&waiting, WIRE_ERROR_CLOSING);
	client_hear_error(&silent, WIRE_ERROR_CLOSING);
	/* the deaf one neither reads nor closes, and nobody waits for it for long */
	assert_int_equal(rig_stop(rig), 0);
	assert_true(rig_now_ms() - begin_ms < 5000);
	client_close(&deaf);
}

static void a_pair_is_told_the_end_of_the_server_and_not_of_the_peer(void **state)
{
	struct rig *rig = rig_start(no_options);
	struct client a = client_connect(rig->port, 1);
	struct client b = client_connect(rig->port, 2);

	(void)state;
	client_join(&a, "x", 0);
	client_join(&b, "x", 0);
	client_hear(&a, WIRE_PEER);
	client_hear(&b, WIRE_PEER);
	rig_signal(rig, SIGTERM);
	client_hear_error(&a, WIRE_ERROR_CLOSING);
	client_hear_error(&b, WIRE_ERROR_CLOSING);
	assert_int_equal(rig_stop(rig), 0);
}

static void after_a_restart_old_numbers_are_free_and_new_ones_are_long(void **state)
{
	struct rig *rig = rig_start(no_options);

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		char name[16];
		struct client stranger = client_connect(rig->port, 50 + i);
		struct client host = client_connect(rig->port, 1);

		assert_true(client_join(&stranger, NULL, 0).number > 9999);
		snprintf(name, sizeof(name), "%u", i + 1);
		client_join(&host, name, 0);
		client_hear_nothing(&host, 1);
		client_close(&stranger);
		client_close(&host);
	}
	assert_int_equal(rig_stop(rig), 0);
}

static void sighup_reads_the_limits_and_keeps_them_when_the_file_is_bad(void **state)
{
	char folder[] = "/tmp/midair-serve-XXXXXX";
	char path[64];
	const char *options[] = {"--config", path, NULL};
	struct client clients[3];

	(void)state;
	assert_non_null(mkdtemp(folder));
	/* The server may be another user by then. */
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(path, sizeof(path), "%s/limits", folder);
	write_file(path, "# the beginning\nconnections-per-address = 1\n");
	struct rig *rig = rig_start(options);

	clients[0] = client_connect(rig->port, 10);
	rig_wait_metric(rig, "connections{state=\"silent\"}", 1);
	clients[1] = client_connect(rig->port, 10);
	client_hear_error(&clients[1], WIRE_ERROR_TOO_MANY);
	/* a new file in its place, as editors do */
	unlink(path);
	write_file(path, "connections-per-address = 2\n");
	rig_signal(rig, SIGHUP);
	size_t at = rig_wait_log(rig, 0, "limits-read");

	clients[1] = client_connect(rig->port, 10);
	client_join(&clients[1], NULL, 0);
	write_file(path, "room-s = 60\nconnections-per-address = lots\n");
	rig_signal(rig, SIGHUP);
	at = rig_wait_log(rig, at, "limits-refused");
	rig_wait_log(rig, at, "line=2");
	clients[2] = client_connect(rig->port, 10);
	client_hear_error(&clients[2], WIRE_ERROR_TOO_MANY);
	unlink(path);
	rig_signal(rig, SIGHUP);
	rig_wait_log(rig, at, "limits-refused");
	client_close(&clients[0]);
	client_close(&clients[1]);
	rmdir(folder);
	assert_int_equal(rig_stop(rig), 0);
}

static void metrics_and_health_are_told_over_http(void **state)
{
	static const struct {
		const char *request, *status, *part;
	} rows[] = {
		{"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.0 200 ",
		 "# TYPE midair_serve_introductions_total counter\n"},
		{"GET /health HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", "\r\n\r\nok\n"},
		{"GET /etc/passwd HTTP/1.0\r\n\r\n", "HTTP/1.0 404 ", ""},
		{"POST /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 405 ", ""},
		{"hello\r\n\r\n", "HTTP/1.0 400 ", ""},
	};
	struct rig *rig = rig_start(no_options);
	static char answer[65536];
	struct client slow[20];

	(void)state;
	/* more than it keeps, and they say nothing */
	for (uint32_t i = 0; i < 20; i++)
		slow[i] = client_connect(rig->metrics_port, 0);
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		http_get(rig->metrics_port, rows[i].request, answer, sizeof(answer));
		EXPECT(strncmp(answer, rows[i].status, strlen(rows[i].status)) == 0,
		       rows[i].request);
		EXPECT(strstr(answer, rows[i].part) != NULL, rows[i].request);
	}
	for (uint32_t i = 0; i < 20; i++)
		client_close(&slow[i]);
	memset(answer, 'a', 3000);
	answer[3000] = '\0';
	http_get(rig->metrics_port, answer, answer + 4000, 4000);
	assert_int_equal(rig_stop(rig), 0);
}

static void make_events(struct rig *rig)
{
	struct client a = client_connect(rig->port, 1);
	struct client b = client_connect(rig->port, 2);
	struct client bad = client_connect(rig->port, 3);

	client_join(&a, "blinded name", 0);
	client_join(&b, "blinded name", 0);
	client_hear(&a, WIRE_PEER);
	client_hear(&b, WIRE_PEER);
	client_sealed(&a, "the payload", 11);
	client_hear(&b, WIRE_SEALED);
	client_leave(&a, WIRE_REASON_DONE);
	client_hear(&b, WIRE_LEFT);
	client_send(&bad, "bad bytes", 9);
	client_hear_error(&bad, WIRE_ERROR_PROTOCOL);
	client_close(&a);
	client_close(&b);
}

static void the_log_tells_events_and_neither_names_nor_payload(void **state)
{
	static const char *const json[] = {"--json", NULL};
	static const char *const *const options[] = {no_options, json};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(options); i++) {
		struct rig *rig = rig_start(options[i]);

		make_events(rig);
		rig_wait_log(rig, 0,
			     i == 0 ? "introduced peer=127.0.0.1:"
				    : "\"event\":\"introduced\",\"peer\":\"127.0.0.1:");
		rig_wait_log(rig, 0,
			     i == 0 ? "refused error=protocol" : "\"error\":\"protocol\"");
		assert_int_equal(rig_stop(rig), 0);
		assert_null(strstr(rig->log, "blinded"));
		assert_null(strstr(rig->log, "payload"));
		for (const char *line = rig->log; *line; line = strchr(line, '\n') + 1) {
			assert_non_null(strchr(line, '\n'));
			if (i == 1)
				assert_int_equal(line[0], '{');
		}
	}
}

static void the_log_can_do_without_addresses(void **state)
{
	static const char *const options[] = {"--log-addresses", "no", NULL};
	struct rig *rig = rig_start(options);

	(void)state;
	make_events(rig);
	rig_wait_log(rig, 0, "introduced peer=- remote=-");
	size_t at = rig_wait_log(rig, 0, "ready");

	assert_int_equal(rig_stop(rig), 0);
	/* what the server itself listens on is no secret; of clients there is nothing */
	assert_null(strstr(rig->log + at, "127.0.0"));
}

static void a_flood_of_events_does_not_flood_the_log(void **state)
{
	static const char *const options[] = {"--limit", "log-lines-per-minute=1", "--limit",
					      "connects-burst=5000", NULL};
	struct rig *rig = rig_start(options);

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		struct client client = client_connect(rig->port, 1);

		client_send(&client, "\x5f", 1);
		client_hear_error(&client, WIRE_ERROR_PROTOCOL);
	}
	assert_int_equal(rig_metric(rig, "errors_total{error=\"protocol\"}"), 2000);
	assert_true(rig_metric(rig, "log_lines_dropped_total") > 900);
	assert_int_equal(rig_stop(rig), 0);
}

static bool log_says_active(struct rig *rig, const char *stage)
{
	char text[64];

	snprintf(text, sizeof(text), "stage name=%s state=active", stage);
	return rig_log_has(rig, text);
}

static void every_stage_that_the_log_calls_active_is(void **state)
{
	struct rig *rig = rig_start(no_options);
	char value[128];

	(void)state;
	assert_true(rig_log_has(rig, "stage name=seccomp"));
	assert_true(rig_log_has(rig, "stage name=landlock"));
	assert_true(log_says_active(rig, "no-core"));
	rig_proc(rig, "limits", "Max core file size", value, sizeof(value));
	assert_int_equal(strncmp(value, "0 ", 2), 0);
	assert_true(log_says_active(rig, "no-new-privileges"));
	rig_proc(rig, "status", "NoNewPrivs:", value, sizeof(value));
	assert_string_equal(value, "1");
	rig_proc(rig, "status", "Seccomp:", value, sizeof(value));
	assert_string_equal(value, log_says_active(rig, "seccomp") ? "2" : "0");
	rig_proc(rig, "status", "CapEff:", value, sizeof(value));
	if (log_says_active(rig, "capabilities"))
		assert_string_equal(value, "0000000000000000");
	rig_proc(rig, "status", "Uid:", value, sizeof(value));
	if (log_says_active(rig, "user"))
		assert_int_not_equal(strtoul(value, NULL, 10), 0);
	assert_int_equal(rig_stop(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sigterm_tells_all_and_ends_within_seconds),
		cmocka_unit_test(a_pair_is_told_the_end_of_the_server_and_not_of_the_peer),
		cmocka_unit_test(after_a_restart_old_numbers_are_free_and_new_ones_are_long),
		cmocka_unit_test(sighup_reads_the_limits_and_keeps_them_when_the_file_is_bad),
		cmocka_unit_test(metrics_and_health_are_told_over_http),
		cmocka_unit_test(the_log_tells_events_and_neither_names_nor_payload),
		cmocka_unit_test(the_log_can_do_without_addresses),
		cmocka_unit_test(a_flood_of_events_does_not_flood_the_log),
		cmocka_unit_test(every_stage_that_the_log_calls_active_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
