/* SPDX-License-Identifier: MIT */
#include "core/slot.h"

#define NS_PER_MS UINT64_C(1000000)

static uint64_t margin_of(uint64_t period_ns, uint64_t maximum_error_ns)
{
	uint64_t margin_ns = SLOT_MARGIN_NS;

	if (margin_ns < maximum_error_ns)
		margin_ns = maximum_error_ns;
	if (margin_ns > period_ns / 4)
		margin_ns = period_ns / 4;
	return margin_ns;
}

struct slot slot_choose(uint64_t now_ns, uint64_t period_ms, uint64_t maximum_error_ns)
{
	uint64_t period_ns = period_ms * NS_PER_MS;
	uint64_t margin_ns = margin_of(period_ns, maximum_error_ns);
	uint64_t since_slot_ns = now_ns % period_ns;
	uint64_t next_ns = now_ns - since_slot_ns + period_ns;
	uint64_t stay_ns = 2 * margin_ns + SLOT_GRACE_NS;

	if (since_slot_ns <= margin_ns)
		return (struct slot){now_ns, next_ns + stay_ns, true};
	if (period_ns - since_slot_ns <= margin_ns)
		return (struct slot){next_ns, next_ns + period_ns + stay_ns, true};
	return (struct slot){next_ns, next_ns + period_ns, false};
}
