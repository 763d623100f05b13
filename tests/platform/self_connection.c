/* SPDX-License-Identifier: MIT */
/*
 * Assumption: a socket that is bound to an endpoint and connects to it is ESTABLISHED with
 * itself, on IPv4 and IPv6, and reads what it writes. The port may then be joined by sockets
 * with SO_REUSEPORT. After shutdown() it reads end of file and leaves a TIME_WAIT; after
 * SO_LINGER {1, 0} and close() it leaves nothing. A TIME_WAIT does not keep a SO_REUSEPORT
 * socket from doing it again at once.
 * Relied on by: src/lib/self.c, the tour's third scene.
 */
#include <poll.h>

#include "os/diag.h"
#include "platform.h"

static const struct midair_endpoint home = {
	.address = {127, 0, 0, 1}, .port = 1314, .family = MIDAIR_IPV4};

static int connect_to_itself(void)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT);
	int result = bind_to(fd, "127.0.0.1", 1314);

	CHECK(result == 0, "1314 can be bound (%s)", strerror(-result));
	result = dial(fd, "127.0.0.1", 1314);
	CHECK(result == 0, "it connects to itself (%s)", strerror(-result));
	return fd;
}

static void wait_readable(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "something can be read");
}

static void reads_what_it_writes(int fd)
{
	char answer[32] = "";

	CHECK(send(fd, "I love you.", 11, MSG_NOSIGNAL) == 11, "it writes");
	wait_readable(fd);
	CHECK(recv(fd, answer, sizeof(answer), 0) == 11, "it reads as much");
	CHECK(strcmp(answer, "I love you.") == 0, "it reads what it wrote");
}

static void works_on_ipv6(void)
{
	struct sockaddr_in6 local = ipv6("::1", 1314);
	int fd = tcp_socket(AF_INET6, REUSE_PORT);

	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) != 0) {
		puts("no IPv6 here");
		close(fd);
		return;
	}
	int result = connect(fd, (struct sockaddr *)&local, sizeof(local));
	CHECK(result == 0 || errno == EINPROGRESS, "IPv6 dials itself");
	CHECK(dial_outcome(fd, 1000) == 0, "IPv6 connects to itself");
	reads_what_it_writes(fd);
	close_with_reset(fd);
}

int main(void)
{
	struct midair_row row;
	char byte;

	enter_own_network();
	int fd = connect_to_itself();
	reads_what_it_writes(fd);
	CHECK(diag_find(&home, &home, &row) == 0 && row.state == MIDAIR_TCP_ESTABLISHED,
	      "one row shows it");
	close_with_reset(fd);
	CHECK(diag_find(&home, &home, &row) == -ENOENT, "a reset leaves nothing");

	fd = connect_to_itself();
	CHECK(shutdown(fd, SHUT_WR) == 0, "its sending side can be shut down");
	wait_readable(fd);
	CHECK(recv(fd, &byte, 1, 0) == 0, "it reads end of file");
	close(fd);
	row = await_row(1314, 1314, MIDAIR_TCP_TIME_WAIT);
	CHECK(row.inode == 0, "the TIME_WAIT belongs to nobody");
	close_with_reset(connect_to_itself());
	works_on_ipv6();
	return EXIT_SUCCESS;
}
