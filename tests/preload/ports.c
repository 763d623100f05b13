/* SPDX-License-Identifier: MIT */
/* Which local ends connections get, and what happens when they run out. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "client.h"

static struct sockaddr_in name_of(int fd)
{
	struct sockaddr_in local;
	socklen_t length = sizeof(local);

	CHECK(getsockname(fd, (struct sockaddr *)&local, &length) == 0, "a socket has a name");
	return local;
}

static void print_end(int fd)
{
	struct sockaddr_in local = name_of(fd);
	char text[INET_ADDRSTRLEN];

	printf("%s:%u\n", inet_ntop(AF_INET, &local.sin_addr, text, sizeof(text)),
	       ntohs(local.sin_port));
}

/* That many connections at once; prints each local end, then how many there are and why not more.
 * server: takes them, or -1 for somebody else's. */
static void hold_many(uint16_t port, unsigned int count, unsigned int options, int server)
{
	unsigned int n_held = 0;
	int result = 0;

	while (n_held < count && result == 0) {
		int fd = tcp_socket(AF_INET, options);

		result = dial(fd, "127.0.0.1", port);
		if (result != 0)
			break;
		print_end(fd);
		if (server >= 0)
			take_connection(server);
		n_held++;
	}
	printf("%u held, %s\n", n_held, result == 0 ? "none refused" : strerror(-result));
	fflush(stdout);
}

/* hold PORT COUNT [nonblocking | wait]: connections to a server of its own. With "wait" until it
 * is killed, but a minute at most. */
static int hold(int argc, char **argv)
{
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);
	bool waits = argc > 2 && strcmp(argv[2], "wait") == 0;

	hold_many(port, number(argc, argv, 1, 1), argc > 2 ? 0 : BLOCKING,
		  open_server(AF_INET, port));
	if (waits)
		poll(NULL, 0, 60000);
	return 0;
}

/* dial PORT COUNT: the same to somebody else's server. */
static int dial_only(int argc, char **argv)
{
	hold_many((uint16_t)number(argc, argv, 0, 5000), number(argc, argv, 1, 1), BLOCKING,
		  -1);
	return 0;
}

/* churn PORT COUNT: so many, one after the other, each closed here first, which leaves TIME_WAIT
 * behind. */
static int churn(int argc, char **argv)
{
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);
	unsigned int count = number(argc, argv, 1, 1), n_failed = 0;
	int server = open_server(AF_INET, port);

	for (unsigned int i = 0; i < count; i++) {
		int fd = tcp_socket(AF_INET, BLOCKING);

		if (connect_to(fd, "127.0.0.1", port) != 0) {
			n_failed++;
			close(fd);
			continue;
		}
		close(fd);
		close(take_connection(server));
	}
	printf("%u failed\n", n_failed);
	return 0;
}

/* share FIRST COUNT: one connection to each of COUNT servers; prints the number of different
 * local ports, and the first one. */
static int share(int argc, char **argv)
{
	uint16_t first = (uint16_t)number(argc, argv, 0, 6000);
	unsigned int count = number(argc, argv, 1, 8), n_other = 0;
	uint16_t local = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(first + i);
		int fd = tcp_socket(AF_INET, BLOCKING);

		open_server(AF_INET, port);
		int result = connect_to(fd, "127.0.0.1", port);
		CHECK(result == 0, "%u can be reached (%s)", port, strerror(-result));
		if (i == 0)
			local = port_of(fd);
		n_other += port_of(fd) != local;
	}
	int again = tcp_socket(AF_INET, BLOCKING);
	printf("port %u, %u others, again: %s\n", local, n_other,
	       strerror(-connect_to(again, "127.0.0.1", first)));
	return 0;
}

/* One that is refused must be as every refused socket is, and good for another try. */
static void check_refused(int fd, bool is_nonblocking)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int error = -1;
	socklen_t error_length = sizeof(error);
	struct pollfd polled = {.fd = fd, .events = POLLOUT};

	CHECK(getpeername(fd, (struct sockaddr *)&peer, &length) < 0 && errno == ENOTCONN,
	      "a refused socket has no peer");
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_length) == 0 && error == 0,
	      "the refusal was told once, not again as %d", error);
	CHECK(poll(&polled, 1, 0) == 1 && (polled.revents & POLLHUP) != 0,
	      "a refused socket polls as hung up, not %x", (unsigned int)polled.revents);
	CHECK(((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) == is_nonblocking,
	      "it blocks as it did before");
}

/* selfloop PORT COUNT [nonblocking]: a client that tries again and again to reach a port where
 * nobody listens. Prints the try that succeeded. */
static int selfloop(int argc, char **argv)
{
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);
	unsigned int count = number(argc, argv, 1, 1000);
	bool is_nonblocking = argc > 2;

	for (unsigned int i = 1; i <= count; i++) {
		int fd = tcp_socket(AF_INET, is_nonblocking ? 0 : BLOCKING);
		int result = dial(fd, "127.0.0.1", port);

		if (result == 0) {
			printf("connected to itself at try %u\n", i);
			close_with_reset(fd);
			return 0;
		}
		CHECK(result == -ECONNREFUSED, "the port is dead: %s", strerror(-result));
		check_refused(fd, is_nonblocking);
		close(fd);
	}
	printf("never\n");
	return 0;
}

/* full PORT N: the pool has N ports. They run out, come back one by one, and also when the
 * library cannot see them close. */
static int full(int argc, char **argv)
{
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);
	unsigned int n_ports = number(argc, argv, 1, 4);
	int server = open_server(AF_INET, port);
	int fds[64];
	int extra = tcp_socket(AF_INET, BLOCKING);
	const struct timespec pause = {.tv_sec = 1, .tv_nsec = 100000000};

	CHECK(n_ports <= 64, "there is room for %u", n_ports);
	for (unsigned int i = 0; i < n_ports; i++) {
		fds[i] = tcp_socket(AF_INET, BLOCKING);
		CHECK(connect_to(fds[i], "127.0.0.1", port) == 0, "port %u of the pool", i);
	}
	CHECK(connect_to(extra, "127.0.0.1", port) == -EADDRNOTAVAIL, "the pool is full");
	CHECK(connect_to(extra, "127.0.0.1", port) == -EADDRNOTAVAIL, "it stays so");
	uint16_t freed = port_of(fds[0]);
	/* We first, then the server: TIME_WAIT, which an explicit bind gets past. */
	close(fds[0]);
	close(take_connection(server));
	CHECK(connect_to(extra, "127.0.0.1", port) == 0, "one is free, on the same socket");
	CHECK(port_of(extra) == freed, "it is the one that was closed");
	/* dup2() closes it without close(); the library looks for such once a second. */
	CHECK(dup2(server, fds[1]) == fds[1], "the descriptor is another file now");
	close(take_connection(server));
	fds[0] = tcp_socket(AF_INET, BLOCKING);
	nanosleep(&pause, NULL);
	CHECK(connect_to(fds[0], "127.0.0.1", port) == 0, "the lost one was found");
	puts("as it should be");
	return 0;
}

const struct scene scenes_of_ports[] = {
	{"hold", hold},		{"dial", dial_only}, {"churn", churn}, {"share", share},
	{"selfloop", selfloop}, {"full", full},	     {NULL, NULL},
};
