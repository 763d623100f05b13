/* SPDX-License-Identifier: MIT */
/* midair_pair(): two processes that block in it, and the server beside them. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/pair_world.h"

#define TURN_MS 20
#define FAILED	99

static struct pair_world world;

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

/* Sends the text and its end, and returns whether the other's came, whole. */
static bool talk(struct midair_stream *stream, const char *text, const char *expected)
{
	struct midair_relay_result moved;
	char heard[64] = "";
	int in[2], out[2];
	bool is_right;

	if (pipe(in) < 0 || pipe(out) < 0 ||
	    write(in[1], text, strlen(text)) != (ssize_t)strlen(text))
		return false;
	close(in[1]);
	is_right = midair_stream_relay(in[0], out[1], stream, -1, 0, &moved) == 0;
	close(out[1]);
	return is_right && read(out[0], heard, sizeof(heard) - 1) >= 0 &&
	       strcmp(heard, expected) == 0;
}

/* Process n: exits with the call's result, or FAILED. */
static pid_t start(int n, const struct midair_pair_config *config, bool wants_event)
{
	struct midair_stream *stream = NULL;
	struct midair_event event = {.type = MIDAIR_EVENT_FAILED};
	pid_t pid = fork();
	int result;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	result = midair_pair(config, &stream, wants_event ? &event : NULL);
	if (result != 0)
		_exit(result > 0 && stream == NULL ? result : FAILED);
	if (wants_event && event.type != MIDAIR_EVENT_CONNECTED)
		_exit(FAILED);
	_exit(talk(stream, n == 0 ? "ping" : "pong", n == 0 ? "pong" : "ping") ? 0 : FAILED);
}

/* Runs the server until the process ends. Returns how it exited, -1 when it did not. */
static int finish(pid_t pid)
{
	uint64_t end_ms = now_ms() + 2 * PATIENCE_MS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > end_ms) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		world_turn(&world, TURN_MS);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void both_have_a_stream(void **state)
{
	struct midair_pair_config config;
	pid_t pids[2];

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int n = 0; n < 2; n++) {
		config = world_config(&world, n);
		config.code = "7-crossover-clockwork";
		/* one asks how it came about, the other does not */
		pids[n] = start(n, &config, n == 0);
	}
	assert_int_equal(finish(pids[0]), 0);
	assert_int_equal(finish(pids[1]), 0);
}

static void nobody_else_comes(void **state)
{
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_HONEST);
	config = world_config(&world, 0);
	config.code = "7-crossover-clockwork";
	config.wait_ms = 300;
	assert_int_equal(finish(start(0, &config, true)), MIDAIR_E_NO_PEER);
}

static void another_code_is_told_to_both(void **state)
{
	struct midair_pair_config config;
	pid_t pids[2];

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int n = 0; n < 2; n++) {
		config = world_config(&world, n);
		config.code = n == 0 ? "7-crossover-clockwork" : "7-clockwork-crossover";
		pids[n] = start(n, &config, true);
	}
	assert_int_equal(finish(pids[0]), MIDAIR_E_WRONG_CODE);
	assert_int_equal(finish(pids[1]), MIDAIR_E_WRONG_CODE);
}

static void a_config_that_makes_no_sense_is_refused_at_once(void **state)
{
	struct midair_pair_config config = {.size = sizeof(config), .code = "no code"};
	struct midair_stream *stream = NULL;

	(void)state;
	world_open(&world, FAKE_HONEST);
	assert_true(midair_pair(&config, &stream, NULL) > 0);
	assert_null(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(both_have_a_stream, teardown),
		cmocka_unit_test_teardown(nobody_else_comes, teardown),
		cmocka_unit_test_teardown(another_code_is_told_to_both, teardown),
		cmocka_unit_test_teardown(a_config_that_makes_no_sense_is_refused_at_once,
					  teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
