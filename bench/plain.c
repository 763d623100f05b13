/* SPDX-License-Identifier: MIT */
#include "bench/plain.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "os/cleanup.h"

int plain_bound(uint16_t port)
{
	const struct midair_endpoint local = {.family = MIDAIR_IPV4, .port = port};
	const int on = 1;
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(&local, &address);
	_cleanup_close_ int fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, length) < 0)
		return -errno;
	return take_fd(&fd);
}

int plain_dial(int fd, const struct midair_endpoint *peer)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(peer, &address);

	if (connect(fd, (const struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS)
		return 0;
	return -errno;
}

int plain_wait(int fd, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&ready, 1, timeout_ms) < 1)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}
