/* SPDX-License-Identifier: MIT */
/* Programs in the hosts of the lab: their pipes, their ends, and that nothing of them hangs. */
#include "lab_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/program.h"
#include "os/clock.h"

#define TIMEOUT_MS 10000
#define SHORT_MS   50

static int self_fd = -1;

/* What this program does when it is started by itself: test_program echo|flood|address. */
static int play(const char *role)
{
	char bytes[4096];
	ssize_t n;

	if (strcmp(role, "flood") == 0) {
		memset(bytes, 'x', sizeof(bytes));
		for (int i = 0; i < 100; i++)
			if (write(STDOUT_FILENO, bytes, sizeof(bytes)) < 0)
				return 1;
		return 0;
	}
	dprintf(STDERR_FILENO, "ready %s\n", getenv("PROGRAM_TEST"));
	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0)
		if (write(STDOUT_FILENO, bytes, (size_t)n) != n)
			return 1;
	return 7;
}

static struct program *start(int namespace_fd, const char *role)
{
	const char *const arguments[] = {"test_program", role, NULL};
	const char *const environment[] = {"PROGRAM_TEST=steady", NULL};
	const struct program_config config = {
		.namespace_fd = namespace_fd,
		.executable_fd = self_fd,
		.arguments = arguments,
		.environment = environment,
	};
	struct program *program;

	assert_int_equal(program_start(&program, &config, NULL), 0);
	return program;
}

static void a_program_gets_input_and_its_words_are_kept(void **state)
{
	struct program *program = start(-1, "echo");

	(void)state;
	assert_int_equal(program_wait_text(program, PROGRAM_ERRORS, "ready", TIMEOUT_MS), 0);
	assert_int_equal(program_write(program, "one ", TIMEOUT_MS), 0);
	assert_int_equal(program_wait_text(program, PROGRAM_OUTPUT, "one ", TIMEOUT_MS), 0);
	assert_int_equal(program_write(program, "two", TIMEOUT_MS), 0);
	program_close_input(program);
	assert_int_equal(program_wait(program, TIMEOUT_MS), 7);
	assert_string_equal(program_text(program, PROGRAM_OUTPUT), "one two");
	assert_string_equal(program_text(program, PROGRAM_ERRORS), "ready steady\n");
	/* what is asked after the end */
	assert_int_equal(program_wait(program, TIMEOUT_MS), 7);
	assert_int_equal(program_wait_text(program, PROGRAM_OUTPUT, "three", TIMEOUT_MS),
			 -EPIPE);
	assert_int_equal(program_write(program, "late", TIMEOUT_MS), -EPIPE);
	program_free(program);
}

static void waiting_ends_at_the_deadline(void **state)
{
	struct program *program = start(-1, "echo");

	(void)state;
	assert_int_equal(program_wait_text(program, PROGRAM_ERRORS, "ready", TIMEOUT_MS), 0);
	assert_int_equal(program_wait_text(program, PROGRAM_OUTPUT, "never", SHORT_MS), -ETIME);
	assert_int_equal(program_wait(program, SHORT_MS), -ETIME);
	program_free(program);
}

static void a_signal_is_the_status(void **state)
{
	struct program *program = start(-1, "echo");

	(void)state;
	assert_int_equal(program_wait_text(program, PROGRAM_ERRORS, "ready", TIMEOUT_MS), 0);
	program_signal(program, SIGTERM);
	assert_int_equal(program_wait(program, TIMEOUT_MS), 128 + SIGTERM);
	program_free(program);
}

static void output_beyond_the_room_is_dropped_and_nobody_waits(void **state)
{
	struct program *program = start(-1, "flood");

	(void)state;
	assert_int_equal(program_wait(program, TIMEOUT_MS), 0);
	assert_int_equal(strlen(program_text(program, PROGRAM_OUTPUT)), PROGRAM_TEXT_SIZE - 1);
	program_free(program);
}

static void a_program_that_does_not_read_does_not_hold_us_up(void **state)
{
	static char much[1 << 20];
	struct program *program = start(-1, "flood");

	(void)state;
	memset(much, 'y', sizeof(much) - 1);
	/* It never reads, and is blocked itself by its full output. */
	assert_int_equal(program_write(program, much, SHORT_MS), -ETIME);
	program_free(program);
}

static int tell_where(void *context)
{
	struct midair_endpoint local = *(const struct midair_endpoint *)context;
	struct sockaddr_storage address;
	socklen_t length;
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	length = (socklen_t)midair_endpoint_to_sockaddr(&local, &address);
	/* Only in host s is the address a local one. */
	dprintf(STDOUT_FILENO, "%s",
		bind(fd, (struct sockaddr *)&address, length) == 0 ? "at home" : "elsewhere");
	return 0;
}

static void a_function_runs_in_the_host_that_is_named(void **state)
{
	struct network *network = lab_test_network("server=2ms rtt=2ms");
	struct midair_endpoint server =
		network_plan_server(network_plan_of(network), MIDAIR_IPV4);
	static const struct {
		enum lab_side side;
		const char *answer;
	} rows[] = {{LAB_S, "at home"}, {LAB_A, "elsewhere"}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct program_config config = {
			.namespace_fd = network_host_namespace(network, rows[i].side),
			.function = tell_where,
			.context = &server,
		};
		struct program *program;

		assert_int_equal(program_start(&program, &config, NULL), 0);
		assert_int_equal(program_wait(program, TIMEOUT_MS), 0);
		EXPECT(strcmp(program_text(program, PROGRAM_OUTPUT), rows[i].answer) == 0,
		       rows[i].answer);
		program_free(program);
	}
	network_free(network);
}

static void what_cannot_be_run_is_126(void **state)
{
	const char *const arguments[] = {"nothing", NULL};
	const struct program_config config = {
		.namespace_fd = -1, .executable_fd = -1, .arguments = arguments};
	struct program *program;

	(void)state;
	assert_int_equal(program_start(&program, &config, NULL), 0);
	assert_int_equal(program_wait(program, TIMEOUT_MS), 126);
	program_free(program);
	assert_int_equal(program_open("/nonexistent"), -ENOENT);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_gets_input_and_its_words_are_kept),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(a_signal_is_the_status),
		cmocka_unit_test(output_beyond_the_room_is_dropped_and_nobody_waits),
		cmocka_unit_test(a_program_that_does_not_read_does_not_hold_us_up),
		cmocka_unit_test(a_function_runs_in_the_host_that_is_named),
		cmocka_unit_test(what_cannot_be_run_is_126),
	};

	(void)context;
	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return play(argv[1]);
	self_fd = program_open(NULL);
	return lab_test_main(group);
}
