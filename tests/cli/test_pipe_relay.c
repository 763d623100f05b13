/* SPDX-License-Identifier: MIT */
/* midair pipe by the server's relay: what is told, and how it ends. */
#include <signal.h>
#include <string.h>

#include "tests/cli/event_schema.h"
#include "tests/cli/pipe_world.h"

#define NO_CONNECTION  1
#define LOST	       3
#define WRONG_CODE     4
#define SERVER_REFUSED 9
#define CODE	       "7-crossover-clockwork"

static struct command *server;

static void start_server(const char *option)
{
	const struct midair_endpoint at = own_address(200, 11314);

	server = server_start_with(&at, option);
}

static int stop_server(void **state)
{
	(void)state;
	server_stop(server);
	return 0;
}

static void relay_only_says_by_whom_and_why(void **state)
{
	struct command *a, *b;
	char value[256];

	(void)state;
	start_server("--relay");
	a = pipe_start(1, (const char *const[]){CODE, "--relay-only", NULL});
	b = pipe_start(2, (const char *const[]){CODE, "--json", NULL});
	command_feed(a, "from a");
	command_feed(b, "from b");
	command_finish_both(a, b);
	assert_non_null(strstr(a->errors.bytes, "path: relayed by "));
	assert_non_null(strstr(a->errors.bytes, server_text()));
	assert_non_null(strstr(a->errors.bytes, ", because only the relay is allowed here, "));
	assert_null(strstr(a->errors.bytes, "direct"));
	event_schema_check(&b->errors);
	assert_string_equal(event_schema_value(&b->errors, "path", "way", value), "relayed");
	assert_string_equal(event_schema_value(&b->errors, "path", "reason", value),
			    "peer-asked");
	assert_string_equal(event_schema_value(&b->errors, "path", "remote", value),
			    server_text());
	assert_string_equal(event_schema_value(&b->errors, "relay", "code", value), "ok");
	pipe_end_well(a, "from b");
	pipe_end_well(b, "from a");
}

static void direct_and_relay_only_do_not_come_together(void **state)
{
	struct command *a, *b;

	(void)state;
	start_server("--relay");
	a = pipe_start(1, (const char *const[]){CODE, "--relay-only", NULL});
	b = pipe_start(2, (const char *const[]){CODE, "--direct", NULL});
	command_feed(a, NULL);
	command_feed(b, NULL);
	command_finish_both(a, b);
	assert_non_null(strstr(a->errors.bytes, "no relay by "));
	assert_non_null(
		strstr(a->errors.bytes, ": the other side allows a direct connection only\n"));
	assert_non_null(strstr(a->errors.bytes, "does not want it\n"));
	assert_int_equal(a->status, SERVER_REFUSED);
	assert_non_null(strstr(b->errors.bytes,
			       ": the other side gave up before there was a connection\n"));
	assert_int_equal(b->status, NO_CONNECTION);
	command_free(a);
	command_free(b);
}

static void a_server_without_a_relay_is_told(void **state)
{
	struct command *command;
	char value[256];

	(void)state;
	start_server(NULL);
	command = pipe_start(1, (const char *const[]){CODE, "--relay-only", "--json", NULL});
	command_finish(command);
	event_schema_check(&command->errors);
	assert_string_equal(event_schema_value(&command->errors, "failed", "code", value),
			    "no-relay");
	pipe_end_with(command, SERVER_REFUSED);
}

static void a_wrong_code_is_told_to_both(void **state)
{
	struct command *a, *b;

	(void)state;
	start_server("--relay");
	a = pipe_start(1, (const char *const[]){CODE, "--relay-only", NULL});
	command_wait_text(a, "waiting for the other side");
	b = pipe_start(2, (const char *const[]){"7-crossover-crossover", "--relay-only", NULL});
	command_feed(a, "secret");
	command_feed(b, "guess");
	command_finish_both(a, b);
	assert_int_equal(a->output.n_bytes + b->output.n_bytes, 0);
	pipe_end_with(a, WRONG_CODE);
	pipe_end_with(b, WRONG_CODE);
}

/* As SECURITY.md has it: what is acknowledged here is with the server, and the other side gets it when
 * it reads again. */
static void who_sends_is_done_when_the_server_has_it(void **state)
{
	struct command *a, *b;

	(void)state;
	start_server("--relay");
	a = pipe_start(1, (const char *const[]){CODE, "--relay-only", NULL});
	b = pipe_start(2, (const char *const[]){CODE, "--relay-only", NULL});
	command_wait_text(a, "path: relayed");
	command_wait_text(b, "path: relayed");
	command_feed(b, NULL);
	assert_true(wait_for(a->output.fd, POLLIN, PATIENCE_MS));
	assert_int_equal(kill(b->pid, SIGSTOP), 0);
	command_feed(a, "the tail");
	pipe_end_well(a, "");
	assert_int_equal(kill(b->pid, SIGCONT), 0);
	pipe_end_well(b, "the tail");
}

/* A direct pipe outlives its server, this one cannot: not as a clean end. */
static void a_server_that_is_killed_is_a_loss_for_both(void **state)
{
	struct command *a, *b;

	(void)state;
	start_server("--relay");
	a = pipe_start(1, (const char *const[]){CODE, "--relay-only", NULL});
	b = pipe_start(2, (const char *const[]){CODE, "--relay-only", NULL});
	command_wait_text(a, "path: relayed");
	command_wait_text(b, "path: relayed");
	kill(server->pid, SIGKILL);
	pipe_end_with(a, LOST);
	pipe_end_with(b, LOST);
	command_finish(server);
	command_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(relay_only_says_by_whom_and_why, stop_server),
		cmocka_unit_test_teardown(direct_and_relay_only_do_not_come_together,
					  stop_server),
		cmocka_unit_test_teardown(a_server_without_a_relay_is_told, stop_server),
		cmocka_unit_test_teardown(a_wrong_code_is_told_to_both, stop_server),
		cmocka_unit_test_teardown(who_sends_is_done_when_the_server_has_it,
					  stop_server),
		cmocka_unit_test(a_server_that_is_killed_is_a_loss_for_both),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
