/* SPDX-License-Identifier: MIT */
/* network_wire: the wire of a scenario: its delays, and which of its ends has which address.
 * Pure. */
#ifndef MIDAIR_LAB_NETWORK_WIRE_H
#define MIDAIR_LAB_NETWORK_WIRE_H

#include "lab/network_plan.h"

void network_wire_plan(struct wire_config *wire, const struct network_plan *plan,
		       const struct scenario *scenario);

#endif
