/* SPDX-License-Identifier: MIT */
/*
 * test_hole MIDAIR: "midair pipe --stay" behind two NATs: the second time needs no server, and what
 * became of the NATs meanwhile is no more than a second's delay.
 */
#include "internet.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 64

/* Each host has a key file, and the hole beside it, in a folder of its own. */
static char folder[PATH_SIZE];

static void key_path(char path[2 * PATH_SIZE], enum lab_side side, const char *end)
{
	snprintf(path, 2 * (size_t)PATH_SIZE, "%s/%d%s", folder, (int)side, end);
}

static struct program *start_pipe(const struct internet *internet, enum lab_side side)
{
	char path[2 * PATH_SIZE];
	const char *const arguments[INTERNET_ARGUMENTS] = {"midair", "pipe", "--stay", "-k",
							   path};

	key_path(path, side, "");
	return internet_start(internet, side, arguments);
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
static void meet(const struct internet *internet)
{
	struct program *a, *b;

	make_keys();
	a = start_pipe(internet, LAB_A);
	b = start_pipe(internet, LAB_B);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
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
		struct internet internet = internet_new(rows[i]);

		meet(&internet);
		expect_hole_file(LAB_A);
		expect_hole_file(LAB_B);
		internet.server = program_free(internet.server);
		for (int n = 0; n < 2; n++) {
			struct program *a = start_pipe(&internet, LAB_A), *b;

			internet_expect_words(a, "dialling ");
			b = start_pipe(&internet, LAB_B);
			internet_expect_words(b, "path: direct");
			internet_expect_words(a, "path: direct");
			assert_null(strstr(program_text(b, PROGRAM_ERRORS), "peer: "));
			internet_talk_and_end(a, b);
		}
		internet_free(&internet);
	}
}

static void where_no_hole_stands_the_server_helps(void **state)
{
	struct internet internet = internet_new("a=random b=eif/rst rtt=20ms server=20ms");

	(void)state;
	meet(&internet);
	for (int n = 0; n < 2; n++) {
		struct program *a = start_pipe(&internet, LAB_A),
			       *b = start_pipe(&internet, LAB_B);

		internet_expect_words(a, "path: direct");
		internet_expect_words(b, "path: direct");
		internet_talk_and_end(a, b);
	}
	internet_free(&internet);
}

static void a_hole_that_others_may_have_written_is_not_used(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=4ms server=4ms");
	struct program *a, *b;
	char path[2 * PATH_SIZE];

	(void)state;
	meet(&internet);
	key_path(path, LAB_A, ".hole");
	assert_int_equal(chmod(path, 0644), 0);
	key_path(path, LAB_B, ".hole");
	assert_int_equal(truncate(path, 20), 0);
	a = start_pipe(&internet, LAB_A);
	b = start_pipe(&internet, LAB_B);
	internet_expect_words(a, "not used: it can be read by others");
	internet_expect_words(b, "not used: it was not written by midair pipe --stay");
	internet_expect_words(a, "path: direct");
	internet_talk_and_end(a, b);
	/* Both are as they should be again. */
	expect_hole_file(LAB_A);
	expect_hole_file(LAB_B);
	internet_free(&internet);
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
	return internet_main(argc, argv, group);
}
