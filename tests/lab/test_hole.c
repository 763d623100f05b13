/* SPDX-License-Identifier: MIT */
/*
 * test_hole MIDAIR: "midair pipe --stay" behind two NATs: the second time needs no server, and what
 * became of the NATs meanwhile is no more than a second's delay.
 */
#include "lab_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/program.h"

#define TIMEOUT_MS 20000
#define SERVER	   "192.0.2.1:1314"
#define ARGUMENTS  8
#define PATH_SIZE  64

static int midair_fd = -1;
/* Each host has a key file, and the hole beside it, in a folder of its own. */
static char folder[PATH_SIZE];

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

static void expect_words(struct program *program, const char *words)
{
	if (program_wait_text(program, PROGRAM_ERRORS, words, TIMEOUT_MS) != 0)
		fail_msg("did not say \"%s\", but: %s", words,
			 program_text(program, PROGRAM_ERRORS));
}

static struct program *start_server(const struct network *network)
{
	const char *const arguments[ARGUMENTS] = {"midair", "serve", "--listen", SERVER};
	struct program *server = start(network, LAB_S, arguments);

	expect_words(server, "midair serve: ready");
	return server;
}

static void key_path(char path[2 * PATH_SIZE], enum lab_side side, const char *end)
{
	snprintf(path, 2 * (size_t)PATH_SIZE, "%s/%d%s", folder, (int)side, end);
}

static struct program *start_pipe(const struct network *network, enum lab_side side)
{
	char path[2 * PATH_SIZE];
	const char *const arguments[ARGUMENTS] = {"midair", "pipe", "--stay", "-k", path};

	key_path(path, side, "");
	return start(network, side, arguments);
}

static void expect_end(struct program *program)
{
	int status = program_wait(program, TIMEOUT_MS);

	if (status != 0)
		fail_msg("ended with %d; it said: %s", status,
			 program_text(program, PROGRAM_ERRORS));
	program_free(program);
}

static void expect_line(struct program *from, struct program *to, const char *line)
{
	assert_int_equal(program_write(from, line, TIMEOUT_MS), 0);
	if (program_wait_text(to, PROGRAM_OUTPUT, line, TIMEOUT_MS) != 0)
		fail_msg("\"%s\" did not come; it said: %s", line,
			 program_text(to, PROGRAM_ERRORS));
}

/* One word in each direction, then both end at the same moment: what is hardest for a NAT. */
static void talk_and_end(struct program *a, struct program *b)
{
	expect_line(a, b, "I love you.\n");
	expect_line(b, a, "I know.\n");
	program_close_input(a);
	program_close_input(b);
	expect_end(a);
	expect_end(b);
}

static void make_keys(void)
{
	for (enum lab_side side = LAB_A; side <= LAB_B; side++) {
		char path[2 * PATH_SIZE];
		int fd;

		key_path(path, side, ".hole");
		unlink(path);
		key_path(path, side, "");
		unlink(path);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "correct horse battery staple\n", 29), 29);
		close(fd);
	}
}

/* The first time, by the server. */
static void meet(const struct network *network)
{
	struct program *a, *b;

	make_keys();
	a = start_pipe(network, LAB_A);
	b = start_pipe(network, LAB_B);
	expect_words(a, "path: direct");
	expect_words(b, "path: direct");
	talk_and_end(a, b);
}

static void expect_hole_file(enum lab_side side)
{
	char path[2 * PATH_SIZE];
	struct stat status;

	key_path(path, side, ".hole");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void the_second_time_needs_no_server(void **state)
{
	static const char *const rows[] = {
		"a=drop b=drop rtt=40ms server=20ms",
		"a=rst b=rst rtt=40ms server=20ms",
		"a=drop b=rst rtt=40ms server=20ms",
		"a=eif/rst b=public rtt=40ms server=20ms",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct network *network = lab_test_network(rows[i]);
		struct program *server = start_server(network);

		meet(network);
		expect_hole_file(LAB_A);
		expect_hole_file(LAB_B);
		program_free(server);
		for (int n = 0; n < 2; n++) {
			struct program *a = start_pipe(network, LAB_A), *b;

			expect_words(a, "dialling ");
			b = start_pipe(network, LAB_B);
			expect_words(b, "path: direct");
			expect_words(a, "path: direct");
			assert_null(strstr(program_text(b, PROGRAM_ERRORS), "peer: "));
			talk_and_end(a, b);
		}
		network_free(network);
	}
}

static void where_no_hole_stands_the_server_helps(void **state)
{
	struct network *network = lab_test_network("a=random b=eif/rst rtt=20ms server=20ms");
	struct program *server = start_server(network);

	(void)state;
	meet(network);
	for (int n = 0; n < 2; n++) {
		struct program *a = start_pipe(network, LAB_A), *b = start_pipe(network, LAB_B);

		expect_words(a, "path: direct");
		expect_words(b, "path: direct");
		talk_and_end(a, b);
	}
	program_free(server);
	network_free(network);
}

static void a_hole_that_others_may_have_written_is_not_used(void **state)
{
	struct network *network = lab_test_network("a=drop b=drop rtt=4ms server=4ms");
	struct program *server = start_server(network), *a, *b;
	char path[2 * PATH_SIZE];

	(void)state;
	meet(network);
	key_path(path, LAB_A, ".hole");
	assert_int_equal(chmod(path, 0644), 0);
	key_path(path, LAB_B, ".hole");
	assert_int_equal(truncate(path, 20), 0);
	a = start_pipe(network, LAB_A);
	b = start_pipe(network, LAB_B);
	expect_words(a, "not used: it can be read by others");
	expect_words(b, "not used: it was not written by midair pipe --stay");
	expect_words(a, "path: direct");
	talk_and_end(a, b);
	/* Both are as they should be again. */
	expect_hole_file(LAB_A);
	expect_hole_file(LAB_B);
	program_free(server);
	network_free(network);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_time_needs_no_server),
		cmocka_unit_test(where_no_hole_stands_the_server_helps),
		cmocka_unit_test(a_hole_that_others_may_have_written_is_not_used),
	};
	int result;

	(void)context;
	snprintf(folder, sizeof(folder), "/tmp/midair-hole-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	result = cmocka_run_group_tests_name("hole", tests, NULL, NULL);
	for (enum lab_side side = LAB_A; side <= LAB_B; side++)
		for (int i = 0; i < 2; i++) {
			char path[2 * PATH_SIZE];

			key_path(path, side, i == 0 ? "" : ".hole");
			unlink(path);
		}
	rmdir(folder);
	return result;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: test_hole MIDAIR\n", stderr);
		return 2;
	}
	midair_fd = program_open(argv[1]);
	if (midair_fd < 0) {
		fputs("test_hole: there is no such program\n", stderr);
		return 1;
	}
	return lab_test_main(group);
}
