/* SPDX-License-Identifier: MIT */
/* midair pipe and midair serve on loopback: codes, secrets, words, JSON, exit statuses. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/event_schema.h"
#include "tests/cli/pipe_world.h"
#include "tests/cli/secret_world.h"

#define USAGE	  2
#define NO_PEER	  6
#define NO_SERVER 7
#define LOST	  3

static struct command *server;
static struct midair_endpoint server_at;

/* The line that the first side prints for the other machine is typed there as it is. */
static void the_printed_command_is_the_other_end(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	const char *line = strstr(a->errors.bytes, "midair pipe ") + strlen("midair ");
	const char *arguments[COMMAND_ARGUMENTS] = {NULL};
	char words[512];
	char *rest = words;
	struct command *b;

	(void)state;
	snprintf(words, sizeof(words), "%.*s", (int)strcspn(line, "\n"), line);
	for (size_t i = 0; i < COMMAND_ARGUMENTS && rest != NULL; i++)
		arguments[i] = strsep(&rest, " ");
	b = command_start(arguments, CLOSED_NOTHING);
	command_feed(a, "I love you.\n");
	command_feed(b, "I know.\n");
	command_wait_text(a, "path: direct, ");
	command_wait_text(a, " round trip, TLS 1.3\n");
	command_wait_text(b, "path: direct, ");
	pipe_end_well(a, "I know.\n");
	pipe_end_well(b, "I love you.\n");
}

/* Whoever waits so short a time that a busy machine has not let it reach the server says that the
 * server cannot be reached, and is right: then once more, with more time. */
static struct command *nobody_comes(const char *const options[])
{
	static const char *const waits[] = {"0.3", "1", "4", "16"};

	for (size_t i = 0; i < N_ITEMS(waits); i++) {
		const char *all[] = {"--wait", waits[i], options[0],
				     options[0] != NULL ? options[1] : NULL, NULL};
		struct command *command = pipe_start(1, all);

		command_finish(command);
		if (command->status == NO_PEER)
			return command;
		if (command->status != NO_SERVER ||
		    strstr(command->errors.bytes, "waiting") != NULL)
			fail_msg("exit status %d, it said:\n%s", command->status,
				 command->errors.bytes);
		command_free(command);
	}
	fail_msg("the server was not reached in %s s", waits[N_ITEMS(waits) - 1]);
	return NULL;
}

static void when_nobody_comes_the_exit_status_says_so(void **state)
{
	(void)state;
	command_free(nobody_comes((const char *const[]){NULL}));
	command_free(nobody_comes((const char *const[]){"99-crossover-clockwork", NULL}));
}

static void without_a_server_the_exit_status_says_so(void **state)
{
	struct midair_endpoint nowhere = own_address(9, 11999);
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"pipe", "--server", midair_endpoint_format(&nowhere, text), "--wait", "1",
	};
	struct command *command = command_run(arguments);

	(void)state;
	assert_non_null(strstr(command->errors.bytes, text));
	assert_int_equal(command->status, NO_SERVER);
	command_free(command);
}

static void a_secret_does_what_a_code_does(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("word", "swordfish\n", 10, 0600, path);
	const char *const options[] = {"-k", file, NULL};

	(void)state;
	/* Twice: a secret's room is not spent by a meeting. */
	for (int i = 0; i < 2; i++) {
		struct command *a = pipe_start(1, options);
		struct command *b = pipe_start(2, options);

		command_feed(a, "a");
		command_feed(b, "b");
		pipe_end_well(a, "b");
		pipe_end_well(b, "a");
	}
}

static void expect_event(const struct command *command, const char *name)
{
	if (!event_schema_has(&command->errors, name))
		fail_msg("no %s in:\n%s", name, command->errors.bytes);
}

static void json_tells_every_phase_with_the_documented_keys(void **state)
{
	static const char *const phases[] = {"waiting",	      "peer", "candidates",
					     "authenticated", "path", "closed"};
	struct command *a = pipe_start(1, (const char *const[]){"--json", NULL});
	struct command *b;
	char code[256];
	char command[256];

	(void)state;
	command_wait_text(a, "\"event\":\"waiting\"");
	event_schema_value(&a->errors, "code", "code", code);
	event_schema_value(&a->errors, "code", "command", command);
	assert_non_null(strstr(command, code));
	assert_non_null(strstr(command, server_text()));
	b = pipe_start(2, (const char *const[]){code, "--json", NULL});
	command_feed(a, "I love you.");
	command_feed(b, NULL);
	command_finish_both(a, b);
	event_schema_check(&a->errors);
	event_schema_check(&b->errors);
	expect_event(a, "code");
	for (size_t i = 0; i < N_ITEMS(phases); i++) {
		expect_event(a, phases[i]);
		expect_event(b, phases[i]);
	}
	/* Whoever is quick has landed on the other one's listener before that one dials. */
	expect_event(event_schema_has(&a->errors, "dial") ? a : b, "dial");
	assert_string_equal(event_schema_value(&a->errors, "peer", "role", code), "a");
	assert_string_equal(event_schema_value(&b->errors, "peer", "role", code), "b");
	assert_string_equal(event_schema_value(&a->errors, "closed", "sent_bytes", code), "11");
	pipe_end_well(a, "");
	pipe_end_well(b, "I love you.");
}

static void failures_are_json_too(void **state)
{
	struct command *command = nobody_comes((const char *const[]){"--json", NULL});
	char value[256];

	(void)state;
	event_schema_check(&command->errors);
	assert_string_equal(event_schema_value(&command->errors, "failed", "code", value),
			    "no-peer");
	assert_string_equal(event_schema_value(&command->errors, "error", "code", value),
			    "no-peer");
	command_free(command);
}

static void quiet_says_the_code_alone(void **state)
{
	struct command *a = pipe_start(1, (const char *const[]){"-q", NULL});
	struct command *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	command_wait_text(a, "\n");
	assert_int_equal(strncmp(a->errors.bytes, "code: ", 6), 0);
	snprintf(code, sizeof(code), "%.*s", (int)strcspn(a->errors.bytes + 6, "\n"),
		 a->errors.bytes + 6);
	b = pipe_start(2, (const char *const[]){code, "-q", NULL});
	command_feed(a, "x");
	command_feed(b, NULL);
	command_finish(a);
	command_finish(b);
	assert_int_equal(count_lines(&a->errors), 1);
	assert_int_equal(b->errors.n_bytes, 0);
	pipe_end_well(a, "");
	pipe_end_well(b, "x");
}

static void a_signal_ends_it_while_it_waits(void **state)
{
	const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(numbers); i++) {
		struct command *a = pipe_start_first(code);

		kill(a->pid, numbers[i]);
		pipe_end_with(a, 128 + numbers[i]);
	}
}

static void a_signal_is_not_taken_for_a_clean_end(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	struct command *b = pipe_start(2, (const char *const[]){code, NULL});

	(void)state;
	command_wait_text(a, "path: ");
	command_wait_text(b, "path: ");
	kill(a->pid, SIGINT);
	pipe_end_with(a, 130);
	pipe_end_with(b, LOST);
}

static void the_pipe_outlives_its_server_and_a_code_a_restart(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	struct command *b;

	(void)state;
	server_stop(server);
	command_wait_text(a, "trying again");
	server = server_start(&server_at);
	b = pipe_start(2, (const char *const[]){code, NULL});
	command_wait_text(a, "path: ");
	command_wait_text(b, "path: ");
	server_stop(server);
	command_feed(a, "without it");
	command_feed(b, NULL);
	pipe_end_well(b, "without it");
	pipe_end_well(a, "");
	server = server_start(&server_at);
}

/* Without an option the environment counts, without that the file. */
static void the_server_is_found_where_it_was_written(void **state)
{
	char path[WORLD_PATH_SIZE];
	char line[256];
	struct command *command;

	(void)state;
	setenv("MIDAIR_SERVER", server_text(), 1);
	command = command_start((const char *const[]){"pipe", NULL}, CLOSED_NOTHING);
	command_wait_text(command, "--server ");
	kill(command->pid, SIGINT);
	pipe_end_with(command, 130);
	unsetenv("MIDAIR_SERVER");
	snprintf(line, sizeof(line), "# ours\n\n server = %s \n", server_text());
	world_file("midair/config", line, strlen(line), 0644, path);
	command = command_start((const char *const[]){"pipe", NULL}, CLOSED_NOTHING);
	command_wait_text(command, "on the other machine");
	assert_null(strstr(command->errors.bytes, "--server"));
	kill(command->pid, SIGINT);
	pipe_end_with(command, 130);
	unlink(path);
}

static void a_bad_line_of_the_file_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"server\n", "config:1: "},
		{"# x\nserver =\n", "config:2: "},
		{"\n\nsevrer = host\n", "sevrer"},
		{"\n\nsevrer = host\n", "config:3: "},
		{"server = host name\n", "HOST[:PORT]"},
		{"server = host:x\n", "HOST[:PORT]"},
		{"server = host:70000\n", "HOST[:PORT]"},
	};
	char path[WORLD_PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct command *command;

		world_file("midair/config", rows[i].text, strlen(rows[i].text), 0600, path);
		command = command_run((const char *const[]){"pipe", NULL});
		if (command->status != USAGE || count_lines(&command->errors) != 1 ||
		    strstr(command->errors.bytes, rows[i].says) == NULL)
			fail_msg("row %zu: exit status %d, it said: %s", i, command->status,
				 command->errors.bytes);
		command_free(command);
		unlink(path);
	}
}

static void without_any_server_one_line_says_how_to_have_one(void **state)
{
	struct command *command = command_run((const char *const[]){"pipe", NULL});

	(void)state;
	assert_int_equal(command->status, USAGE);
	assert_int_equal(count_lines(&command->errors), 1);
	assert_non_null(strstr(command->errors.bytes, "midair serve"));
	command_free(command);
}

/* The server answers STUN on the same port; so the address it sees is ours. */
static void meet_asks_a_stun_server_for_its_address(void **state)
{
	struct midair_endpoint ours = own_address(7, 11777);
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"meet", "--stun", server_text(), "--from", midair_endpoint_format(&ours, from),
	};
	struct command *command = command_run(arguments);
	char wanted[128];

	(void)state;
	snprintf(wanted, sizeof(wanted), "public address: %s (", from);
	assert_non_null(strstr(command->errors.bytes, wanted));
	assert_int_equal(command->status, 0);
	command_free(command);
}

static int set_up(void **state)
{
	(void)state;
	world_make();
	server_at = own_address(200, 11314);
	server = server_start(&server_at);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(server);
	world_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_printed_command_is_the_other_end),
		cmocka_unit_test(when_nobody_comes_the_exit_status_says_so),
		cmocka_unit_test(without_a_server_the_exit_status_says_so),
		cmocka_unit_test(a_secret_does_what_a_code_does),
		cmocka_unit_test(json_tells_every_phase_with_the_documented_keys),
		cmocka_unit_test(failures_are_json_too),
		cmocka_unit_test(quiet_says_the_code_alone),
		cmocka_unit_test(a_signal_ends_it_while_it_waits),
		cmocka_unit_test(a_signal_is_not_taken_for_a_clean_end),
		cmocka_unit_test(the_pipe_outlives_its_server_and_a_code_a_restart),
		cmocka_unit_test(the_server_is_found_where_it_was_written),
		cmocka_unit_test(a_bad_line_of_the_file_is_told_with_its_place),
		cmocka_unit_test(without_any_server_one_line_says_how_to_have_one),
		cmocka_unit_test(meet_asks_a_stun_server_for_its_address),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
