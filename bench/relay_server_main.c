/* SPDX-License-Identifier: MIT */
/*
 * How fast the server forwards one pair over loopback, next to socat as a forwarder, in the same
 * run: rounds take turns, medians count. The ends are the same for both, and cost as little as can
 * be: one process sends from a file in memory, one throws away what comes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/statistics.h"
#include "core/wire.h"

#define GOAL_TIMES  2.0
#define FILE_BYTES  (1024u * 1024)
#define LEAST_BYTES (256 * 1024)
#define ROUNDS_MAX  32
#define PORT	    41414
#define WAIT_MS	    5000

struct cost {
	double s;
	double cpu_s; /* of the forwarder */
};

struct path {
	int from;
	int to;
	pid_t forwarder;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The 14th and 15th field of the process's line, after its name in brackets. */
static double cpu_s(pid_t pid)
{
	unsigned long ticks = 0;
	char path[64], line[512];
	const char *at;
	char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		die(path);
	fclose(file);
	at = strrchr(line, ')');
	for (int field = 2; at != NULL && field < 14; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		die(path);
	ticks = strtoul(at, &end, 10);
	ticks += strtoul(end, NULL, 10);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int try_connect(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The forwarder has just been started. */
static int connect_to(uint16_t port)
{
	double end_s = now_s() + WAIT_MS / 1e3;
	int fd;

	while ((fd = try_connect(port)) < 0) {
		if (now_s() > end_s)
			die("connect");
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return fd;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		die("listen");
	return fd;
}

static pid_t start(const char *const arguments[])
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		execvp(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	return pid;
}

/* ---- the two forwarders ---------------------------------------------------------------------- */

static void say(int fd, const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
		die("send");
}

/* Reads messages until one of that type, and no byte more. */
static void hear(int fd, enum wire_type type)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t n = 0;

	for (;;) {
		struct wire_message message;
		int size = wire_decode(bytes, n, &message);

		if (size < 0 || n == sizeof(bytes))
			die("the server's answer");
		if (size > 0 && message.type == type)
			return;
		if (size > 0)
			n = 0;
		else if (recv(fd, bytes + n++, 1, 0) != 1)
			die("recv");
	}
}

static void enter(int fd, uint8_t share)
{
	struct wire_message hello = {.type = WIRE_HELLO, .hello = {1, 1}};
	struct wire_message room = {.type = WIRE_ENTER};

	room.enter.lifetime_s = 60;
	room.enter.name_size = 1;
	room.enter.name[0] = '7';
	memset(room.enter.share_a, share, sizeof(room.enter.share_a));
	memset(room.enter.share_b, share, sizeof(room.enter.share_b));
	say(fd, &hello);
	say(fd, &room);
	hear(fd, WIRE_ROOM);
}

static struct path open_midair(const char *program)
{
	char listen_text[32];
	const char *const arguments[] = {program,   "serve",	    "--listen", listen_text,
					 "--relay", "--probe-port", "off",	NULL};
	const struct wire_message yes = {.type = WIRE_RELAY, .relay = WIRE_RELAY_YES};
	struct path path;

	snprintf(listen_text, sizeof(listen_text), "127.0.0.1:%d", PORT);
	path.forwarder = start(arguments);
	path.from = connect_to(PORT);
	enter(path.from, 1);
	path.to = connect_to(PORT);
	enter(path.to, 2);
	hear(path.from, WIRE_PEER);
	hear(path.to, WIRE_PEER);
	say(path.from, &yes);
	hear(path.to, WIRE_RELAY_WANTED);
	say(path.to, &yes);
	hear(path.to, WIRE_RELAY_READY);
	hear(path.from, WIRE_RELAY_READY);
	return path;
}

static struct path open_socat(const char *program)
{
	char listen_text[64], connect_text[64];
	const char *const arguments[] = {program,     "-b",	    "131072",
					 listen_text, connect_text, NULL};
	int listener = listen_on(PORT + 1);
	struct path path;

	snprintf(listen_text, sizeof(listen_text), "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr",
		 PORT);
	snprintf(connect_text, sizeof(connect_text), "TCP:127.0.0.1:%d", PORT + 1);
	path.forwarder = start(arguments);
	path.from = connect_to(PORT);
	path.to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (path.to < 0)
		die("accept");
	close(listener);
	return path;
}

/* ---- the ends -------------------------------------------------------------------------------- */

/* From a file in memory, so that no byte is copied: what is measured shall be the forwarder. */
static void send_all(int fd, int file, uint64_t n_bytes)
{
	while (n_bytes > 0) {
		off_t offset = 0;
		size_t size = n_bytes < FILE_BYTES ? (size_t)n_bytes : FILE_BYTES;
		ssize_t n = sendfile(fd, file, &offset, size);

		if (n < 0)
			_exit(1);
		n_bytes -= (uint64_t)n;
	}
	shutdown(fd, SHUT_WR);
}

/* Thrown away where it is (tcp(7)). */
static uint64_t receive_all(int fd)
{
	uint64_t n_bytes = 0;
	int least = LEAST_BYTES;
	ssize_t n;

	/* Woken for each segment, it would be in the forwarder's way. */
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least));
	while ((n = recv(fd, NULL, FILE_BYTES, MSG_TRUNC)) > 0)
		n_bytes += (uint64_t)n;
	return n_bytes;
}

static int open_file(void)
{
	static char bytes[FILE_BYTES];
	int file = memfd_create("bytes", MFD_CLOEXEC);

	memset(bytes, 'x', sizeof(bytes));
	if (file < 0 || write(file, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		die("memory");
	return file;
}

static struct cost carry(const struct path *path, int file, uint64_t n_bytes)
{
	double begin_s = now_s();
	double begin_cpu_s = cpu_s(path->forwarder);
	pid_t sender = fork();
	struct cost cost;

	if (sender < 0)
		die("fork");
	if (sender == 0) {
		send_all(path->from, file, n_bytes);
		_exit(0);
	}
	if (receive_all(path->to) != n_bytes) {
		fprintf(stderr, "not all bytes came\n");
		exit(1);
	}
	cost.s = now_s() - begin_s;
	cost.cpu_s = cpu_s(path->forwarder) - begin_cpu_s;
	waitpid(sender, NULL, 0);
	return cost;
}

static void close_path(const struct path *path)
{
	close(path->from);
	close(path->to);
	kill(path->forwarder, SIGTERM);
	waitpid(path->forwarder, NULL, 0);
}

/* ---- the figures ----------------------------------------------------------------------------- */

struct row {
	const char *name;
	const char *program;
	struct path (*open)(const char *program);
	int64_t ns[ROUNDS_MAX];
	int64_t cpu_us[ROUNDS_MAX];
};

static bool is_there(const char *program)
{
	const char *const arguments[] = {program, "-V", NULL};
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stdout);
		execvp(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	bool is_quick = argc > 2 && strcmp(argv[1], "quick") == 0;
	uint64_t n_bytes = is_quick ? UINT64_C(1) << 29 : UINT64_C(1) << 32;
	int n_rounds = is_quick ? 3 : 7;
	struct row rows[] = {
		{.name = "midair serve --relay", .open = open_midair},
		{.name = "socat -b 131072", .program = "socat", .open = open_socat}};
	size_t n_rows = is_there("socat") ? 2 : 1;
	double medians_s[2] = {0, 0};
	int file = open_file();

	if (argc < 2) {
		fprintf(stderr, "usage: midair-bench-relay-server [quick] MIDAIR\n");
		return 2;
	}
	rows[0].program = argv[argc - 1];
	for (int round = 0; round < n_rounds; round++)
		for (size_t i = 0; i < n_rows; i++) {
			struct path path = rows[i].open(rows[i].program);
			struct cost cost = carry(&path, file, n_bytes);

			rows[i].ns[round] = (int64_t)(cost.s * 1e9);
			rows[i].cpu_us[round] = (int64_t)(cost.cpu_s * 1e6);
			close_path(&path);
		}
	printf("| forwarder | MB/s | CPU of the forwarder, s per GB |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < n_rows; i++) {
		double cpu = (double)summarise(rows[i].cpu_us, (size_t)n_rounds).median / 1e6;

		medians_s[i] = (double)summarise(rows[i].ns, (size_t)n_rounds).median / 1e9;
		printf("| %s | %.0f | %.3f |\n", rows[i].name,
		       (double)n_bytes / medians_s[i] / 1e6, cpu / ((double)n_bytes / 1e9));
	}
	if (n_rows < 2) {
		printf("socat is not installed: nothing to compare with\n");
		return 77;
	}
	printf("%.2f times socat, medians of %d rounds of %llu MiB; the goal is %.0f times\n",
	       medians_s[1] / medians_s[0], n_rounds, (unsigned long long)(n_bytes >> 20),
	       GOAL_TIMES);
	return medians_s[1] / medians_s[0] >= GOAL_TIMES ? 0 : 1;
}
