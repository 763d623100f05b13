/* SPDX-License-Identifier: MIT */
/* port_trial: what a bind() or connect() would meet, asked by sockets of our own. */
#ifndef MIDAIR_OS_PORT_TRIAL_H
#define MIDAIR_OS_PORT_TRIAL_H

#include "midair/midair.h"

/*
 * Looks at address and route with a UDP socket: nothing is sent, and no TCP port is taken.
 * *address_result: 0 or -errno of binding local's address. *route_result: 0 or -errno of the way
 * to remote; remote NULL leaves the route out. *source: the address that would be used.
 * Returns 0 or -errno when it cannot be asked.
 */
struct port_way {
	int address_result;
	int route_result;
	struct midair_endpoint source; /* local with the address filled in */
};
int port_trial_way(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		   struct port_way *way);

/* Whether this process may bind ports below ip_unprivileged_port_start. */
bool port_trial_is_privileged(void);

/*
 * bind() alone, or connect() with what comes before it, with the options of MIDAIR_WHY_* flags;
 * closed again at once, with RST. remote NULL: bind() alone. *port: the local port that was had.
 * A connect() whose SYN left is a success whatever the peer answers. Returns 0 or the -errno.
 */
int port_trial_call(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		    uint32_t flags, uint16_t *port);

#endif
