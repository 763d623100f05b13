/* SPDX-License-Identifier: MIT */
#include "os/server_socket.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket.h"
#include "os/socket_option.h"

/* Shorter than the idle time of the most forgetful NATs: the peer that comes while the mapping is
 * lost cannot be told to us, and the code is spent. (Some 50 bytes each way.) */
#define KEEPALIVE_IDLE_S     4
#define KEEPALIVE_INTERVAL_S 4
/* Without an answer for so long, to a probe or to data, the connection is over. */
#define SILENCE_MS 20000

int server_socket_open(const struct midair_endpoint *local)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	_cleanup_close_ int fd = socket_open(local);
	int result;

	if (fd < 0)
		return fd;
	result = socket_option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (result == 0)
		result = socket_option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	if (result == 0)
		result =
			socket_option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	if (result == 0)
		result = socket_option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS);
	if (result == 0)
		result = socket_option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (result == 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0)
		result = -errno;
	return result < 0 ? result : take_fd(&fd);
}

void server_socket_to_stream(int fd)
{
	(void)socket_option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
}
