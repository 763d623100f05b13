/* SPDX-License-Identifier: MIT */
/*
 * test_pipe MIDAIR: the commands, as people type them, on three hosts of the lab: "midair serve" in
 * the middle of the internet, "midair pipe" behind two NATs.
 */
#include "lab_test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/program.h"
#include "os/cleanup.h"

#define TIMEOUT_MS 20000
/* As midair(1) has it: 25 s, and the machine is busy. */
#define SILENCE_MS 40000
#define SERVER	   "192.0.2.1:1314"
#define ARGUMENTS  8
/* The two do not always come in one segment. */
#define N_IMPATIENT 20

static int midair_fd = -1;

struct internet {
	struct network *network;
	struct program *server;
};

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

static struct program *start_server(const struct network *network)
{
	const char *const arguments[ARGUMENTS] = {"midair", "serve", "--listen", SERVER};

	return start(network, LAB_S, arguments);
}

static struct program *start_pipe(const struct internet *internet, enum lab_side side,
				  const char *code, const char *option)
{
	const char *arguments[ARGUMENTS] = {"midair", "pipe"};
	int n = 2;

	if (option)
		arguments[n++] = option;
	if (code)
		arguments[n++] = code;
	return start(internet->network, side, arguments);
}

static void expect_words(struct program *program, const char *words)
{
	if (program_wait_text(program, PROGRAM_ERRORS, words, TIMEOUT_MS) != 0)
		fail_msg("did not say \"%s\", but: %s", words,
			 program_text(program, PROGRAM_ERRORS));
}

static void expect_output(struct program *program, const char *words)
{
	if (program_wait_text(program, PROGRAM_OUTPUT, words, TIMEOUT_MS) != 0)
		fail_msg("\"%s\" did not come out, but \"%s\"; it said: %s", words,
			 program_text(program, PROGRAM_OUTPUT),
			 program_text(program, PROGRAM_ERRORS));
}

static void expect_end(struct program *program, int status)
{
	int seen = program_wait(program, TIMEOUT_MS);

	if (seen != status)
		fail_msg("ended with %d instead of %d; it said: %s", seen, status,
			 program_text(program, PROGRAM_ERRORS));
	program_free(program);
}

static struct internet internet_new(const char *line)
{
	struct internet made = {.network = lab_test_network(line)};

	made.server = start_server(made.network);
	expect_words(made.server, "midair serve: ready");
	return made;
}

static void internet_free(struct internet *internet)
{
	program_free(internet->server);
	network_free(internet->network);
}

/* The code that the program prints for its user. */
static void read_code(struct program *program, char code[MIDAIR_CODE_SIZE])
{
	const char *at;

	/* By then the line with the code is whole. */
	expect_words(program, "midair pipe ");
	at = strstr(program_text(program, PROGRAM_ERRORS), "code: ");
	assert_non_null(at);
	at += strlen("code: ");
	snprintf(code, MIDAIR_CODE_SIZE, "%.*s", (int)strcspn(at, " \n"), at);
}

static void talk_and_end(struct program *a, struct program *b)
{
	assert_int_equal(program_write(a, "I love you.\n", TIMEOUT_MS), 0);
	expect_output(b, "I love you.\n");
	assert_int_equal(program_write(b, "I know.\n", TIMEOUT_MS), 0);
	expect_output(a, "I know.\n");
	program_close_input(a);
	program_close_input(b);
	assert_string_equal(program_text(a, PROGRAM_OUTPUT), "I know.\n");
	assert_string_equal(program_text(b, PROGRAM_OUTPUT), "I love you.\n");
	expect_end(a, 0);
	expect_end(b, 0);
}

static void a_code_makes_a_direct_pipe_behind_two_nats(void **state)
{
	static const char *const rows[] = {
		"a=drop b=rst rtt=20ms server=20ms",
		"a=random b=eif/rst rtt=20ms server=40ms,10ms",
		"a=public b=apdm/random rtt=20ms server=20ms",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct internet internet = internet_new(rows[i]);
		struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
		char code[MIDAIR_CODE_SIZE];

		read_code(a, code);
		b = start_pipe(&internet, LAB_B, code, NULL);
		expect_words(a, "path: direct");
		expect_words(b, "path: direct");
		expect_words(b, "TLS 1.3");
		talk_and_end(a, b);
		internet_free(&internet);
	}
}

/* What waits on standard input goes out with the last of the handshake, and comes in with it. */
static void messages_that_wait_come_out_at_once(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=4ms server=4ms");

	(void)state;
	for (int i = 0; i < N_IMPATIENT; i++) {
		struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
		char code[MIDAIR_CODE_SIZE];

		assert_int_equal(program_write(a, "I love you.\n", TIMEOUT_MS), 0);
		read_code(a, code);
		b = start_pipe(&internet, LAB_B, code, NULL);
		assert_int_equal(program_write(b, "I know.\n", TIMEOUT_MS), 0);
		expect_output(b, "I love you.\n");
		expect_output(a, "I know.\n");
		program_close_input(a);
		program_close_input(b);
		expect_end(a, 0);
		expect_end(b, 0);
	}
	internet_free(&internet);
}

static void a_wrong_code_is_told_to_both_and_spent(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=20ms server=20ms");
	struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE], other[MIDAIR_CODE_SIZE], wrong[2 * MIDAIR_CODE_SIZE];
	int room_length;

	(void)state;
	read_code(a, code);
	room_length = (int)strcspn(code, "-") + 1;
	/* The same room, and twice the first word of the list that is not the code's. */
	snprintf(wrong, sizeof(wrong), "%.*s", room_length, code);
	for (uint32_t nth = 0; nth < 2; nth++) {
		assert_int_equal(midair_code_complete(other, wrong, nth), 0);
		if (strncmp(other, code, strlen(other)) != 0)
			break;
	}
	snprintf(wrong, sizeof(wrong), "%s-%s", other, other + room_length);
	b = start_pipe(&internet, LAB_B, wrong, NULL);
	expect_end(b, 4);
	expect_end(a, 4);
	/* The right one comes too late. */
	b = start_pipe(&internet, LAB_B, code, "--wait=2");
	assert_true(program_wait(b, TIMEOUT_MS) != 0);
	program_free(b);
	internet_free(&internet);
}

static void a_server_that_was_killed_while_both_wait_is_found_again(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=20ms server=20ms");
	struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	read_code(a, code);
	program_signal(internet.server, SIGKILL);
	assert_int_equal(program_wait(internet.server, TIMEOUT_MS), 128 + SIGKILL);
	program_free(internet.server);
	b = start_pipe(&internet, LAB_B, code, NULL);
	internet.server = start_server(internet.network);
	expect_words(a, "path: direct");
	expect_words(b, "path: direct");
	talk_and_end(a, b);
	internet_free(&internet);
}

static void a_pipe_outlives_the_server(void **state)
{
	struct internet internet = internet_new("a=rst b=drop rtt=20ms server=20ms");
	struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	read_code(a, code);
	b = start_pipe(&internet, LAB_B, code, NULL);
	expect_words(a, "path: direct");
	expect_words(b, "path: direct");
	program_signal(internet.server, SIGKILL);
	assert_int_equal(program_wait(internet.server, TIMEOUT_MS), 128 + SIGKILL);
	talk_and_end(a, b);
	internet_free(&internet);
}

static void no_server_and_no_way_have_their_own_status(void **state)
{
	struct internet internet =
		internet_new("a=apdm/random b=apdm/random rtt=20ms server=20ms");
	struct program *a = start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	read_code(a, code);
	b = start_pipe(&internet, LAB_B, code, NULL);
	expect_end(a, 21);
	expect_end(b, 21);
	internet.server = program_free(internet.server);
	a = start_pipe(&internet, LAB_A, NULL, "--wait=1");
	expect_end(a, 7);
	internet_free(&internet);
}

/* The two ends of a pipe through boxes that the wire plays. */
static void open_pipe(struct internet *internet, const char *line, struct program *ends[2])
{
	char code[MIDAIR_CODE_SIZE];

	*internet = internet_new(line);
	ends[0] = start_pipe(internet, LAB_A, NULL, NULL);
	read_code(ends[0], code);
	ends[1] = start_pipe(internet, LAB_B, code, NULL);
	expect_words(ends[0], "path: direct");
	expect_words(ends[1], "path: direct");
	assert_int_equal(program_write(ends[0], "I love you.\n", TIMEOUT_MS), 0);
	expect_output(ends[1], "I love you.\n");
}

/* What is sent from now on goes nowhere: neither side takes that for an end. */
static void expect_silence(struct program *ends[2])
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(program_write(ends[i], "Are you there?\n", TIMEOUT_MS), 0);
	for (int i = 0; i < 2; i++) {
		if (program_wait_text(ends[i], PROGRAM_ERRORS, "fell silent", SILENCE_MS) != 0)
			fail_msg("did not notice: %s", program_text(ends[i], PROGRAM_ERRORS));
		expect_end(ends[i], 22);
	}
}

static void a_nat_that_restarts_ends_a_pipe_with_that_reason(void **state)
{
	struct internet internet;
	struct program *ends[2];

	(void)state;
	open_pipe(&internet, "a=adf b=drop rtt=20ms server=20ms", ends);
	wire_restart_box(network_wire(internet.network), LAB_A);
	expect_silence(ends);
	internet_free(&internet);
}

static void a_nat_that_forgets_ends_a_pipe_with_that_reason(void **state)
{
	struct internet internet;
	struct program *ends[2];

	(void)state;
	open_pipe(&internet, "a=adf/established-timeout:5s b=drop rtt=20ms server=20ms", ends);
	/* Longer than the box remembers; nothing happens that one could wait for. */
	assert_int_not_equal(program_wait_text(ends[0], PROGRAM_ERRORS, "closed", 6000), 0);
	expect_silence(ends);
	internet_free(&internet);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_makes_a_direct_pipe_behind_two_nats),
		cmocka_unit_test(messages_that_wait_come_out_at_once),
		cmocka_unit_test(a_wrong_code_is_told_to_both_and_spent),
		cmocka_unit_test(a_server_that_was_killed_while_both_wait_is_found_again),
		cmocka_unit_test(a_pipe_outlives_the_server),
		cmocka_unit_test(no_server_and_no_way_have_their_own_status),
		cmocka_unit_test(a_nat_that_restarts_ends_a_pipe_with_that_reason),
		cmocka_unit_test(a_nat_that_forgets_ends_a_pipe_with_that_reason),
	};

	(void)context;
	return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: test_pipe MIDAIR\n", stderr);
		return 2;
	}
	midair_fd = program_open(argv[1]);
	if (midair_fd < 0) {
		fputs("test_pipe: there is no such program\n", stderr);
		return 1;
	}
	return lab_test_main(group);
}
