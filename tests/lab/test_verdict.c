/* SPDX-License-Identifier: MIT */
/*
 * test_verdict MIDAIR: pairs that cannot meet, behind real NATs. Both sides say the same reason, and
 * where the time ran out each has heard from the other what it saw.
 */
#include "lab_test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lab/namespace.h"
#include "lab/program.h"
#include "os/cleanup.h"

#define TIMEOUT_MS 20000
#define SERVER	   "192.0.2.1:1314"
#define ARGUMENTS  10
#define NO_PATH	   1
#define WRONG_CODE 4
#define NO_SERVER  7
#define NO_DIRECT  21
#define NO_PROBES  "--probe-port=off"
/* From the introduction to the end where there is no direct way: the NATs are measured by then. */
#define AT_ONCE_MS 1500.0
/* The server, a look at the NAT (some 20), and plain dials. */
#define FEW_DIALS 100

static int midair_fd = -1;

static struct program *start(const struct network *network, enum lab_side side,
			     const char *const arguments[ARGUMENTS])
{
	const char *const environment[] = {"MIDAIR_SERVER=" SERVER, "MIDAIR_SECRET", NULL};
	const struct program_config config = {
		.namespace_fd = network_host_namespace(network, side),
		.executable_fd = midair_fd,
		.arguments = arguments,
		.environment = environment,
	};
	struct program *program;

	assert_int_equal(program_start(&program, &config, NULL), 0);
	return program;
}

static struct program *start_server(const struct network *network, const char *option)
{
	const char *const arguments[ARGUMENTS] = {"midair", "serve", "--listen", SERVER,
						  option};
	struct program *server = start(network, LAB_S, arguments);

	if (program_wait_text(server, PROGRAM_ERRORS, "midair serve: ready", TIMEOUT_MS) != 0)
		fail_msg("no server: %s", program_text(server, PROGRAM_ERRORS));
	return server;
}

static struct program *start_pipe(const struct network *network, enum lab_side side,
				  const char *code, const char *option)
{
	const char *const arguments[ARGUMENTS] = {"midair", "pipe", "--json", code, option};

	return start(network, side, arguments);
}

static void expect_words(struct program *program, const char *row, const char *words)
{
	if (strstr(program_text(program, PROGRAM_ERRORS), words) == NULL)
		fail_msg("row \"%s\": did not say %s, but: %s", row, words,
			 program_text(program, PROGRAM_ERRORS));
}

static void expect_end(struct program *program, const char *row, int status,
		       const char *verdict)
{
	char words[128];
	int seen = program_wait(program, TIMEOUT_MS);

	if (seen != status)
		fail_msg("row \"%s\": ended with %d instead of %d; it said: %s", row, seen,
			 status, program_text(program, PROGRAM_ERRORS));
	snprintf(words, sizeof(words), "{\"event\":\"verdict\",%s", verdict);
	expect_words(program, row, words);
}

static const struct {
	const char *line;
	bool probes;
	int status;
	const char *code;
	const char *sides[2]; /* as a says it, and as b does */
	const char *nats;     /* in the behaviour */
} rows[] = {
	{"a=apdm/random b=apdm/random rtt=20ms server=20ms",
	 true,
	 NO_DIRECT,
	 "random-both",
	 {"both", "both"},
	 "ours: mapping address-and-port-dependent, ports random"},
	{"a=refuse-syn-in b=refuse-syn-in rtt=20ms server=20ms",
	 true,
	 NO_DIRECT,
	 "syn-in-refused",
	 {"both", "both"},
	 "refuses a SYN that meets its own"},
	{"a=icmp/refuse-syn-in b=drop rtt=20ms server=20ms",
	 true,
	 NO_DIRECT,
	 "syn-in-error",
	 {"ours", "theirs"},
	 "refuses a SYN that meets its own, reaction unreachable"},
	{"a=apdm/sequential:1 b=apdm/random rtt=20ms server=20ms",
	 true,
	 NO_DIRECT,
	 "random-sequential",
	 {"theirs", "ours"},
	 "ports sequential"},
	/* nobody has measured */
	{"a=apdm/random b=apdm/random rtt=20ms server=20ms",
	 false,
	 NO_PATH,
	 "silence",
	 {"both", "both"},
	 "reaction drop; theirs: "},
	{"a=apdm/random/rst b=apdm/random/rst rtt=20ms server=20ms",
	 false,
	 NO_PATH,
	 "refused-everywhere",
	 {"both", "both"},
	 "reaction reset; theirs: "},
	{"a=apdm/random/drop b=apdm/random/rst rtt=20ms server=20ms",
	 false,
	 NO_PATH,
	 "not-met",
	 {"both", "both"},
	 "reaction reset"},
};

static void expect_row(struct program *program, size_t row, int side)
{
	char verdict[128];

	snprintf(verdict, sizeof(verdict), "\"code\":\"%s\",\"side\":\"%s\",\"step\":\"dial\"",
		 rows[row].code, rows[row].sides[side]);
	expect_end(program, rows[row].line, rows[row].status, verdict);
	expect_words(program, rows[row].line, rows[row].nats);
	expect_words(program, rows[row].line, "{\"side\":\"theirs\"");
}

static void both_sides_say_why_they_cannot_meet(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct network *network = lab_test_network(rows[i].line);
		struct program *server =
			start_server(network, rows[i].probes ? NULL : NO_PROBES);
		struct program *a =
			start_pipe(network, LAB_A, "4711-crossover-clockwork", "--timeout=3");
		struct program *b =
			start_pipe(network, LAB_B, "4711-crossover-clockwork", "--timeout=3");

		expect_row(a, i, 0);
		expect_row(b, i, 1);
		if (rows[i].status == NO_PATH)
			expect_words(a, rows[i].line, "\"clock_error_ms\":2");
		program_free(a);
		program_free(b);
		program_free(server);
		network_free(network);
	}
}

static double time_of(struct program *program, const char *event)
{
	char words[64];
	const char *at;

	snprintf(words, sizeof(words), "{\"event\":\"%s\",\"time_ms\":", event);
	expect_words(program, event, words);
	at = strstr(program_text(program, PROGRAM_ERRORS), words);
	return strtod(at + strlen(words), NULL);
}

/* Dials of all kinds that left the host: the kernel's count. */
static long n_dials(const struct network *network, enum lab_side side)
{
	_cleanup_close_ int home = namespace_current();
	char names[1024], values[1024], *name, *value, *rest_names, *rest_values;
	long n = -1;
	FILE *file;

	assert_int_equal(namespace_enter(network_host_namespace(network, side)), 0);
	file = fopen("/proc/thread-self/net/snmp", "re");
	assert_int_equal(namespace_enter(home), 0);
	assert_non_null(file);
	while (n < 0 && fgets(names, sizeof(names), file) &&
	       fgets(values, sizeof(values), file)) {
		name = strtok_r(names, " ", &rest_names);
		value = strtok_r(values, " ", &rest_values);
		for (bool is_tcp = name && strcmp(name, "Tcp:") == 0; is_tcp && name && value;
		     name = strtok_r(NULL, " ", &rest_names),
			  value = strtok_r(NULL, " ", &rest_values))
			if (strcmp(name, "ActiveOpens") == 0)
				n = strtol(value, NULL, 10);
	}
	fclose(file);
	assert_true(n > 0);
	return n;
}

/* A filter of which nothing is known yet could let the other side in: but the server's answer is
 * less than a second away, and a volley of a thousand SYNs is not. */
static void no_volley_leaves_before_the_filters_are_known(void **state)
{
	static const char row[] = "a=apdm/random b=apdm/random rtt=20ms server=20ms";
	struct network *network = lab_test_network(row);
	struct program *server = start_server(network, NULL);
	struct program *ends[2];

	(void)state;
	for (int side = 0; side < 2; side++)
		ends[side] = start_pipe(network, side == 0 ? LAB_A : LAB_B,
					"4711-crossover-clockwork", NULL);
	for (int side = 0; side < 2; side++) {
		expect_end(ends[side], row, NO_DIRECT, "\"code\":\"random-both\"");
		assert_true(n_dials(network, side == 0 ? LAB_A : LAB_B) < FEW_DIALS);
	}
	for (int side = 0; side < 2; side++)
		program_free(ends[side]);
	program_free(server);
	network_free(network);
}

/* The one that gives up earlier asks, and the other one, which goes on, answers. */
static void who_gives_up_first_hears_from_the_other(void **state)
{
	static const char row[] = "a=apdm/random b=apdm/random/rst rtt=20ms server=20ms";
	struct network *network = lab_test_network(row);
	struct program *server = start_server(network, NO_PROBES);
	struct program *a =
		start_pipe(network, LAB_A, "4711-crossover-clockwork", "--timeout=1");
	struct program *b =
		start_pipe(network, LAB_B, "4711-crossover-clockwork", "--timeout=3");

	(void)state;
	expect_end(a, row, NO_PATH, "\"code\":\"not-met\",\"side\":\"both\"");
	expect_words(a, row, "{\"side\":\"theirs\"");
	expect_end(b, row, NO_PATH, "\"code\":\"not-met\",\"side\":\"both\"");
	expect_words(b, row, "{\"side\":\"theirs\"");
	program_free(a);
	program_free(b);
	program_free(server);
	network_free(network);
}

/* The server would forward, and one side, or both, will have none of it. */
static void who_allows_no_relay_ends_both_at_once(void **state)
{
	static const char line[] = "a=apdm/random b=apdm/random rtt=20ms server=20ms";
	static const struct {
		const char *name;
		const char *options[2];
	} sides[] = {
		{"--direct on a", {"--direct", NULL}},
		{"--direct on b", {NULL, "--direct"}},
		{"--direct on both", {"--direct", "--direct"}},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(sides); i++) {
		struct network *network = lab_test_network(line);
		struct program *server = start_server(network, "--relay");
		struct program *ends[2];

		for (int side = 0; side < 2; side++)
			ends[side] =
				start_pipe(network, side == 0 ? LAB_A : LAB_B,
					   "4711-crossover-clockwork", sides[i].options[side]);
		for (int side = 0; side < 2; side++) {
			expect_end(ends[side], sides[i].name, NO_DIRECT,
				   "\"code\":\"random-both\",\"side\":\"both\"");
			expect_words(ends[side], sides[i].name, "\"allow-relay\"");
			expect_words(ends[side], sides[i].name, "{\"side\":\"theirs\"");
			if (sides[i].options[side] == NULL)
				expect_words(ends[side], sides[i].name,
					     "\"code\":\"no-relay\","
					     "\"reason\":\"peer-direct-only\"");
			assert_true(time_of(ends[side], "failed") -
					    time_of(ends[side], "peer") <
				    AT_ONCE_MS);
		}
		for (int side = 0; side < 2; side++)
			program_free(ends[side]);
		program_free(server);
		network_free(network);
	}
}

/* One more network of the host's, in which each address is the host itself and answers with RST. */
static void add_network(const struct network *network, enum lab_side side, const char *address)
{
	struct ifreq request = {.ifr_name = "lo:1"};
	struct sockaddr_in *place = (struct sockaddr_in *)&request.ifr_addr;
	_cleanup_close_ int home = namespace_current();
	_cleanup_close_ int fd = -1;

	place->sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, address, &place->sin_addr), 1);
	assert_int_equal(namespace_enter(network_host_namespace(network, side)), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
	assert_int_equal(inet_pton(AF_INET, "255.255.255.0", &place->sin_addr), 1);
	assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &request), 0);
	assert_int_equal(namespace_enter(home), 0);
}

/* b's address is one of a's own network as well: a dials it, and keeps what came of it. */
static void what_happens_inside_a_network_stays_there(void **state)
{
	static const char row[] = "a=apdm/random b=apdm/random rtt=20ms server=20ms";
	static const char at_b[] = "\"event\":\"refused\",\"remote\":\"10.0.2.2:";
	struct network *network = lab_test_network(row);
	struct program *server = start_server(network, NO_PROBES);
	struct program *a, *b;
	const char *told;

	(void)state;
	add_network(network, LAB_A, "10.0.2.77");
	a = start_pipe(network, LAB_A, "4711-crossover-clockwork", "--timeout=2");
	b = start_pipe(network, LAB_B, "4711-crossover-clockwork", "--timeout=2");
	expect_end(a, row, NO_PATH, "\"code\":\"");
	expect_end(b, row, NO_PATH, "\"code\":\"");
	expect_words(a, row, at_b);
	told = strstr(program_text(b, PROGRAM_ERRORS), "{\"event\":\"verdict\"");
	assert_non_null(strstr(told, "{\"side\":\"theirs\""));
	assert_null(strstr(told, "10.0.2."));
	program_free(a);
	program_free(b);
	program_free(server);
	network_free(network);
}

static void a_wrong_code_is_the_reason_on_both_sides(void **state)
{
	static const char row[] = "a=drop b=drop rtt=20ms server=20ms";
	static const char verdict[] =
		"\"code\":\"wrong-code\",\"side\":\"theirs\",\"step\":\"introduction\"";
	struct network *network = lab_test_network(row);
	struct program *server = start_server(network, NULL);
	struct program *a =
		start_pipe(network, LAB_A, "4711-crossover-clockwork", "--timeout=3");
	struct program *b =
		start_pipe(network, LAB_B, "4711-crossover-crossover", "--timeout=3");

	(void)state;
	expect_end(a, row, WRONG_CODE, verdict);
	expect_end(b, row, WRONG_CODE, verdict);
	program_free(a);
	program_free(b);
	program_free(server);
	network_free(network);
}

static void a_server_that_is_away_is_the_reason(void **state)
{
	static const char row[] = "a=drop b=drop rtt=20ms server=20ms";
	struct network *network = lab_test_network(row);
	struct program *a = start_pipe(network, LAB_A, "4711-crossover-clockwork", "--wait=1");

	(void)state;
	expect_end(a, row, NO_SERVER,
		   "\"code\":\"server-unreachable\",\"side\":\"server\",\"step\":\"server\"");
	program_free(a);
	network_free(network);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_say_why_they_cannot_meet),
		cmocka_unit_test(who_gives_up_first_hears_from_the_other),
		cmocka_unit_test(no_volley_leaves_before_the_filters_are_known),
		cmocka_unit_test(who_allows_no_relay_ends_both_at_once),
		cmocka_unit_test(what_happens_inside_a_network_stays_there),
		cmocka_unit_test(a_wrong_code_is_the_reason_on_both_sides),
		cmocka_unit_test(a_server_that_is_away_is_the_reason),
	};

	(void)context;
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	midair_fd = program_open(argv[1]);
	return midair_fd < 0 ? 1 : lab_test_main(group);
}
