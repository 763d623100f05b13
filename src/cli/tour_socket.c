/* SPDX-License-Identifier: MIT */
#include "cli/tour_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int bind_to(int fd, uint16_t port)
{
	struct sockaddr_in address = loopback(port);

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int tour_socket_bound(uint16_t port)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int result;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	result = bind_to(fd, port);
	if (result < 0)
		close(fd);
	return result < 0 ? result : fd;
}

int tour_socket_connect(int fd, uint16_t port)
{
	struct sockaddr_in address = loopback(port);

	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int tour_socket_listener(uint16_t *port)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	/* Not SO_REUSEPORT: a listener must not take part of somebody else's connections. */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -errno;
	if (bind_to(fd, *port) < 0 && bind_to(fd, 0) < 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		close(fd);
		return -EADDRINUSE;
	}
	*port = ntohs(address.sin_port);
	return fd;
}
