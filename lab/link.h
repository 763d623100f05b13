/* SPDX-License-Identifier: MIT */
/*
 * link: network interfaces by rtnetlink.
 *
 * Every interface that carries the lab's packets has the same MAC address and no ARP: whatever is
 * sent is addressed to that one address, so there are no neighbours to find, and no packet but
 * the scenario's own ever runs.
 */
#ifndef MIDAIR_LAB_LINK_H
#define MIDAIR_LAB_LINK_H

#include <stdint.h>

#include "lab/reason.h"
#include "midair/midair.h"

struct link_end {
	int namespace_fd;
	const char *name;
	uint8_t mac[6];
};

/* The address of all the interfaces of hosts and boxes, and the one of the wire's own ends:
 * different, so that the wire's kernel sees every packet as somebody else's. */
extern const uint8_t link_host_mac[6];
extern const uint8_t link_wire_mac[6];

/* A veth pair with one end in each namespace. Returns 0 or -errno. */
int link_pair_new(const struct link_end *one, const struct link_end *other,
		  struct lab_reason *reason);

/* The rest works on the calling thread's network namespace. */

#define LINK_NO_ARP (1u << 0)

int link_up(const char *name, unsigned int flags, struct lab_reason *reason);

/* Makes the kernel finish what link_up() began: the carrier of a pair's first end is noticed
 * late, and until then its packets are dropped. */
int link_wait_carrier(const char *name, struct lab_reason *reason);

/* Segmentation, coalescing and checksum offloads off: what is on the wire is what a network
 * card would send. */
int link_offloads_off(const char *name, struct lab_reason *reason);

/* Adds the address with its prefix; no duplicate address detection. */
int link_add_address(const char *name, const struct midair_endpoint *address, uint8_t prefix,
		     struct lab_reason *reason);

/* The default route by way of a gateway, which is on the interface's link whatever the addresses
 * say. */
int link_add_gateway(const char *name, const struct midair_endpoint *gateway,
		     struct lab_reason *reason);

/* A route to the destination's prefix (0: default) straight out of the interface. */
int link_add_route(const char *name, const struct midair_endpoint *destination, uint8_t prefix,
		   struct lab_reason *reason);

/* The same, instead of the one that is there. */
int link_change_route(const char *name, const struct midair_endpoint *destination,
		      uint8_t prefix, struct lab_reason *reason);

#endif
