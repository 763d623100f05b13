/* SPDX-License-Identifier: MIT */
/* sockaddr: endpoints from and to what the socket calls take. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "midair/midair.h"

static void from_ipv6(struct midair_endpoint *endpoint, const struct sockaddr_in6 *address)
{
	*endpoint = (struct midair_endpoint){.port = ntohs(address->sin6_port)};
	if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr)) {
		endpoint->family = MIDAIR_IPV4;
		memcpy(endpoint->address, address->sin6_addr.s6_addr + 12, 4);
		return;
	}
	endpoint->family = MIDAIR_IPV6;
	endpoint->scope_id = address->sin6_scope_id;
	memcpy(endpoint->address, address->sin6_addr.s6_addr, 16);
}

int midair_endpoint_from_sockaddr(struct midair_endpoint *endpoint,
				  const struct sockaddr *address, size_t length)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (length >= sizeof(in) && address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		*endpoint = (struct midair_endpoint){
			.family = MIDAIR_IPV4,
			.port = ntohs(in.sin_port),
		};
		memcpy(endpoint->address, &in.sin_addr, 4);
		return 0;
	}
	if (length >= sizeof(in6) && address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		from_ipv6(endpoint, &in6);
		return 0;
	}
	return MIDAIR_E_UNSUPPORTED;
}

size_t midair_endpoint_to_sockaddr(const struct midair_endpoint *endpoint,
				   struct sockaddr_storage *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(endpoint->port),
		.sin6_scope_id = endpoint->scope_id,
	};

	memset(address, 0, sizeof(*address));
	if (endpoint->family == MIDAIR_IPV4) {
		memcpy(&in.sin_addr, endpoint->address, 4);
		memcpy(address, &in, sizeof(in));
		return sizeof(in);
	}
	if (endpoint->family == MIDAIR_IPV6) {
		memcpy(&in6.sin6_addr, endpoint->address, 16);
		memcpy(address, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}
