/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * What a user waits for: "midair pipe" started on both hosts at the same time, each with a message
 * waiting on its standard input. The clock runs from before the first program is started until the
 * message of one has come out of the other: programs, key exchange, introduction, dial, TLS.
 */
#include <errno.h>
#include <stdio.h>

#include "bench/case.h"
#include "bench/command.h"
#include "lab/network.h"
#include "lab/program.h"
#include "lab/server.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define FROM_A	   "one\n"
#define FROM_B	   "two\n"
#define TIMEOUT_MS 10000

struct pipes {
	const struct network *network;
	int midair_fd;
	char server[MIDAIR_ENDPOINT_TEXT_SIZE + 16];
	char secret[MIDAIR_KEY_SIZE + 16];
};

static int start(struct program **program, const struct pipes *pipes, enum lab_side side,
		 const char *message, struct lab_reason *reason)
{
	const struct bench_command command = {
		.midair_fd = pipes->midair_fd,
		.arguments = {"midair", "pipe", "-4", "-q"},
		.environment = {pipes->server, pipes->secret},
	};
	int error = command_start(program, &command, pipes->network, side, reason);

	return error ? error : program_write(*program, message, TIMEOUT_MS);
}

/* Waits until both messages are out. *first_ns and *both_ns: since start_ns. */
static int wait_messages(struct program *a, struct program *b, uint64_t start_ns,
			 int64_t *first_ns, int64_t *both_ns)
{
	uint64_t until_ns = start_ns + TIMEOUT_MS * UINT64_C(1000000);
	bool has_a = false, has_b = false;

	*first_ns = *both_ns = 0;
	while (clock_now_ns() < until_ns && !(has_a && has_b)) {
		/* Each in turn, for a millisecond: no more than that is added. */
		has_b = has_b || program_wait_text(b, PROGRAM_OUTPUT, FROM_A, 1) == 0;
		has_a = has_a ||
			program_wait_text(a, PROGRAM_OUTPUT, FROM_B, has_b ? 1 : 0) == 0;
		if ((has_a || has_b) && *first_ns == 0)
			*first_ns = (int64_t)(clock_now_ns() - start_ns);
	}
	*both_ns = (int64_t)(clock_now_ns() - start_ns);
	return has_a && has_b ? 0 : -ETIME;
}

static int run_once(const struct pipes *pipes, int64_t *first_ns, int64_t *both_ns,
		    struct lab_reason *reason)
{
	struct program *a = NULL, *b = NULL;
	uint64_t start_ns = clock_now_ns();
	int error = start(&a, pipes, LAB_A, FROM_A, reason);

	if (!error)
		error = start(&b, pipes, LAB_B, FROM_B, reason);
	if (!error)
		error = wait_messages(a, b, start_ns, first_ns, both_ns);
	if (error && a && b)
		fprintf(stderr, "bench: midair pipe: a: %s b: %s\n",
			program_text(a, PROGRAM_ERRORS), program_text(b, PROGRAM_ERRORS));
	program_free(a);
	program_free(b);
	return error;
}

static int run_all(struct tally *tally, struct pipes *pipes, const struct bench_case *of,
		   bool is_both)
{
	int64_t past_ns[BENCH_RUNS_MAX];
	uint32_t n_connected = 0;

	for (uint32_t i = 0; i < of->n_runs; i++) {
		char key[MIDAIR_KEY_SIZE];
		int64_t first_ns, both_ns;

		if (midair_key_generate(key) != 0)
			return lab_fail(&tally->reason, 0, "cannot make a key");
		snprintf(pipes->secret, sizeof(pipes->secret), "MIDAIR_SECRET=%s", key);
		if (run_once(pipes, &first_ns, &both_ns, &tally->reason) == 0)
			past_ns[n_connected++] = is_both ? both_ns : first_ns;
	}
	tally_times(tally, past_ns, n_connected, of->n_runs);
	return 0;
}

static int measure_in(struct tally *tally, struct pipes *pipes, const struct bench_case *of,
		      bool is_both)
{
	struct midair_endpoint endpoint =
		network_plan_server(network_plan_of(pipes->network), MIDAIR_IPV4);
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct server *server;
	int error = server_start(&server, pipes->network, &tally->reason);

	if (error)
		return error;
	endpoint.port = MIDAIR_SERVER_PORT;
	snprintf(pipes->server, sizeof(pipes->server), "MIDAIR_SERVER=%s",
		 midair_endpoint_format(&endpoint, text));
	error = run_all(tally, pipes, of, is_both);
	server_free(server);
	return error;
}

static int measure(struct tally *tally, const struct bench_case *of, enum method method,
		   bool is_both)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	_cleanup_close_ int midair_fd = command_open_midair(&tally->reason);
	struct pipes pipes = {.midair_fd = midair_fd};
	struct network *network;
	int error = midair_fd < 0 ? midair_fd
				  : bench_scenario(&scenario, of, method, &tally->reason);

	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	pipes.network = network;
	error = measure_in(tally, &pipes, of, is_both);
	network_free(network);
	return error;
}

int measure_pipe_first_byte(struct tally *tally, const struct bench_case *of,
			    enum method method)
{
	return measure(tally, of, method, false);
}

int measure_pipe_both_ways(struct tally *tally, const struct bench_case *of, enum method method)
{
	return measure(tally, of, method, true);
}
