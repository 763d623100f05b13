/* SPDX-License-Identifier: MIT */
/* gateway: the first router on the way to the internet. */
#ifndef MIDAIR_OS_GATEWAY_H
#define MIDAIR_OS_GATEWAY_H

#include "midair/midair.h"

/* The gateway (port 0) of the default route with the least metric, of /proc/net. Returns 0,
 * MIDAIR_E_NO_PATH when there is none, -errno. */
int gateway_find(enum midair_family family, struct midair_endpoint *gateway);

/* A UDP socket that sends to remote alone and hears of nobody else. *local: our address toward
 * it, and the socket's port. Returns the descriptor or -errno. */
int gateway_socket(const struct midair_endpoint *remote, struct midair_endpoint *local);

#endif
