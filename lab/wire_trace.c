/* SPDX-License-Identifier: MIT */
#include "lab/wire_trace.h"

#include <assert.h>

static const char *const fate_names[] = {
	[WIRE_ON_ITS_WAY] = "on its way",
	[WIRE_DELIVERED] = "delivered",
	[WIRE_LOST] = "lost",
	[WIRE_OVERFLOWED] = "no room",
	[WIRE_NOWHERE] = "sent to nobody",
	[WIRE_BOX_DROPPED] = "dropped by the NAT",
	[WIRE_BOX_RESET] = "refused by the NAT with RST",
	[WIRE_BOX_UNREACHABLE] = "refused by the NAT with ICMP",
};
static_assert(sizeof(fate_names) / sizeof(fate_names[0]) == WIRE_N_FATES, "a name for each");

const char *wire_fate_name(enum wire_fate fate)
{
	return fate_names[fate];
}
