/* SPDX-License-Identifier: MIT */
/*
 * Assumption: after ECONNREFUSED the same socket may connect() again and keeps its port. On a
 * non-blocking socket whose refusal was read from SO_ERROR one connect() in between only says
 * ECONNABORTED and sends nothing. connect(AF_UNSPEC) dissolves a connection, after which a socket
 * with an explicitly bound port keeps it and may connect elsewhere; a second bind() is EINVAL.
 * Relied on by: src/lib/session, which opens a new socket for each dial for this reason.
 */
#include "platform.h"

static void refused_socket_connects_again(void)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT | BLOCKING);

	CHECK(bind_to(fd, "127.0.0.1", 1400) == 0, "1400 is free");
	for (int i = 0; i < 3; i++)
		CHECK(connect_to(fd, "127.0.0.1", 9) == -ECONNREFUSED, "dial %d is refused", i);
	CHECK(port_of(fd) == 1400, "the port is kept");
	CHECK(bind_to(fd, "127.0.0.1", 1401) == -EINVAL, "a second bind() is EINVAL");
	CHECK(connect_to(fd, "127.0.0.1", 2001) == 0, "the next dial connects");
	CHECK(port_of(fd) == 1400, "from the same port");
	close_with_reset(fd);
}

static void non_blocking_socket_says_aborted_first(void)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, "127.0.0.1", 1401) == 0, "1401 is free");
	CHECK(dial(fd, "127.0.0.1", 9) == -ECONNREFUSED, "the dial is refused");
	CHECK(connect_to(fd, "127.0.0.1", 2001) == -ECONNABORTED, "the next is ECONNABORTED");
	CHECK(dial(fd, "127.0.0.1", 2001) == 0, "the one after connects");
	CHECK(port_of(fd) == 1401, "from the same port");
	close_with_reset(fd);
}

static void unspecified_dissolves(void)
{
	struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, "127.0.0.1", 1402) == 0, "1402 is free");
	CHECK(dial(fd, "127.0.0.1", 2001) == 0, "a socket connects");
	CHECK(connect(fd, &unspecified, sizeof(unspecified)) == 0, "AF_UNSPEC dissolves it");
	CHECK(port_of(fd) == 1402, "the bound port is kept");
	CHECK(dial(fd, "127.0.0.1", 2002) == 0, "it connects elsewhere");
	close_with_reset(fd);
}

int main(void)
{
	enter_own_network();
	listener_on(2001, 0);
	listener_on(2002, 0);
	refused_socket_connects_again();
	non_blocking_socket_says_aborted_first();
	unspecified_dissolves();
	return EXIT_SUCCESS;
}
