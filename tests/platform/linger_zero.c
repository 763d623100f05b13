/* SPDX-License-Identifier: MIT */
/*
 * Assumption: close() of a connected socket with SO_LINGER {1, 0} sends RST and leaves no
 * TIME_WAIT; close() of the side that ends first without it leaves one, whose row has inode 0.
 * Relied on by: socket_close_reset() in src/os/socket.c, src/lib/self.c.
 */
#include <poll.h>

#include "os/diag.h"
#include "platform.h"

static const struct midair_endpoint client = {
	.address = {127, 0, 0, 1}, .port = 1500, .family = MIDAIR_IPV4};
static const struct midair_endpoint server = {
	.address = {127, 0, 0, 1}, .port = 2001, .family = MIDAIR_IPV4};

static int wait_readable(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	return poll(&waiting, 1, 1000);
}

static void open_pair(int listener, int *dialled, int *accepted)
{
	*dialled = tcp_socket(AF_INET, REUSE_PORT);
	CHECK(bind_to(*dialled, "127.0.0.1", 1500) == 0, "1500 can be bound");
	CHECK(dial(*dialled, "127.0.0.1", 2001) == 0, "it connects");
	CHECK(wait_readable(listener) == 1, "it can be accepted");
	*accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(*accepted >= 0, "it is accepted");
}

int main(void)
{
	int dialled, accepted;
	struct midair_row row;
	char byte;

	enter_own_network();
	int listener = listener_on(2001, 0);

	open_pair(listener, &dialled, &accepted);
	close_with_reset(dialled);
	CHECK(wait_readable(accepted) == 1, "the far side hears of it");
	CHECK(recv(accepted, &byte, 1, 0) == -1 && errno == ECONNRESET, "by a RST");
	CHECK(diag_find(&client, &server, &row) == -ENOENT, "no TIME_WAIT is left");
	close(accepted);

	open_pair(listener, &dialled, &accepted);
	close(dialled);
	CHECK(wait_readable(accepted) == 1 && recv(accepted, &byte, 1, 0) == 0,
	      "the far side reads end of file");
	close(accepted);
	row = await_row(1500, 2001, MIDAIR_TCP_TIME_WAIT);
	CHECK(row.inode == 0, "the TIME_WAIT belongs to no file");
	return EXIT_SUCCESS;
}
