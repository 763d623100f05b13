/* SPDX-License-Identifier: MIT */
#include "os/socket_option.h"

#include <errno.h>
#include <sys/socket.h>

int socket_option_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

int socket_option_bind(int fd, const struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(local, &address);

	return bind(fd, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
}
