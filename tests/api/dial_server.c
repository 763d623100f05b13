/* SPDX-License-Identifier: MIT */
/*
 * dial_server MODE PORT: what the tests of midair dial connect to, on every IPv4 address and on
 * ::1. hold: accepts and keeps; close: closes at once; echo: sends back what comes, one connection
 * after the other. Prints "ready" and runs until standard input ends.
 *
 * dial_server crowd N COMMAND...: runs the command with N more open descriptors than it expects.
 */
#include <poll.h>
#include <sys/resource.h>

#include "tests/platform/platform.h"

#define BACKLOG	     4096
#define ECHO_WAIT_MS 5000

static int listener(int family, const struct sockaddr *address, socklen_t length)
{
	int fd = tcp_socket(family, REUSE_ADDRESS);

	CHECK(bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0, "it can listen");
	return fd;
}

static bool is_readable(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	return poll(&waiting, 1, ECHO_WAIT_MS) == 1;
}

static void echo(int fd)
{
	char buffer[65536];
	ssize_t n_bytes;

	while (is_readable(fd) && (n_bytes = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		for (ssize_t n_sent = 0; n_sent < n_bytes;) {
			struct pollfd waiting = {.fd = fd, .events = POLLOUT};
			ssize_t n = send(fd, buffer + n_sent, (size_t)(n_bytes - n_sent),
					 MSG_NOSIGNAL);

			if (n < 0 && (errno != EAGAIN || poll(&waiting, 1, ECHO_WAIT_MS) != 1))
				return;
			n_sent += n > 0 ? n : 0;
		}
}

static void serve(const char *mode, int listening)
{
	int fd;

	while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (strcmp(mode, "hold") == 0)
			continue; /* the end of the process closes them */
		if (strcmp(mode, "echo") == 0)
			echo(fd);
		close(fd);
	}
}

static void crowd(unsigned long n_descriptors, char **command)
{
	for (unsigned long i = 0; i < n_descriptors; i++)
		CHECK(dup(STDIN_FILENO) >= 0, "descriptor %lu of the crowd", i);
	execv(command[0], command);
	CHECK(false, "%s can be run", command[0]);
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "crowd") == 0)
		crowd(strtoul(argv[2], NULL, 10), argv + 3);
	CHECK(argc == 3, "usage: dial_server hold|close|echo PORT");
	uint16_t port = (uint16_t)strtoul(argv[2], NULL, 10);
	struct sockaddr_in any4 = ipv4(NULL, port);
	struct sockaddr_in6 home6 = ipv6("::1", port);
	struct pollfd waiting[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = listener(AF_INET, (struct sockaddr *)&any4, sizeof(any4)),
		 .events = POLLIN},
		{.fd = listener(AF_INET6, (struct sockaddr *)&home6, sizeof(home6)),
		 .events = POLLIN},
	};

	puts("ready");
	fflush(stdout);
	while (poll(waiting, 3, -1) > 0 && waiting[0].revents == 0) {
		serve(argv[1], waiting[1].fd);
		serve(argv[1], waiting[2].fd);
	}
	return EXIT_SUCCESS;
}
