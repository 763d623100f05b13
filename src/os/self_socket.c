/* SPDX-License-Identifier: MIT */
#include "os/self_socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

int self_socket_remote(int fd, struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	if (midair_endpoint_from_sockaddr(remote, (const struct sockaddr *)&address, length) !=
	    0)
		return -EAFNOSUPPORT;
	return 0;
}

int self_socket_wait(int fd, int timeout_ms)
{
	struct pollfd waiting = {.fd = fd, .events = POLLOUT};
	int n_ready = poll(&waiting, 1, timeout_ms);

	if (n_ready < 0)
		return -errno;
	return n_ready == 0 ? -ETIMEDOUT : 0;
}

int self_socket_reset_on_close(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0 ? -errno : 0;
}
