/* SPDX-License-Identifier: MIT */
#include "os/server_socket.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket.h"

/* Shorter than the idle time of the most forgetful NATs. */
#define KEEPALIVE_IDLE_S     25
#define KEEPALIVE_INTERVAL_S 5
/* Without an answer for so long, to a probe or to data, the connection is over. */
#define SILENCE_MS 20000

static int set_integer(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

int server_socket_open(const struct midair_endpoint *local)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	_cleanup_close_ int fd = socket_open(local);
	int result;

	if (fd < 0)
		return fd;
	result = set_integer(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (result == 0)
		result = set_integer(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	if (result == 0)
		result = set_integer(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	if (result == 0)
		result = set_integer(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS);
	if (result == 0)
		result = set_integer(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (result == 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0)
		result = -errno;
	return result < 0 ? result : take_fd(&fd);
}

void server_socket_to_stream(int fd)
{
	(void)set_integer(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
}
