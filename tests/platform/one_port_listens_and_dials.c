/* SPDX-License-Identifier: MIT */
/*
 * Assumption: one port can at once listen, hold outbound connections, an inbound one and a
 * self-connection, when all its sockets have SO_REUSEPORT.
 * Relied on by: the catching listener of src/lib/session (it shares the port with the dials).
 */
#include <poll.h>

#include "platform.h"

static int open_on_port(uint16_t port)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT);
	int result = bind_to(fd, "127.0.0.1", port);

	CHECK(result == 0, "port %u can be shared (%s)", port, strerror(-result));
	return fd;
}

static int accept_one(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "a connection arrives at the listener");
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int main(void)
{
	enter_own_network();
	listener_on(2001, 0);
	listener_on(2002, 0);

	int listener = listener_on(1314, REUSE_PORT);
	int dial_1 = open_on_port(1314);
	int dial_2 = open_on_port(1314);
	int self = open_on_port(1314);
	int visitor = tcp_socket(AF_INET, 0);
	CHECK(dial(dial_1, "127.0.0.1", 2001) == 0, "the listener's port dials out");
	CHECK(dial(dial_2, "127.0.0.1", 2002) == 0, "and once more");
	CHECK(dial(self, "127.0.0.1", 1314) == 0, "the port connects to itself");
	CHECK(dial(visitor, "127.0.0.1", 1314) == 0, "a visitor connects to the port");

	int accepted = accept_one(listener);
	CHECK(accepted >= 0, "the visitor is accepted");
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	CHECK(getpeername(accepted, (struct sockaddr *)&from, &length) == 0, "it has a name");
	CHECK(ntohs(from.sin_port) == port_of(visitor),
	      "it is the visitor, not the self-connection's SYN");
	CHECK(accept4(listener, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EAGAIN,
	      "nothing else waits");
	return EXIT_SUCCESS;
}
