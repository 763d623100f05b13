/* SPDX-License-Identifier: MIT */
#include "os/portmap_search.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/upnp.h"
#include "os/cleanup.h"

/* UPnP Device Architecture 1.1, 1.3.2. */
#define MULTICAST_HOPS 2

static const struct midair_endpoint group = {
	.family = MIDAIR_IPV4,
	.address = {239, 255, 255, 250},
	.port = UPNP_SEARCH_PORT,
};

int portmap_search_open(const struct midair_endpoint *local)
{
	_cleanup_close_ int fd =
		socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	struct sockaddr_in address = {.sin_family = AF_INET};
	const int hops = MULTICAST_HOPS;

	if (fd < 0)
		return -errno;
	memcpy(&address.sin_addr, local->address, sizeof(address.sin_addr));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &address.sin_addr,
		       sizeof(address.sin_addr)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops)) < 0)
		return -errno;
	return take_fd(&fd);
}

static void send_to(int fd, const struct midair_endpoint *remote, const char *text, size_t size)
{
	struct sockaddr_storage address;
	size_t n_address = midair_endpoint_to_sockaddr(remote, &address);

	(void)sendto(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL,
		     (const struct sockaddr *)&address, (socklen_t)n_address);
}

void portmap_search_send(int fd, const struct midair_endpoint *gateway)
{
	struct midair_endpoint alone = *gateway;

	alone.port = UPNP_SEARCH_PORT;
	for (unsigned int i = 0; i < UPNP_N_TARGETS; i++) {
		char text[UPNP_SEARCH_SIZE];
		size_t size = upnp_search(i, text);

		send_to(fd, &group, text, size);
		send_to(fd, &alone, text, size);
	}
}

ssize_t portmap_search_receive(int fd, char bytes[PORTMAP_SEARCH_ANSWER_SIZE],
			       struct midair_endpoint *from)
{
	struct sockaddr_storage address;
	socklen_t n_address = sizeof(address);
	ssize_t n = recvfrom(fd, bytes, PORTMAP_SEARCH_ANSWER_SIZE, MSG_DONTWAIT,
			     (struct sockaddr *)&address, &n_address);

	if (n < 0)
		return -errno;
	return midair_endpoint_from_sockaddr(from, (const struct sockaddr *)&address,
					     n_address) == 0
		       ? n
		       : -EAFNOSUPPORT;
}
