/* SPDX-License-Identifier: MIT */
/*
 * network: the small internet of one scenario.
 *
 *	host a - [box a] - wire - [box b] - host b
 *	                     |
 *	                  host s
 *
 * Each host and each kernel box is a network namespace, and so is the wire. Host s is there when
 * the scenario has a rendezvous server; it has no box. Other layouts: network_plan.h. Only inside
 * namespace_run().
 */
#ifndef MIDAIR_LAB_NETWORK_H
#define MIDAIR_LAB_NETWORK_H

#include "lab/network_plan.h"

#include <sys/types.h>

struct network_config {
	const struct scenario *scenario;
	uint64_t seed; /* of the wire's losses and of the models' ports */
	enum network_layout layout;
	/* network_plan_add_carrier(); NULL: none */
	const struct nat_behavior *carrier;
	bool is_carrier_squatter;
};

struct network;

/* Returns 0 or -errno; everything is ready to carry packets then. */
int network_new(struct network **network, const struct network_config *config,
		struct lab_reason *reason);
struct network *network_free(struct network *network);

const struct network_plan *network_plan_of(const struct network *network);
struct wire *network_wire(const struct network *network);

/* Descriptors of network namespaces, owned by the network. The box's is -1 where the kernel
 * plays none, the host's for LAB_S where there is no server. */
int network_host_namespace(const struct network *network, enum lab_side side);
int network_box_namespace(const struct network *network, enum lab_side side);
int network_wire_namespace(const struct network *network);

/* With two uplinks: what host a sends to the family's other networks goes out by that interface from
 * now on, LAB_A's or LAB_U's. Returns 0 or -errno. */
int network_lead_out(const struct network *network, enum lab_side by, enum midair_family family,
		     struct lab_reason *reason);

/* The side's box, the kernel's or the wire's, forgets all connections. Returns 0 or -errno. */
int network_restart_box(const struct network *network, enum lab_side side,
			struct lab_reason *reason);

/* The wire's interface toward a side: who opens it with wire_port_open() plays a stranger. */
const char *network_wire_interface(enum lab_side side);

/* The host's own interface toward its box or the wire. */
const char *network_host_interface(enum lab_side side);

#endif
