/* SPDX-License-Identifier: MIT */
#include "os/stream_socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

ssize_t stream_socket_receive(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, buffer, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t stream_socket_send(int fd, const void *data, size_t size)
{
	ssize_t n;

	do
		n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int stream_socket_no_delay(int fd)
{
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == ENOPROTOOPT ? 0 : -errno;
}

/* An error is told only once, perhaps to somebody else; a closed socket stays closed. */
static bool is_closed(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	       info.tcpi_state == TCP_CLOSE;
}

int stream_socket_is_acknowledged(int fd)
{
	int error = 0;
	int n_waiting = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error != 0)
		return -error;
	/* On TCP the FIN counts as one byte until it is acknowledged. */
	if (ioctl(fd, SIOCOUTQ, &n_waiting) < 0)
		return -errno;
	if (n_waiting > 0 && is_closed(fd))
		return -ECONNRESET;
	return n_waiting == 0;
}
