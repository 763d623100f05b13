/* SPDX-License-Identifier: MIT */
/* iperf3 makes its own bytes and throws them away, so it has no pipes: it shows what the TCP in
 * the middle can do. */
#include "bench/relay_tools.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/carry.h"
#include "midair/midair.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define IPERF_PORT 15201
#define NS_PER_S   1e9

static int midair_end(const struct carry *plan, enum end end, int pipe_fd, int fd)
{
	struct midair_relay_result result;
	_cleanup_close_ int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)plan;
	/* as the library hands connections out */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return end == SENDER ? midair_relay(pipe_fd, nothing, fd, -1, 0, &result)
			     : midair_relay(nothing, pipe_fd, fd, -1, 0, &result);
}

static int socat_end(const struct carry *plan, enum end end, int pipe_fd, int fd)
{
	char connection[32];

	(void)plan;
	snprintf(connection, sizeof(connection), "FD:%d", fd);
	if (dup2(pipe_fd, end == SENDER ? STDIN_FILENO : STDOUT_FILENO) < 0)
		return 1;
	if (end == SENDER)
		execlp("socat", "socat", "-u", "-b", "131072", "STDIN", connection,
		       (char *)NULL);
	else
		execlp("socat", "socat", "-u", "-b", "131072", connection, "STDOUT",
		       (char *)NULL);
	return 1;
}

static bool carry_all(struct carry_cost *cost, enum carry_ends ends, uint64_t n_bytes,
		      end_function *function)
{
	const struct carry plan = {.function = function, .ends = ends, .n_bytes = n_bytes};

	return carry(cost, &plan) && cost->n_bytes == n_bytes;
}

static bool carry_midair(struct carry_cost *cost, enum carry_ends ends, uint64_t n_bytes)
{
	return carry_all(cost, ends, n_bytes, midair_end);
}

static bool carry_socat(struct carry_cost *cost, enum carry_ends ends, uint64_t n_bytes)
{
	return carry_all(cost, ends, n_bytes, socat_end);
}

static pid_t start_iperf(const char *role, const char *extra, const char *value)
{
	char port[16];
	pid_t pid = fork();
	int nothing;

	if (pid != 0)
		return pid;
	snprintf(port, sizeof(port), "%d", IPERF_PORT);
	nothing = open("/dev/null", O_RDWR);
	if (nothing < 0 || dup2(nothing, STDOUT_FILENO) < 0)
		_exit(1);
	if (strcmp(role, "-s") == 0)
		execlp("iperf3", "iperf3", "-s", "-p", port, extra, value, "-1", (char *)NULL);
	else
		execlp("iperf3", "iperf3", "-c", "127.0.0.1", "-p", port, extra, value,
		       (char *)NULL);
	_exit(1);
}

static bool carry_iperf(struct carry_cost *cost, enum carry_ends ends, uint64_t n_bytes)
{
	char bytes[24];
	uint64_t start_ns;
	pid_t server, client;

	(void)ends;
	snprintf(bytes, sizeof(bytes), "%" PRIu64, n_bytes);
	server = start_iperf("-s", "-B", "127.0.0.1");
	carry_wait_for_listener(IPERF_PORT);
	start_ns = clock_now_ns();
	client = start_iperf("-c", "-n", bytes);
	cost->cpu_seconds = carry_cpu_seconds_of(client);
	cost->seconds = (double)(clock_now_ns() - start_ns) / NS_PER_S;
	cost->cpu_seconds += carry_cpu_seconds_of(server);
	return true;
}

const struct relay_tool relay_tools[] = {
	{.name = "midair_relay()", .program = NULL, .carry = carry_midair},
	{.name = "socat -b 131072", .program = "socat", .carry = carry_socat},
	{.name = "iperf3 (no pipes)", .program = "iperf3", .carry = carry_iperf},
};
const int relay_n_tools = sizeof(relay_tools) / sizeof(relay_tools[0]);
