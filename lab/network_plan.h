/* SPDX-License-Identifier: MIT */
/* network_plan: where the boxes of a scenario run, and who has which address. Pure. */
#ifndef MIDAIR_LAB_NETWORK_PLAN_H
#define MIDAIR_LAB_NETWORK_PLAN_H

#include "core/scenario.h"
#include "lab/wire.h"

/* What the words of a scenario cannot say. The others need a scenario with a server. */
enum network_layout {
	NETWORK_APART = 0, /* each side has a box of its own, or none */
	/* Both hosts are in the network behind side a's box. */
	NETWORK_ONE_BOX,
	NETWORK_ONE_BOX_ISOLATED, /* and do not reach each other in it, as guests of a WLAN */
	/* Host a has a second interface, to a box like its first one and from there to the internet.
	 * Nothing is routed that way before network_lead_out(). */
	NETWORK_TWO_UPLINKS,
};

enum box_place {
	BOX_NONE,   /* the host is on the link itself */
	BOX_KERNEL, /* nftables and conntrack in a network namespace of its own */
	BOX_MODEL,  /* the wire plays it (core/nat.h) */
};

/* "none", "kernel", "model". Static storage. */
const char *box_place_name(enum box_place place);

/* The kernel's box where its conntrack behaves so, the model otherwise. */
enum box_place box_place_of(const struct nat_behavior *behavior);

/* One address of each family, port 0. */
struct address_pair {
	struct midair_endpoint ipv4;
	struct midair_endpoint ipv6;
};

struct plan_side {
	enum box_place place;
	struct address_pair host;	 /* the host's own */
	struct address_pair published;	 /* what the peer has to name */
	struct address_pair alternative; /* the server's second addresses */
	struct address_pair box_inner;	 /* of the box toward the host; a firewall has none */
	struct address_pair box_outer;	 /* of the box toward the link */
	struct address_pair spare;	 /* of a model after wire_move_box() */
	bool opens_ports; /* the box runs a port_mapper, and is named as gateway */
	bool is_inside;	  /* behind side a's box */
};

struct network_plan {
	enum network_layout layout;
	/* LAB_N_PLACES, without a server LAB_N_SIDES, with two uplinks LAB_N_ENDS. */
	size_t n_places;
	struct plan_side sides[LAB_N_ENDS]; /* LAB_S has no box */
	bool has_carrier;
	struct nat_behavior carrier;
};

void network_plan_init(struct network_plan *plan, const struct scenario *scenario,
		       enum network_layout layout);

/*
 * Puts a second NAT, a carrier's, which the wire plays, between the kernel's box of side a and the
 * link. It translates IPv4 and filters IPv6. Between the two the box has an address of RFC 6598;
 * is_squatter: one that looks like a public one.
 */
void network_plan_add_carrier(struct network_plan *plan, const struct nat_behavior *carrier,
			      bool is_squatter);

/* The address of the server's host, of the family, port 0. */
struct midair_endpoint network_plan_server(const struct network_plan *plan,
					   enum midair_family family);

/* Its second address. */
struct midair_endpoint network_plan_alternative(const struct network_plan *plan,
						enum midair_family family);

/* What side must name to reach the other one: port 0. */
struct midair_endpoint network_plan_peer(const struct network_plan *plan, enum lab_side side,
					 enum midair_family family);

#endif
