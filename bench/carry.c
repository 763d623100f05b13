/* SPDX-License-Identifier: MIT */
#include "bench/carry.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "midair/midair.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define CHUNK_BYTES	 (256u << 10)
#define LISTEN_WITHIN_MS 3000
#define NS_PER_S	 1e9
#define US_PER_S	 1e6

double carry_cpu_seconds_of(pid_t pid)
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

static uint64_t read_all(int fd)
{
	static char chunk[CHUNK_BYTES];
	uint64_t n_bytes = 0;
	ssize_t n_read;

	while ((n_read = read(fd, chunk, sizeof(chunk))) > 0)
		n_bytes += (uint64_t)n_read;
	return n_bytes;
}

static pid_t start_end(const struct bench *bench, enum end end, const struct carry *plan)
{
	int pipe_fd = end == SENDER ? bench->in[0] : bench->out[1];
	int fd = bench->connection[end];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	keep_only(bench, pipe_fd, fd);
	_exit(plan->function(plan, end, pipe_fd, fd));
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

static bool open_ends(struct bench *bench, const struct carry *plan)
{
	*bench = (struct bench){{-1, -1}, {-1, -1}, {-1, -1}};
	switch (plan->ends) {
	case CARRY_PIPES:
		return pipe2(bench->in, O_CLOEXEC) == 0 && pipe2(bench->out, O_CLOEXEC) == 0;
	case CARRY_FILES:
		bench->in[0] = memfd_create("bench", MFD_CLOEXEC);
		bench->out[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
		return bench->out[1] >= 0 && ftruncate(bench->in[0], (off_t)plan->n_bytes) == 0;
	case CARRY_NOTHING:
		return true;
	}
	return false;
}

static double seconds_since(uint64_t start_ns)
{
	return (double)(clock_now_ns() - start_ns) / NS_PER_S;
}

static void close_all(const struct bench *bench)
{
	keep_only(bench, -1, -1);
}

bool carry(struct carry_cost *cost, const struct carry *plan)
{
	bool has_pipes = plan->ends == CARRY_PIPES;
	struct carry started = *plan;
	struct bench bench;
	uint64_t start_ns;
	pid_t sender, source = 0;

	if (!open_ends(&bench, plan) ||
	    (plan->port == 0 && !connect_loopback(bench.connection))) {
		close_all(&bench);
		return false;
	}
	started.receiver = start_end(&bench, RECEIVER, &started);
	if (plan->port != 0)
		carry_wait_for_listener(plan->port);
	start_ns = clock_now_ns();
	sender = start_end(&bench, SENDER, &started);
	if (has_pipes)
		source = start_source(&bench, plan->n_bytes);
	keep_only(&bench, bench.out[0], -1);
	cost->n_bytes = has_pipes ? read_all(bench.out[0]) : plan->n_bytes;
	cost->seconds = seconds_since(start_ns);
	close_fd(bench.out[0]);
	carry_cpu_seconds_of(source);
	cost->cpu_seconds = carry_cpu_seconds_of(sender);
	cost->cpu_seconds += carry_cpu_seconds_of(started.receiver);
	if (!has_pipes)
		cost->seconds = seconds_since(start_ns);
	return true;
}

void carry_wait_for_listener(uint16_t port)
{
	struct midair_endpoint local, nobody = {.family = MIDAIR_IPV4};
	struct midair_row row;

	if (midair_endpoint_parse(&local, "127.0.0.1:1") != 0)
		return;
	local.port = port;
	for (int i = 0; i < LISTEN_WITHIN_MS && midair_table_find(&local, &nobody, &row) != 0;
	     i++)
		poll(NULL, 0, 1);
}

bool carry_has_program(const char *program)
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];

	while (path && *path) {
		int length = (int)strcspn(path, ":");

		snprintf(candidate, sizeof(candidate), "%.*s/%s", length, path, program);
		if (access(candidate, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}
