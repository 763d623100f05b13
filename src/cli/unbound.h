/* SPDX-License-Identifier: MIT */
/* unbound: a local port or address that cannot be had, for meet and pipe alike. */
#ifndef MIDAIR_CLI_UNBOUND_H
#define MIDAIR_CLI_UNBOUND_H

#include "cli/tell.h"
#include "midair/midair.h"

#define UNBOUND_IPV4 (1u << 0)
#define UNBOUND_IPV6 (1u << 1)

/* One line that says what failed, and for each of the families, where the socket table knows it,
 * what stands in the way. Returns the exit status. */
int unbound_tell(struct tell *tell, const struct midair_endpoint *local, unsigned int families,
		 int result);

#endif
