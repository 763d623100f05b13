/* SPDX-License-Identifier: MIT */
#include "core/self_odds.h"
#include "midair/midair.h"
#include "os/port_range.h"

/* The reserved ports that the choice would otherwise take. */
static uint32_t count_reserved(const struct port_set *reserved, const struct port_range *range,
			       enum midair_port_choice choice)
{
	uint32_t n = 0;

	for (uint32_t port = range->first; port <= range->last; port++)
		n += port_set_has(reserved, (uint16_t)port) &&
		     self_odds_has_parity(range->first, (uint16_t)port, choice);
	return n;
}

int midair_self_odds_read(uint16_t port, enum midair_port_choice choice,
			  struct midair_self_odds *odds)
{
	struct port_set reserved;
	struct port_range range;

	if (port == 0)
		return MIDAIR_E_RANGE;
	int result = port_range_read(&range);
	if (result == 0)
		result = port_range_read_reserved(&reserved);
	if (result != 0)
		return result;
	const struct self_odds_range wanted = {
		.first = range.first,
		.last = range.last,
		.n_reserved = count_reserved(&reserved, &range, choice),
		.is_reserved = port_set_has(&reserved, port),
	};
	self_odds(odds, &wanted, port, choice);
	return 0;
}
