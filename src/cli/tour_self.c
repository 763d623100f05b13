/* SPDX-License-Identifier: MIT */
/* Scene 3: a socket connected to itself. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/tour.h"
#include "cli/tour_page.h"
#include "midair/midair.h"

#define SELF_PORT  1314
#define MESSAGE	   "I love you."
#define TIMEOUT_MS 2000

static int connect_self(struct midair_endpoint *local, int *fd)
{
	int result;

	midair_endpoint_parse(local, "127.0.0.1:1314");
	result = midair_self_connect(local, fd);
	if (result == MIDAIR_E_PORT_IN_USE) {
		printf("  (port %u is in use on this machine: another one serves as well)\n",
		       SELF_PORT);
		local->port = 0;
		result = midair_self_connect(local, fd);
	}
	return result;
}

static void find_port(int fd, struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		midair_endpoint_from_sockaddr(local, (struct sockaddr *)&address, length);
}

/* True when the socket read what it wrote. */
static bool talk_to_self(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	char received[sizeof(MESSAGE)] = "";
	ssize_t n;

	if (send(fd, MESSAGE, strlen(MESSAGE), MSG_NOSIGNAL) != (ssize_t)strlen(MESSAGE))
		return false;
	if (poll(&readable, 1, TIMEOUT_MS) != 1)
		return false;
	n = recv(fd, received, sizeof(received) - 1, 0);
	page_step("", "the socket wrote \"%s\" and read \"%.*s\"", MESSAGE, n > 0 ? (int)n : 0,
		  received);
	return n > 0 && strcmp(received, MESSAGE) == 0;
}

static void close_quietly(int fd)
{
	/* RST instead of FIN: a self-connection that closes leaves TIME_WAIT on its own port. */
	struct linger linger = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

int tour_self(void)
{
	struct midair_endpoint local;
	struct midair_row rows[2];
	bool is_as_announced;
	size_t n_rows;
	int fd = -1;
	int result;

	page_title("3. A socket connected to itself");
	result = connect_self(&local, &fd);
	if (result != 0) {
		page_step(midair_strerror(result), "one socket, bind and connect to one port");
		return EXIT_NO_CONNECTION;
	}
	find_port(fd, &local);
	page_step("ok", "one socket: bind 127.0.0.1:%u, connect 127.0.0.1:%u", local.port,
		  local.port);
	is_as_announced = talk_to_self(fd);
	n_rows = page_find_rows(local.port, rows, 2);
	page_rows(rows, n_rows);
	close_quietly(fd);
	page_text(
		"Why: this is scene 2 with one person. The socket's SYN comes back to the socket "
		"itself, which is in SYN-SENT and meets a SYN from the address it is calling: a "
		"simultaneous open (RFC 9293, 3.5, figure 7). Source and destination are one, so "
		"there is one row, and what is written is read. Nobody listened at any time.");
	page_text(
		"It also happens by accident: a client that calls a dead port on its own machine again "
		"and again will one day be given that very port as its own, and believe that the "
		"server is back.");
	return is_as_announced && n_rows == 1 ? EXIT_DONE : EXIT_NO_CONNECTION;
}
