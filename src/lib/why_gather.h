/* SPDX-License-Identifier: MIT */
/* why_gather: the facts of core/cause.h, from the kernel. All return 0 or as diag_walk(). */
#ifndef MIDAIR_LIB_WHY_GATHER_H
#define MIDAIR_LIB_WHY_GATHER_H

#include "core/cause.h"

/* Holders of one port whose options are asked for; one with more is answered without them. */
#define WHY_HOLDERS_MAX 16

struct why_holders {
	struct cause_socket sockets[WHY_HOLDERS_MAX]; /* the worst first */
	uint32_t ranks[WHY_HOLDERS_MAX];
	uint32_t n_sockets;
	uint32_t n_left_out;
};

/* The socket with exactly this pair of ends. */
int why_gather_tuple(struct cause_facts *facts);

/* Address and route, and what a socket without an address would get. */
int why_gather_way(struct cause_facts *facts);

/* Those that may stand in the way of an explicit or a pinned port. */
int why_gather_holders(struct cause_facts *facts, struct why_holders *holders);

/* Range, reserved ports. */
int why_gather_range(struct cause_facts *facts);

/* How many ports of the range are in use, for the kernel's choice. */
int why_gather_pool(struct cause_facts *facts);

#endif
