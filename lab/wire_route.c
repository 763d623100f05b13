/* SPDX-License-Identifier: MIT */
#include "lab/wire_route.h"

#include <string.h>

/* RFC 791 3.1, RFC 8200 3. */
#define IPV4_HEADER_BYTES	20
#define IPV4_DESTINATION_OFFSET 16
#define IPV6_HEADER_BYTES	40
#define IPV6_DESTINATION_OFFSET 24

struct destination {
	enum midair_family family;
	const uint8_t *address;
	size_t n_bytes;
};

bool wire_addresses_add(struct wire_addresses *to, const struct midair_endpoint *address)
{
	if (address->family == MIDAIR_FAMILY_NONE)
		return true;
	if (to->n_addresses == WIRE_ADDRESSES_MAX)
		return false;
	to->addresses[to->n_addresses++] = *address;
	return true;
}

/* False for what is no whole header. */
static bool find_destination(struct destination *destination, const uint8_t *packet,
			     size_t n_bytes)
{
	uint8_t version = n_bytes > 0 ? packet[0] >> 4 : 0;

	if (version == 4 && n_bytes >= IPV4_HEADER_BYTES) {
		*destination =
			(struct destination){MIDAIR_IPV4, packet + IPV4_DESTINATION_OFFSET, 4};
		return true;
	}
	if (version == 6 && n_bytes >= IPV6_HEADER_BYTES) {
		*destination =
			(struct destination){MIDAIR_IPV6, packet + IPV6_DESTINATION_OFFSET, 16};
		return true;
	}
	return false;
}

static bool owns(const struct wire_addresses *end, const struct destination *destination)
{
	for (size_t i = 0; i < end->n_addresses; i++) {
		const struct midair_endpoint *address = &end->addresses[i];

		if (address->family == destination->family &&
		    memcmp(address->address, destination->address, destination->n_bytes) == 0)
			return true;
	}
	return false;
}

bool wire_addresses_own(const struct wire_addresses *addresses, const uint8_t *packet,
			size_t n_bytes)
{
	struct destination destination;

	return find_destination(&destination, packet, n_bytes) && owns(addresses, &destination);
}

size_t wire_route(const struct wire_routes *routes, size_t from, const uint8_t *packet,
		  size_t n_bytes)
{
	struct destination destination;

	if (routes->n_ends == 2)
		return 1 - from;
	if (!find_destination(&destination, packet, n_bytes))
		return WIRE_NO_END;
	for (size_t i = 0; i < routes->n_ends; i++)
		if (i != from && owns(&routes->ends[i], &destination))
			return i;
	return WIRE_NO_END;
}
