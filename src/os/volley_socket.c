/* SPDX-License-Identifier: MIT */
#include "os/volley_socket.h"

/* Not netinet/tcp.h: the same numbers as in os/socket.c. */
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket_option.h"

/* Linux 6.15; absent from Debian 12's headers. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

/* A NAT with a short memory (5 s have been seen) is reminded; thousands of SYNs are not repeated
 * for as long as the attempt lasts. */
#define SYN_INTERVAL_MAX_MS 2000
#define SYN_RETRIES	    2
/* Descriptors that stay free for whatever else the program does. */
#define SPARE_DESCRIPTORS 64u

int volley_socket_dial(const struct midair_endpoint *local,
		       const struct midair_endpoint *remote)
{
	bool is_ipv6 = local->family == MIDAIR_IPV6;
	_cleanup_close_ int fd =
		socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       IPPROTO_TCP);
	struct sockaddr_storage address;
	socklen_t length;
	int result;

	if (fd < 0)
		return -errno;
	result = socket_option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (result == 0 && is_ipv6)
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (result == 0)
		result = socket_option_set(fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES);
	/* Older kernels double the pause instead: 0, 1, 3 s. */
	if (result == 0)
		socket_option_set(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, SYN_INTERVAL_MAX_MS);
	if (result == 0)
		result = socket_option_bind(fd, local);
	if (result < 0)
		return result;
	length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);
	if (connect(fd, (const struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}

uint32_t volley_socket_room(void)
{
	/* The lowest free number: about as many are open. */
	_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit;
	uint64_t used;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	used = (uint64_t)fd + SPARE_DESCRIPTORS;
	if (limit.rlim_cur <= used)
		return 0;
	return limit.rlim_cur - used < UINT32_MAX ? (uint32_t)(limit.rlim_cur - used)
						  : UINT32_MAX;
}
