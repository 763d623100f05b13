/* SPDX-License-Identifier: MIT */
#include "os/port_trial.h"

#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "os/cleanup.h"
#include "os/socket.h"
#include "os/socket_option.h"

/* Linux 6.3; absent from Debian 12's headers. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int domain_of(const struct midair_endpoint *endpoint)
{
	return endpoint->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
}

static int connect_to(int fd, const struct midair_endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(endpoint, &address);

	return connect(fd, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

/* UDP sends to groups, TCP does not. */
static bool is_group(const struct midair_endpoint *endpoint)
{
	if (endpoint->family == MIDAIR_IPV4)
		return (endpoint->address[0] & 0xf0) == 0xe0;
	return endpoint->address[0] == 0xff;
}

static int find_route(int fd, const struct midair_endpoint *remote, struct port_way *way)
{
	uint16_t port = way->source.port;
	int result = is_group(remote) ? -ENETUNREACH : connect_to(fd, remote);

	/* A broadcast address: EACCES for UDP, no route for TCP. */
	way->route_result = result == -EACCES ? -ENETUNREACH : result;
	if (way->route_result != 0)
		return 0;
	result = socket_local(fd, &way->source);
	way->source.port = port;
	return result;
}

int port_trial_way(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		   struct port_way *way)
{
	struct midair_endpoint address = *local;
	_cleanup_close_ int fd = socket(domain_of(local),
					SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

	*way = (struct port_way){.source = *local};
	if (fd < 0)
		return -errno;
	address.port = 0;
	way->address_result = socket_option_bind(fd, &address);
	if (way->address_result != 0 || remote == NULL)
		return 0;
	return find_route(fd, remote, way);
}

bool port_trial_is_privileged(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return geteuid() == 0;
	return (data[0].effective & (1u << CAP_NET_BIND_SERVICE)) != 0;
}

static int set_options(int fd, const struct midair_endpoint *local, uint32_t flags)
{
	uint32_t pinned = (uint32_t)local->port << 16 | local->port;
	int result = 0;

	if ((flags & MIDAIR_WHY_REUSEADDR) != 0)
		result = socket_option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (result == 0 && (flags & MIDAIR_WHY_REUSEPORT) != 0)
		result = socket_option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (result == 0 && (flags & MIDAIR_WHY_IPV6_ONLY) != 0 && local->family == MIDAIR_IPV6)
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (result == 0 && (flags & MIDAIR_WHY_PIN) != 0)
		result = socket_option_set(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, (int)pinned);
	return result;
}

/* A connect() chooses its port itself unless bind() has one. */
static int bind_before_connect(int fd, const struct midair_endpoint *local, uint32_t flags)
{
	struct midair_endpoint address = *local;

	if ((flags & MIDAIR_WHY_PIN) != 0)
		address.port = 0;
	if (address.port == 0) {
		int result = socket_option_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

		if (result != 0)
			return result;
	}
	return socket_option_bind(fd, &address);
}

static int dial(int fd, const struct midair_endpoint *local,
		const struct midair_endpoint *remote, uint32_t flags)
{
	int result = bind_before_connect(fd, local, flags);

	if (result == 0)
		result = connect_to(fd, remote);
	/* On the loopback interface the peer's RST is there before connect() returns. */
	return result == -EINPROGRESS || result == -ECONNREFUSED ? 0 : result;
}

int port_trial_call(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		    uint32_t flags, uint16_t *port)
{
	struct midair_endpoint used;
	int fd = socket(domain_of(local), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_TCP);

	if (fd < 0)
		return -errno;
	int result = set_options(fd, local, flags);

	if (result == 0)
		result = remote == NULL ? socket_option_bind(fd, local)
					: dial(fd, local, remote, flags);
	if (result == 0 && socket_local(fd, &used) == 0)
		*port = used.port;
	socket_close_reset(fd);
	return result;
}
