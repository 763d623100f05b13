/* SPDX-License-Identifier: MIT */
/*
 * Assumption: sockets with SO_REUSEPORT share one local address and port, and connect to
 * different servers. A second connect() on a connected socket is EISCONN (a non-blocking socket
 * that was EINPROGRESS says 0 once before that). The same pair of endpoints again: bind()
 * succeeds, connect() is EADDRNOTAVAIL, and the loser may still connect elsewhere from its port.
 * Relied on by: the tour's first scene; src/os/socket.c (all sockets of a session share a port).
 */
#include "platform.h"

static int open_shared(uint16_t port)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT);
	int result = bind_to(fd, "127.0.0.1", port);

	CHECK(result == 0, "a sharing socket binds port %u (%s)", port, strerror(-result));
	return fd;
}

int main(void)
{
	enter_own_network();
	listener_on(2001, 0);
	listener_on(2002, 0);
	listener_on(2003, 0);

	int first = open_shared(12345);
	int second = open_shared(12345);
	CHECK(dial(first, "127.0.0.1", 2001) == 0, "the first connects");
	CHECK(dial(second, "127.0.0.1", 2002) == 0, "the second connects to another server");
	CHECK(port_of(first) == 12345 && port_of(second) == 12345, "both have port 12345");

	CHECK(connect_to(first, "127.0.0.1", 2003) == 0,
	      "connect() reports the first dial once");
	CHECK(connect_to(first, "127.0.0.1", 2003) == -EISCONN, "then it is EISCONN");
	struct sockaddr_in remote;
	socklen_t length = sizeof(remote);
	CHECK(getpeername(first, (struct sockaddr *)&remote, &length) == 0, "it has a peer");
	CHECK(ntohs(remote.sin_port) == 2001, "the first server, as before");

	int third = open_shared(12345);
	CHECK(dial(third, "127.0.0.1", 2001) == -EADDRNOTAVAIL,
	      "the same pair again is EADDRNOTAVAIL");
	CHECK(dial(third, "127.0.0.1", 2003) == 0, "the loser connects elsewhere");
	CHECK(port_of(third) == 12345, "and keeps its port");
	return EXIT_SUCCESS;
}
