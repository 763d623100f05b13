/* SPDX-License-Identifier: MIT */
/* attempt: one connect() of the program, with the local ends that are offered. */
#ifndef MIDAIR_PRELOAD_ATTEMPT_H
#define MIDAIR_PRELOAD_ATTEMPT_H

#include <sys/socket.h>

#include "preload/offer.h"

struct attempt {
	int fd;
	const struct sockaddr *address; /* where to, as the program says it */
	socklen_t length;
	struct midair_endpoint remote; /* the same */
	bool is_port_bound;	       /* out: for good */
};

/* Connects from the offered end. Returns 0, -EINPROGRESS and the like, or -errno; -EADDRNOTAVAIL
 * without is_port_bound: another offer may be tried. */
int attempt_try(struct attempt *attempt, const struct offer *offer);

/* Whether a connection stands or is under way. */
bool attempt_is_under_way(int result);

#endif
