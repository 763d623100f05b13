/* SPDX-License-Identifier: MIT */
#include "internet.h"

#include <stdio.h>
#include <string.h>

static int midair_fd = -1;

struct program *internet_start(const struct internet *internet, enum lab_side side,
			       const char *const arguments[INTERNET_ARGUMENTS])
{
	const char *const environment[] = {"MIDAIR_SERVER=" INTERNET_SERVER, "MIDAIR_SECRET",
					   NULL};
	const struct program_config config = {
		.namespace_fd = network_host_namespace(internet->network, side),
		.executable_fd = midair_fd,
		.arguments = arguments,
		.environment = environment,
	};
	struct program *program;

	assert_int_equal(program_start(&program, &config, NULL), 0);
	return program;
}

struct program *internet_start_server(const struct internet *internet)
{
	const char *const arguments[INTERNET_ARGUMENTS] = {
		"midair",
		"serve",
		"--listen",
		INTERNET_SERVER,
		"--listen",
		"[2001:db8:5::1]:1314",
		internet->has_relay ? "--relay" : NULL,
	};
	struct program *server = internet_start(internet, LAB_S, arguments);

	internet_expect_words(server, "midair serve: ready");
	return server;
}

struct program *internet_start_pipe(const struct internet *internet, enum lab_side side,
				    const char *code, const char *option)
{
	const char *arguments[INTERNET_ARGUMENTS] = {"midair", "pipe"};
	int n = 2;

	if (option)
		arguments[n++] = option;
	if (code)
		arguments[n++] = code;
	return internet_start(internet, side, arguments);
}

void internet_expect_words(struct program *program, const char *words)
{
	if (program_wait_text(program, PROGRAM_ERRORS, words, INTERNET_TIMEOUT_MS) != 0)
		fail_msg("did not say \"%s\", but: %s", words,
			 program_text(program, PROGRAM_ERRORS));
}

void internet_expect_output(struct program *program, const char *words)
{
	if (program_wait_text(program, PROGRAM_OUTPUT, words, INTERNET_TIMEOUT_MS) != 0)
		fail_msg("\"%s\" did not come out, but \"%s\"; it said: %s", words,
			 program_text(program, PROGRAM_OUTPUT),
			 program_text(program, PROGRAM_ERRORS));
}

void internet_expect_end(struct program *program, int status)
{
	int seen = program_wait(program, INTERNET_TIMEOUT_MS);

	if (seen != status)
		fail_msg("ended with %d instead of %d; it said: %s", seen, status,
			 program_text(program, PROGRAM_ERRORS));
	program_free(program);
}

struct internet internet_around(struct network *network, bool has_relay)
{
	struct internet made = {.network = network, .has_relay = has_relay};

	made.server = internet_start_server(&made);
	return made;
}

struct internet internet_new(const char *line)
{
	return internet_around(lab_test_network(line), false);
}

void internet_free(struct internet *internet)
{
	program_free(internet->server);
	network_free(internet->network);
}

void internet_restart_box(const struct internet *internet)
{
	struct lab_reason reason;

	if (network_restart_box(internet->network, LAB_A, &reason))
		fail_msg("%s", reason.text);
}

void internet_read_code(struct program *program, char code[MIDAIR_CODE_SIZE])
{
	const char *at;

	/* By then the line with the code is whole. */
	internet_expect_words(program, "midair pipe ");
	at = strstr(program_text(program, PROGRAM_ERRORS), "code: ");
	assert_non_null(at);
	at += strlen("code: ");
	snprintf(code, MIDAIR_CODE_SIZE, "%.*s", (int)strcspn(at, " \n"), at);
}

void internet_open_pipe(const struct internet *internet, struct program *ends[2])
{
	const char *option = internet->has_relay ? "--relay-only" : NULL;
	const char *path = internet->has_relay ? "path: relayed" : "path: direct";
	char code[MIDAIR_CODE_SIZE];

	ends[0] = internet_start_pipe(internet, LAB_A, NULL, option);
	internet_read_code(ends[0], code);
	ends[1] = internet_start_pipe(internet, LAB_B, code, option);
	internet_expect_words(ends[0], path);
	internet_expect_words(ends[1], path);
}

void internet_talk_and_end(struct program *a, struct program *b)
{
	assert_int_equal(program_write(a, "I love you.\n", INTERNET_TIMEOUT_MS), 0);
	internet_expect_output(b, "I love you.\n");
	assert_int_equal(program_write(b, "I know.\n", INTERNET_TIMEOUT_MS), 0);
	internet_expect_output(a, "I know.\n");
	program_close_input(a);
	program_close_input(b);
	assert_string_equal(program_text(a, PROGRAM_OUTPUT), "I know.\n");
	assert_string_equal(program_text(b, PROGRAM_OUTPUT), "I love you.\n");
	internet_expect_end(a, 0);
	internet_expect_end(b, 0);
}

int internet_main(int argc, char **argv, int (*group)(void *context))
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s MIDAIR\n", argv[0]);
		return 2;
	}
	midair_fd = program_open(argv[1]);
	if (midair_fd < 0) {
		fprintf(stderr, "%s: there is no such program\n", argv[0]);
		return 1;
	}
	return lab_test_main(group);
}
