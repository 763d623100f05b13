/* SPDX-License-Identifier: MIT */
/* wire_route: at which end of the wire a packet comes out. Pure. */
#ifndef MIDAIR_LAB_WIRE_ROUTE_H
#define MIDAIR_LAB_WIRE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

/* Ends of one wire. */
#define WIRE_ENDS_MAX 4
/* Addresses that one end owns. */
#define WIRE_ADDRESSES_MAX 8

#define WIRE_NO_END WIRE_ENDS_MAX

struct wire_addresses {
	size_t n_addresses;
	struct midair_endpoint addresses[WIRE_ADDRESSES_MAX]; /* their ports mean nothing */
};

struct wire_routes {
	size_t n_ends;
	struct wire_addresses ends[WIRE_ENDS_MAX];
};

/* Adds one; family NONE adds nothing. False when there is no room. */
bool wire_addresses_add(struct wire_addresses *to, const struct midair_endpoint *address);

/* Whether the IP packet's destination is one of these. */
bool wire_addresses_own(const struct wire_addresses *addresses, const uint8_t *packet,
			size_t n_bytes);

/* The end that owns the IP packet's destination, or WIRE_NO_END. Two ends are a cable: whatever
 * goes in at one comes out at the other. */
size_t wire_route(const struct wire_routes *routes, size_t from, const uint8_t *packet,
		  size_t n_bytes);

#endif
