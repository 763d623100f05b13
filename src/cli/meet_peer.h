/* SPDX-License-Identifier: MIT */
/* meet_peer: the peer of midair meet, as addresses. */
#ifndef MIDAIR_CLI_MEET_PEER_H
#define MIDAIR_CLI_MEET_PEER_H

#include "cli/meet_options.h"
#include "cli/tell.h"
#include "midair/midair.h"

struct meet_peer {
	struct midair_endpoint addresses[MIDAIR_PEERS_MAX]; /* of the wanted families */
	size_t n;
	bool has_port; /* false: the secret gives it, the addresses have none */
};

/* Returns -1 to go on, or the exit status; has told why. */
int meet_peer_find(struct meet_peer *peer, const struct meet_options *options, bool has_secret,
		   struct tell *tell);

/* UNBOUND_IPV4, UNBOUND_IPV6: the families of its addresses. */
unsigned int meet_peer_families(const struct meet_peer *peer);

#endif
