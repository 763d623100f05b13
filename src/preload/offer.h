/* SPDX-License-Identifier: MIT */
/*
 * offer: which local address and port the next connection gets. From the pool of its destination;
 * or, with a shared port, or beyond PRELOAD_POOLS_MAX destinations, the addresses in turn. Needs
 * the lock.
 */
#ifndef MIDAIR_PRELOAD_OFFER_H
#define MIDAIR_PRELOAD_OFFER_H

#include "midair/midair.h"

/* Destinations with a pool of their own. One without a connection makes room. */
#define PRELOAD_POOLS_MAX 256

struct offer {
	uint32_t pool; /* its number from 1; 0: from none */
	/* An address "any" is the route's choice, port 0 the kernel's. */
	struct midair_endpoint local;
	struct midair_endpoint
		source; /* local, with the address that the route chooses if known */
	bool is_pinnable;
};

/*
 * bound: the address that the socket is bound to, or of family NONE. n_tries: offers for this
 * connection that were of no use. Returns 0 or MIDAIR_E_FULL.
 */
int offer_take(struct offer *offer, const struct midair_endpoint *remote,
	       const struct midair_endpoint *bound, uint32_t n_tries);

void offer_give(const struct offer *offer, enum midair_pool_fate fate);

void offer_forget_all(void);

#endif
