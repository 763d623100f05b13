/* SPDX-License-Identifier: MIT */
/* midair meet on loopback: payload, words, JSON, signals, closed descriptors. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/command.h"
#include "tests/cli/event_schema.h"
#include "tests/cli/flat_json.h"
#include "tests/lib/silent_resolver.h"

/* A second is promised after Ctrl-C; a sanitizer on a loaded machine takes its share. */
#define SOON_MS 6000

struct side {
	char peer[MIDAIR_ENDPOINT_TEXT_SIZE];
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
};

/* Side 0 and side 1 name each other. */
static struct side side(uint8_t n)
{
	struct midair_endpoint from = own_address((uint8_t)(n + 1), (uint16_t)(11000 + n));
	struct midair_endpoint peer = own_address((uint8_t)(2 - n), (uint16_t)(11001 - n));
	struct side made;

	midair_endpoint_format(&from, made.from);
	midair_endpoint_format(&peer, made.peer);
	return made;
}

static struct command *start_side(uint8_t n, const char *option, unsigned int closed)
{
	struct side ends = side(n);
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"meet", ends.peer, "--from", ends.from, "--timeout", "15", option,
	};

	return command_start(arguments, closed);
}

static void end_well(struct command *command, const char *output)
{
	command_finish(command);
	if (command->status != 0)
		fail_msg("exit status %d, it said:\n%s", command->status,
			 command->errors.bytes);
	assert_string_equal(command->output.bytes, output);
}

static void bytes_go_both_ways_and_nothing_else_to_the_output(void **state)
{
	struct command *a = start_side(0, "-4", CLOSED_NOTHING);
	struct command *b = start_side(1, "-4", CLOSED_NOTHING);

	(void)state;
	command_feed(a, "I love you.\n");
	command_feed(b, "I know.\n");
	end_well(a, "I know.\n");
	end_well(b, "I love you.\n");
	assert_non_null(strstr(a->errors.bytes, "bound "));
	assert_non_null(strstr(a->errors.bytes, "connected to "));
	assert_non_null(strstr(a->errors.bytes, "12 bytes sent, 8 received"));
	command_free(a);
	command_free(b);
}

static void half_close_is_kept_in_both_directions(void **state)
{
	for (uint8_t first = 0; first < 2; first++) {
		struct command *a = start_side(first, "-4", CLOSED_NOTHING);
		struct command *b = start_side(1 - first, "-4", CLOSED_NOTHING);
		uint64_t end_ms = now_ms() + PATIENCE_MS;

		/* a's direction ends before b has said a word; b's output shows it */
		command_feed(a, "question");
		while (b->output.fd >= 0) {
			struct pollfd fd = {.fd = b->output.fd, .events = POLLIN};

			assert_true(now_ms() < end_ms);
			assert_true(poll(&fd, 1, PATIENCE_MS) > 0);
			b->output.n_bytes += (size_t)read(
				b->output.fd, b->output.bytes + b->output.n_bytes, 1);
			if (strcmp(b->output.bytes, "question") == 0)
				break;
		}
		command_feed(b, "answer");
		end_well(a, "answer");
		end_well(b, "question");
		command_free(a);
		command_free(b);
	}
	(void)state;
}

static void quiet_says_nothing(void **state)
{
	struct command *a = start_side(0, "-q", CLOSED_NOTHING);
	struct command *b = start_side(1, "--quiet", CLOSED_NOTHING);

	(void)state;
	command_feed(a, "x");
	command_feed(b, NULL);
	end_well(a, "");
	end_well(b, "x");
	assert_string_equal(a->errors.bytes, "");
	assert_string_equal(b->errors.bytes, "");
	command_free(a);
	command_free(b);
}

static void verbose_prints_the_trace(void **state)
{
	struct command *a = start_side(0, "-v", CLOSED_NOTHING);
	struct command *b = start_side(1, "--verbose", CLOSED_NOTHING);

	(void)state;
	command_feed(a, NULL);
	command_feed(b, NULL);
	end_well(a, "");
	end_well(b, "");
	assert_non_null(strstr(a->errors.bytes, " ms] bound "));
	assert_non_null(strstr(a->errors.bytes, " ms] connected "));
	command_free(a);
	command_free(b);
}

static void json_lines_are_json_with_the_documented_keys(void **state)
{
	struct command *a = start_side(0, "--json", CLOSED_NOTHING);
	struct command *b = start_side(1, "--json", CLOSED_NOTHING);
	size_t n_bytes = 0;

	(void)state;
	command_feed(a, "I love you.");
	command_feed(b, NULL);
	command_finish_both(a, b);
	end_well(a, "");
	end_well(b, "I love you.");
	event_schema_check(&a->errors);
	event_schema_check(&b->errors);
	assert_memory_equal(flat_json_find(a->errors.bytes, "sent_bytes", &n_bytes), "11", 2);
	assert_non_null(strstr(a->errors.bytes, "\"event\":\"connected\""));
	command_free(a);
	command_free(b);
}

static void failures_are_json_too(void **state)
{
	const char *const codes[] = {"timeout", "refused", "self-connection", "EADDRNOTAVAIL"};
	struct side ends = side(0);
	const char *const lines[][COMMAND_ARGUMENTS] = {
		{"meet", ends.peer, "--from", ends.from, "--json", "--timeout", "0.1", "--at",
		 "+0.05"},
		{"meet", ends.peer, "--from", ends.from, "--json", "--once"},
		{"meet", ends.from, "--from", ends.from, "--json"},
		{"meet", ends.peer, "--from", "192.0.2.1:1314", "--json"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lines); i++) {
		struct command *command = command_run(lines[i]);
		char wanted[64];

		assert_in_range(command->status, 1, 5);
		assert_int_equal(command->output.n_bytes, 0);
		event_schema_check(&command->errors);
		snprintf(wanted, sizeof(wanted), "{\"event\":\"error\",\"code\":\"%s\"",
			 codes[i]);
		if (strstr(command->errors.bytes, wanted) == NULL)
			fail_msg("no %s in:\n%s", wanted, command->errors.bytes);
		command_free(command);
	}
}

static void the_timeout_is_kept_and_told(void **state)
{
	struct side ends = side(0);
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"meet", ends.peer, "--from", ends.from, "--timeout", "0.3", "-q",
	};
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, 1);
	assert_in_range(command->elapsed_ms, 300, 300 + SOON_MS);
	assert_int_equal(count_lines(&command->errors), 1);
	assert_non_null(strstr(command->errors.bytes, "time ran out"));
	command_free(command);
}

static void interrupt(struct command *command, int number, uint64_t within_ms)
{
	uint64_t begin_ms = now_ms();

	assert_int_equal(kill(command->pid, number), 0);
	command_finish(command);
	assert_true(now_ms() - begin_ms < within_ms);
}

static void a_signal_ends_it_while_it_tries(void **state)
{
	const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(numbers); i++) {
		struct command *command = start_side(0, "-4", CLOSED_NOTHING);

		command_wait_text(command, "SYN out");
		interrupt(command, numbers[i], SOON_MS);
		assert_int_equal(command->status, 128 + numbers[i]);
		command_free(command);
	}
}

static void a_signal_ends_it_while_it_waits_for_the_instant(void **state)
{
	struct side ends = side(0);
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"meet", ends.peer, "--from", ends.from, "--at", "9998-12-31 00:00:00",
	};
	struct command *command = command_start(arguments, CLOSED_NOTHING);

	(void)state;
	command_wait_text(command, "waiting ");
	interrupt(command, SIGINT, SOON_MS);
	assert_int_equal(command->status, 130);
	command_free(command);
}

static void a_signal_ends_it_while_it_is_connected(void **state)
{
	struct command *a = start_side(0, "-4", CLOSED_NOTHING);
	struct command *b = start_side(1, "-4", CLOSED_NOTHING);

	(void)state;
	command_wait_text(a, "connected to");
	command_wait_text(b, "connected to");
	interrupt(a, SIGINT, SOON_MS);
	assert_int_equal(a->status, 130);
	/* the other side must not take that for a clean end */
	command_finish(b);
	assert_int_equal(b->status, 3);
	command_free(a);
	command_free(b);
}

static int interrupted_in_silence(void)
{
	const char *const arguments[COMMAND_ARGUMENTS] = {"meet", "host.example:1314"};
	struct command *command = command_start(arguments, CLOSED_NOTHING);

	/* Nothing tells that it has begun to look the name up. Before that the signal ends it
	 * all the same, so that this can only be too easy, never too hard. */
	poll(NULL, 0, 200);
	kill(command->pid, SIGINT);
	command_finish(command);
	/* killed by the signal, which a shell reports as 130, or ended by it */
	return command->elapsed_ms < SOON_MS &&
			       (command->status == -SIGINT || command->status == 130)
		       ? 0
		       : 1;
}

static void a_signal_ends_it_while_a_resolver_is_silent(void **state)
{
	int status = in_silent_network(interrupted_in_silence);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* What was closed must not be taken by a socket, to which words or payload would then go. */
static void closed_standard_descriptors_do_no_harm(void **state)
{
	(void)state;
	for (unsigned int closed = 1; closed < 8; closed++) {
		struct command *a = start_side(0, "-4", closed);
		struct command *b = start_side(1, "-4", CLOSED_NOTHING);

		command_feed(a, NULL);
		command_feed(b, "to whom it may concern");
		command_finish(a);
		command_finish(b);
		/* nothing of what a says, and nothing of its own input comes back */
		assert_string_equal(b->output.bytes, "");
		if ((closed & CLOSED_OUTPUT) == 0)
			assert_string_equal(a->output.bytes, "to whom it may concern");
		assert_int_equal(a->status, 0);
		assert_int_equal(b->status, 0);
		command_free(a);
		command_free(b);
	}
}

static void a_reader_that_leaves_is_told(void **state)
{
	struct command *a = start_side(0, "-4", CLOSED_NOTHING);
	struct command *b = start_side(1, "-4", CLOSED_NOTHING);

	(void)state;
	close(a->output.fd);
	a->output.fd = -1;
	command_feed(b, "nobody reads this");
	command_finish(a);
	assert_int_equal(a->status, 5);
	assert_non_null(strstr(a->errors.bytes, "Broken pipe"));
	command_finish(b);
	assert_int_equal(b->status, 3);
	command_free(a);
	command_free(b);
}

static void our_own_endpoint_is_no_peer(void **state)
{
	struct side ends = side(0);
	const char *const arguments[COMMAND_ARGUMENTS] = {"meet", ends.from, "--from",
							  ends.from};
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, 1);
	assert_non_null(strstr(command->errors.bytes, "our own"));
	assert_null(strstr(command->errors.bytes, "connected to"));
	command_free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_and_nothing_else_to_the_output),
		cmocka_unit_test(half_close_is_kept_in_both_directions),
		cmocka_unit_test(quiet_says_nothing),
		cmocka_unit_test(verbose_prints_the_trace),
		cmocka_unit_test(json_lines_are_json_with_the_documented_keys),
		cmocka_unit_test(failures_are_json_too),
		cmocka_unit_test(the_timeout_is_kept_and_told),
		cmocka_unit_test(a_signal_ends_it_while_it_tries),
		cmocka_unit_test(a_signal_ends_it_while_it_waits_for_the_instant),
		cmocka_unit_test(a_signal_ends_it_while_it_is_connected),
		cmocka_unit_test(a_signal_ends_it_while_a_resolver_is_silent),
		cmocka_unit_test(closed_standard_descriptors_do_no_harm),
		cmocka_unit_test(a_reader_that_leaves_is_told),
		cmocka_unit_test(our_own_endpoint_is_no_peer),
	};

	/* our own writes to a program that has ended */
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
