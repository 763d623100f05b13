/* SPDX-License-Identifier: MIT */
#include "bench/ports/ways.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "bench/ports/world.h"
#include "os/cleanup.h"

/* Linux 6.3; absent from Debian 12's headers. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#define PATIENCE_MS 5000

static int switch_on(int fd, int option)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int set_options(enum way way, int fd)
{
	int result = 0;

	if (way == WAY_ADDRESS || way == WAY_BOTH)
		result = switch_on(fd, SO_REUSEADDR);
	if (result == 0 && (way == WAY_PORT || way == WAY_BOTH))
		result = switch_on(fd, SO_REUSEPORT);
	return result;
}

static int claim(enum way way, int fd, uint16_t port)
{
	struct sockaddr_in local = world_address(INADDR_LOOPBACK, port);
	uint32_t range = (uint32_t)port << 16 | port;

	if (way == WAY_KERNEL)
		return 0;
	if (way == WAY_PIN)
		return setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)) <
				       0
			       ? -errno
			       : 0;
	return bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0 ? -errno : 0;
}

int way_open(enum way way, uint16_t port, int64_t *bind_ns)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int result = fd < 0 ? -errno : set_options(way, fd);

	if (result != 0)
		return result;
	int64_t begin_ns = world_now_ns();
	result = claim(way, fd, port);
	if (bind_ns != NULL)
		*bind_ns = world_now_ns() - begin_ns;
	return result != 0 ? result : take_fd(&fd);
}

int way_dial(enum way way, uint16_t port, const struct sockaddr_in *remote)
{
	_cleanup_close_ int fd = way_open(way, port, NULL);

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)remote, sizeof(*remote)) < 0)
		return -errno;
	return take_fd(&fd);
}

int way_finish(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};
	int result = midair_dial_finish(fd);

	if (result != -EINPROGRESS)
		return result;
	return poll(&one, 1, PATIENCE_MS) == 1 ? midair_dial_finish(fd) : -ETIMEDOUT;
}

void way_reset_at_close(int fd)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

uint16_t way_local_port(int fd)
{
	struct sockaddr_in local = {.sin_family = AF_INET};
	socklen_t length = sizeof(local);

	return getsockname(fd, (struct sockaddr *)&local, &length) < 0 ? 0
								       : ntohs(local.sin_port);
}

struct midair_endpoint way_endpoint(const struct sockaddr_in *address)
{
	struct midair_endpoint endpoint = {.family = MIDAIR_FAMILY_NONE};

	(void)midair_endpoint_from_sockaddr(&endpoint, (const struct sockaddr *)address,
					    sizeof(*address));
	return endpoint;
}
