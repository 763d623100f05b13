/* SPDX-License-Identifier: MIT */
/* nat_ports: which outer port a new mapping gets. Shared by nat*.c only. */
#ifndef MIDAIR_CORE_NAT_PORTS_H
#define MIDAIR_CORE_NAT_PORTS_H

#include "core/nat_table.h"

/* In nat_table.c, next to the index that it asks. */
bool nat_ports_is_free(struct nat_table *table, const struct midair_endpoint *outer,
		       const struct midair_endpoint *depends_on,
		       const struct midair_endpoint *remote);

/* Other hosts behind the box open connections too, at their rate: a sequential allocation goes on.
 * The ports themselves are soon free again, and are not kept from anybody. */
void nat_ports_pass_time(struct nat_table *table, const struct nat_behavior *behavior,
			 uint64_t now_ns);

/* *outer comes in as the inner endpoint. False when every port is taken. */
bool nat_ports_allocate(struct nat_table *table, const struct nat_behavior *behavior,
			const struct midair_endpoint *external,
			const struct midair_endpoint *depends_on,
			const struct midair_endpoint *remote, struct midair_endpoint *outer);

#endif
