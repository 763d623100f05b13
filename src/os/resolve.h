/* SPDX-License-Identifier: MIT */
/*
 * resolve: getaddrinfo() with a deadline. It has none of its own and cannot be cancelled, so it
 * runs in a detached thread that outlives us if it must, on memory that the last one frees.
 */
#ifndef MIDAIR_OS_RESOLVE_H
#define MIDAIR_OS_RESOLVE_H

#include "midair/midair.h"

#define RESOLVE_MAX MIDAIR_PEERS_MAX

/* Fills endpoints (room for RESOLVE_MAX, in the resolver's order, without duplicates) and *count.
 * Returns 0, MIDAIR_E_NO_SUCH_HOST, MIDAIR_E_RESOLVER (no answer in time, or a failure of the
 * resolver) or -errno. */
int resolve_host(const char *host, uint16_t port, uint32_t timeout_ms,
		 struct midair_endpoint *endpoints, size_t *count);

#endif
