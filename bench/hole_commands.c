/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * "midair pipe --stay" on both hosts: once through a server, which is then gone. From then on host a
 * waits at the hole, and b comes. The bound of the connection is one round trip from b's SYN on, as b
 * tells it in JSON; of the first byte, which is a's, one more, for b's proof and a's answer to it. The
 * clock of the first byte runs from before b is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/case.h"
#include "bench/command.h"
#include "lab/server.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define FROM_A	   "one\n"
#define TIMEOUT_MS 10000
#define PATH_SIZE  64
#define NS_PER_MS  1e6

struct holes {
	const struct network *network;
	int midair_fd;
	char server[MIDAIR_ENDPOINT_TEXT_SIZE + 16];
	char folder[PATH_SIZE];
	bool is_first_byte;
};

static void key_path(const struct holes *holes, enum lab_side side, const char *end,
		     char path[2 * PATH_SIZE])
{
	snprintf(path, 2 * (size_t)PATH_SIZE, "%s/%d%s", holes->folder, (int)side, end);
}

static int start(struct program **program, const struct holes *holes, enum lab_side side,
		 struct lab_reason *reason)
{
	char path[2 * PATH_SIZE];
	const struct bench_command command = {
		.midair_fd = holes->midair_fd,
		.arguments = {"midair", "pipe", "-4", "--json", "--stay", "-k", path},
		.environment = {holes->server},
	};

	key_path(holes, side, "", path);
	return command_start(program, &command, holes->network, side, reason);
}

/* The last value of a key among the lines of an event, in nanoseconds; -1: it is not there. */
static int64_t told_ns(const struct program *program, const char *event, const char *key)
{
	const char *text = program_text(program, PROGRAM_ERRORS);
	const char *at = strstr(text, event);

	at = at ? strstr(at, key) : NULL;
	return at ? (int64_t)(strtod(at + strlen(key), NULL) * NS_PER_MS) : -1;
}

/* From the SYN to the connection, without the proof. */
static int64_t connected_ns(const struct program *program)
{
	static const char elapsed[] = "\"elapsed_ms\":";
	int64_t proven_ns = told_ns(program, "\"event\":\"connected\"", elapsed);
	int64_t proof_ns = told_ns(program, "\"event\":\"authenticated\"", elapsed);

	return proven_ns < 0 || proof_ns < 0 ? -1 : proven_ns - proof_ns;
}

/* Both end when their input does. */
static int end(struct program *a, struct program *b)
{
	program_close_input(a);
	program_close_input(b);
	return program_wait(a, TIMEOUT_MS) == 0 && program_wait(b, TIMEOUT_MS) == 0 ? 0 : -EIO;
}

/* *elapsed_ns: what is measured, before the bound is taken off. 0 or -errno. */
static int meet(const struct holes *holes, const char *a_is_there, int64_t *elapsed_ns,
		struct lab_reason *reason)
{
	struct program *a = NULL, *b = NULL;
	uint64_t start_ns = 0;
	int error = start(&a, holes, LAB_A, reason);

	if (!error)
		error = program_write(a, FROM_A, TIMEOUT_MS);
	if (!error)
		error = program_wait_text(a, PROGRAM_ERRORS, a_is_there, TIMEOUT_MS);
	start_ns = clock_now_ns();
	if (!error)
		error = start(&b, holes, LAB_B, reason);
	if (!error)
		error = program_wait_text(b, PROGRAM_OUTPUT, FROM_A, TIMEOUT_MS);
	*elapsed_ns = (int64_t)(clock_now_ns() - start_ns);
	if (!error)
		error = end(a, b);
	if (!error && !holes->is_first_byte)
		*elapsed_ns = connected_ns(b);
	if (!error && strstr(program_text(b, PROGRAM_ERRORS), "\"event\":\"peer\""))
		*elapsed_ns = -1;
	if (error && a && b)
		fprintf(stderr, "bench: midair pipe --stay: a: %s b: %s\n",
			program_text(a, PROGRAM_ERRORS), program_text(b, PROGRAM_ERRORS));
	program_free(a);
	program_free(b);
	return error;
}

static int run_all(struct tally *tally, const struct holes *holes, const struct bench_case *of,
		   int64_t bound_ns)
{
	int64_t past_ns[BENCH_RUNS_MAX];
	uint32_t n_connected = 0;

	for (uint32_t i = 0; i < of->n_runs; i++) {
		int64_t elapsed_ns;

		if (meet(holes, "\"event\":\"hole\"", &elapsed_ns, &tally->reason) == 0 &&
		    elapsed_ns >= 0)
			past_ns[n_connected++] = elapsed_ns - bound_ns;
	}
	tally_times(tally, past_ns, n_connected, of->n_runs);
	return 0;
}

static int make_key(const struct holes *holes)
{
	char key[MIDAIR_KEY_SIZE];
	int error = midair_key_generate(key);

	for (enum lab_side side = LAB_A; side <= LAB_B && !error; side++) {
		char path[2 * PATH_SIZE];
		int fd;

		key_path(holes, side, "", path);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		error = fd < 0 || write(fd, key, strlen(key)) < 0 ? -errno : 0;
		close_fd(fd);
	}
	return error;
}

static void forget_keys(const struct holes *holes)
{
	for (enum lab_side side = LAB_A; side <= LAB_B; side++) {
		char path[2 * PATH_SIZE];

		key_path(holes, side, "", path);
		unlink(path);
		key_path(holes, side, ".hole", path);
		unlink(path);
	}
	rmdir(holes->folder);
}

/* The first time, by the server. */
static int dig(struct holes *holes, struct lab_reason *reason)
{
	struct midair_endpoint endpoint =
		network_plan_server(network_plan_of(holes->network), MIDAIR_IPV4);
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	int64_t elapsed_ns;
	struct server *server;
	int error = server_start(&server, holes->network, reason);

	if (error)
		return error;
	endpoint.port = MIDAIR_SERVER_PORT;
	snprintf(holes->server, sizeof(holes->server), "MIDAIR_SERVER=%s",
		 midair_endpoint_format(&endpoint, text));
	error = meet(holes, "\"event\":\"waiting\"", &elapsed_ns, reason);
	server_free(server);
	return error ? lab_fail(reason, -error, "the two did not meet through the server") : 0;
}

static int measure_in(struct tally *tally, struct holes *holes, const struct bench_case *of,
		      int64_t bound_ns)
{
	int error;

	snprintf(holes->folder, sizeof(holes->folder), "/tmp/midair-bench-XXXXXX");
	if (!mkdtemp(holes->folder))
		return lab_fail(&tally->reason, errno, "cannot make a folder");
	error = make_key(holes);
	if (!error)
		error = dig(holes, &tally->reason);
	if (!error)
		error = run_all(tally, holes, of, bound_ns);
	forget_keys(holes);
	return error;
}

static int measure(struct tally *tally, const struct bench_case *of, enum method method,
		   bool is_first_byte)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	_cleanup_close_ int midair_fd = command_open_midair(&tally->reason);
	struct holes holes = {.midair_fd = midair_fd, .is_first_byte = is_first_byte};
	struct network *network;
	int error = midair_fd < 0 ? midair_fd
				  : bench_scenario(&scenario, of, method, &tally->reason);

	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	holes.network = network;
	error = measure_in(tally, &holes, of,
			   (int64_t)scenario.rtt_ns * (is_first_byte ? 2 : 1));
	network_free(network);
	return error;
}

int measure_hole_direct(struct tally *tally, const struct bench_case *of, enum method method)
{
	return measure(tally, of, method, false);
}

int measure_hole_first_byte(struct tally *tally, const struct bench_case *of,
			    enum method method)
{
	return measure(tally, of, method, true);
}
