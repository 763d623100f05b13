/* SPDX-License-Identifier: MIT */
#include "os/dial_socket.h"

/* Not netinet/tcp.h, as in socket.c. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/endpoint.h"
#include "os/cleanup.h"
#include "os/socket.h"
#include "os/socket_option.h"

/* Linux 6.3; absent from Debian 12's headers. IPv6 sockets take it, too. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int domain_of(uint8_t family)
{
	return family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
}

int dial_socket_open(uint8_t family, bool is_shared)
{
	_cleanup_close_ int fd = socket(
		domain_of(family), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result = 0;

	if (fd < 0)
		return -errno;
	if (is_shared)
		result = socket_option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return result < 0 ? result : take_fd(&fd);
}

int dial_socket_pin(int fd, uint16_t port)
{
	uint32_t range = (uint32_t)port << 16 | port;

	return setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)) < 0
		       ? -errno
		       : 0;
}

int dial_socket_bind_address(int fd, const struct midair_endpoint *local)
{
	struct midair_endpoint without_port = *local;
	int result = socket_option_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

	without_port.port = 0;
	return result < 0 ? result : socket_option_bind(fd, &without_port);
}

int dial_socket_bind(int fd, const struct midair_endpoint *local)
{
	int result = 0;

	/* Only the address "any" takes IPv4's side of the port as well. */
	if (local->family == MIDAIR_IPV6 && endpoint_is_unspecified(local))
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return result < 0 ? result : socket_option_bind(fd, local);
}

void dial_socket_abort(int fd)
{
	const struct sockaddr unspecified = {.sa_family = AF_UNSPEC};

	/* Of an established connection this sends RST; there is nothing that could fail. */
	(void)connect(fd, &unspecified, sizeof(unspecified));
}

int dial_socket_source(const struct midair_endpoint *remote, struct midair_endpoint *source)
{
	/* UDP: connect() looks up the route and sends nothing. */
	_cleanup_close_ int fd =
		socket(domain_of(remote->family), SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);
	int result;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, length) < 0)
		return -errno;
	result = socket_local(fd, source);
	source->port = 0;
	return result;
}

int dial_socket_probe_pin(void)
{
	uint32_t range;
	socklen_t length = sizeof(range);
	_cleanup_close_ int fd = dial_socket_open(MIDAIR_IPV4, false);

	if (fd < 0)
		return fd;
	return getsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, &length) < 0 ? -errno
										    : 0;
}
