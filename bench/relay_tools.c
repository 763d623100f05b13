/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 *	source =pipe=> sender =TCP on loopback=> receiver =pipe=> this process
 *
 * The source and this process are the same for each tool; only the sender and the receiver
 * differ, and only their processor time is counted. iperf3 makes its own bytes and throws them
 * away, so it has no pipes: it shows what the TCP in the middle can do.
 */
#include "bench/relay_tools.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "midair/midair.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define CHUNK_BYTES	 (256u << 10)
#define IPERF_PORT	 15201
#define LISTEN_WITHIN_MS 3000
#define NS_PER_S	 1e9
#define US_PER_S	 1e6

enum end { SENDER, RECEIVER };

/* Runs in a process of its own: in_fd and out_fd are pipes, fd the connection. */
typedef int end_function(enum end end, int pipe_fd, int fd);

static int midair_end(enum end end, int pipe_fd, int fd)
{
	struct midair_relay_result result;
	_cleanup_close_ int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	return end == SENDER ? midair_relay(pipe_fd, nothing, fd, -1, 0, &result)
			     : midair_relay(nothing, pipe_fd, fd, -1, 0, &result);
}

static int socat_end(enum end end, int pipe_fd, int fd)
{
	char connection[32];

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

static double cpu_seconds_of(pid_t pid)
{
	struct rusage usage;
	int status;

	/* Ends: each process has an end of file before it, and init reaps what is left. */
	if (pid <= 0 || wait4(pid, &status, 0, &usage) != pid)
		return 0;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / US_PER_S;
}

/* A TCP connection over loopback; the descriptors survive exec. */
static bool connect_loopback(int fds[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	_cleanup_close_ int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	fds[SENDER] = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (bind(listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(fds[SENDER], (struct sockaddr *)&address, length) < 0)
		return false;
	fds[RECEIVER] = accept4(listener, NULL, NULL, 0);
	return fds[RECEIVER] >= 0;
}

static void write_all(int fd, uint64_t n_bytes)
{
	static const char chunk[CHUNK_BYTES];

	while (n_bytes > 0) {
		size_t wanted = n_bytes < CHUNK_BYTES ? (size_t)n_bytes : CHUNK_BYTES;
		ssize_t n_written = write(fd, chunk, wanted);

		if (n_written <= 0)
			_exit(1);
		n_bytes -= (uint64_t)n_written;
	}
}

static uint64_t read_all(int fd)
{
	static char chunk[CHUNK_BYTES];
	uint64_t n_bytes = 0;
	ssize_t n_read;

	while ((n_read = read(fd, chunk, sizeof(chunk))) > 0)
		n_bytes += (uint64_t)n_read;
	return n_bytes;
}

struct bench {
	int in[2];  /* source to sender */
	int out[2]; /* receiver to us */
	int connection[2];
};

/* Closes all but what is kept: a copy that somebody else holds would keep an end of file, or a
 * broken pipe, from being seen. */
static void keep_only(const struct bench *bench, int keep, int keep_too)
{
	const int fds[] = {bench->in[0],  bench->in[1],		bench->out[0],
			   bench->out[1], bench->connection[0], bench->connection[1]};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != keep && fds[i] != keep_too)
			close_fd(fds[i]);
}

static pid_t start_end(const struct bench *bench, enum end end, end_function *function)
{
	int pipe_fd = end == SENDER ? bench->in[0] : bench->out[1];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	keep_only(bench, pipe_fd, bench->connection[end]);
	_exit(function(end, pipe_fd, bench->connection[end]));
}

static pid_t start_source(const struct bench *bench, uint64_t n_bytes)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	keep_only(bench, bench->in[1], -1);
	write_all(bench->in[1], n_bytes);
	_exit(0);
}

static bool carry(struct relay_cost *cost, uint64_t n_bytes, end_function *function)
{
	struct bench bench;
	uint64_t start_ns, n_received;
	pid_t sender, receiver, source;

	if (pipe2(bench.in, O_CLOEXEC) < 0 || pipe2(bench.out, O_CLOEXEC) < 0 ||
	    !connect_loopback(bench.connection))
		return false;
	receiver = start_end(&bench, RECEIVER, function);
	sender = start_end(&bench, SENDER, function);
	start_ns = clock_now_ns();
	source = start_source(&bench, n_bytes);
	keep_only(&bench, bench.out[0], -1);
	n_received = read_all(bench.out[0]);
	cost->seconds = (double)(clock_now_ns() - start_ns) / NS_PER_S;
	close_fd(bench.out[0]);
	cpu_seconds_of(source);
	cost->cpu_seconds = cpu_seconds_of(sender) + cpu_seconds_of(receiver);
	return n_received == n_bytes;
}

static bool carry_midair(struct relay_cost *cost, uint64_t n_bytes)
{
	return carry(cost, n_bytes, midair_end);
}

static bool carry_socat(struct relay_cost *cost, uint64_t n_bytes)
{
	return carry(cost, n_bytes, socat_end);
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

static void wait_for_listener(void)
{
	struct midair_endpoint local, nobody = {.family = MIDAIR_IPV4};
	struct midair_row row;

	if (midair_endpoint_parse(&local, "127.0.0.1:1") != 0)
		return;
	local.port = IPERF_PORT;
	for (int i = 0; i < LISTEN_WITHIN_MS && midair_table_find(&local, &nobody, &row) != 0;
	     i++)
		poll(NULL, 0, 1);
}

static bool carry_iperf(struct relay_cost *cost, uint64_t n_bytes)
{
	char bytes[24];
	uint64_t start_ns;
	pid_t server, client;

	snprintf(bytes, sizeof(bytes), "%" PRIu64, n_bytes);
	server = start_iperf("-s", "-B", "127.0.0.1");
	wait_for_listener();
	start_ns = clock_now_ns();
	client = start_iperf("-c", "-n", bytes);
	cost->cpu_seconds = cpu_seconds_of(client);
	cost->seconds = (double)(clock_now_ns() - start_ns) / NS_PER_S;
	cost->cpu_seconds += cpu_seconds_of(server);
	return true;
}

const struct relay_tool relay_tools[] = {
	{.name = "midair_relay()", .program = NULL, .carry = carry_midair},
	{.name = "socat -b 131072", .program = "socat", .carry = carry_socat},
	{.name = "iperf3 (no pipes)", .program = "iperf3", .carry = carry_iperf},
};
const int relay_n_tools = sizeof(relay_tools) / sizeof(relay_tools[0]);

bool relay_tool_is_here(const struct relay_tool *tool)
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];

	if (!tool->program)
		return true;
	while (path && *path) {
		int length = (int)strcspn(path, ":");

		snprintf(candidate, sizeof(candidate), "%.*s/%s", length, path, tool->program);
		if (access(candidate, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}
