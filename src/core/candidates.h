/* SPDX-License-Identifier: MIT */
/*
 * candidates: which of our addresses to offer to the peer, and which of the peer's to dial.
 *
 * Whoever pairs with us, and the server, could name addresses that are not the peer's, to make us
 * send SYNs to somebody else. So an address is dialled only when the peer may be there, and never a
 * private one of a range that we are not in, whoever names it:
 *
 *	a public one
 *	a private one inside the prefix of one of our own interfaces
 *	the one that the server saw, when it is in the private range that the user's own choice of
 *	a server is in, or the server is on this machine
 *
 * That two are behind the same outer address is not a reason: it is the server that says so. Two
 * networks behind one router meet by its outer address (hairpinning). There are never more than
 * INTRODUCTION_CANDIDATES_MAX, and what answers there must prove itself.
 */
#ifndef MIDAIR_CORE_CANDIDATES_H
#define MIDAIR_CORE_CANDIDATES_H

#include "core/introduction.h"
#include "midair/midair.h"

#define INTERFACE_ADDRESSES_MAX 64

/* An address of one of our interfaces. */
struct interface_address {
	struct midair_endpoint endpoint; /* port 0 */
	uint8_t prefix_bits;
	/* Not to be offered: may vanish soon, is not valid yet (RFC 4862, RFC 8981), or is not the
	 * one that we are bound to. */
	bool is_unfit;
};

/* Where we are. */
struct candidate_view {
	struct midair_endpoint server;	    /* the rendezvous; family NONE: none yet */
	struct midair_endpoint observed[2]; /* our addresses as servers saw them; or NONE */
	struct midair_endpoint mapped[2]; /* what our router says that it has opened; or NONE */
	uint16_t ports[2]; /* our local ports, IPv4 and IPv6; 0: family not in use */
	uint32_t n_interfaces;
	struct interface_address interfaces[INTERFACE_ADDRESSES_MAX];
};

/* mapping_is_where_seen(), of our router (0: of IPv4, 1: of IPv6). Elsewhere it is not offered. */
bool candidates_is_mapping_known(const struct candidate_view *view, uint32_t family);

/* Our candidates in the order of their promise: as servers saw us, then the interfaces'. Returns
 * their number, at most INTRODUCTION_CANDIDATES_MAX. */
uint32_t candidates_offer(const struct candidate_view *view,
			  struct candidate candidates[INTRODUCTION_CANDIDATES_MAX]);

/* Whether to dial what the server says that it saw of the peer. */
bool candidates_may_dial_observed(const struct candidate_view *view,
				  const struct midair_endpoint *observed);

/* Whether to dial what the peer says of itself. observed: what the server saw of it. */
bool candidates_may_dial(const struct candidate_view *view,
			 const struct midair_endpoint *observed,
			 const struct midair_endpoint *remote);

/* Whether the peer, as the server saw it, and we are behind one NAT: then the way inside is to be
 * dialled first, since the NAT's own, when it has one, takes less time to find and is slower. */
bool candidates_are_neighbours(const struct candidate_view *view,
			       const struct midair_endpoint *observed);

/* The order in which to dial: as servers saw the peer and mapped ports, then public addresses,
 * then the others; stable within these. */
void candidates_sort(struct candidate *candidates, uint32_t n_candidates);

#endif
