/* SPDX-License-Identifier: MIT */
/*
 * slot: which multiple of a period two ends meet at, when all they agreed on is the period.
 *
 * Theory of operation
 *
 * Slots start at the multiples of the period since the Unix epoch. Somebody who asks for "next
 * 10s" dials at the next slot and goes on until the one after it. Two who ask in the middle of
 * one slot choose the same. Near an edge a small difference of two clocks (or of two people's
 * fingers) makes them choose neighbouring slots, a whole period apart. So within a margin of an
 * edge both neighbours are covered:
 *
 *	just after slot S    the other clock may say that S is still to come:
 *	                     dial at once, go on through S + period
 *	just before slot S   the other clock may say that S is over:
 *	                     dial at S, go on through S + period
 *
 * The margin is a second, or the clock's maximum error when that is larger, but never more than
 * a quarter of the period: some instants must remain that are near no edge. "Through" means two
 * margins and SLOT_GRACE_NS longer: one clock may be a margin fast and the other a margin slow,
 * and the last SYN may be lost, to be sent again after a second (RFC 6298 2.1).
 */
#ifndef MIDAIR_CORE_SLOT_H
#define MIDAIR_CORE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_MARGIN_NS UINT64_C(1000000000)
#define SLOT_GRACE_NS  UINT64_C(2000000000)

/* Below a second the margin would be smaller than what clocks on the internet really differ by,
 * and a lost SYN could not be repeated within its slot. */
#define SLOT_PERIOD_MIN_MS UINT64_C(1000)
/* A session's longest time-out. Near an edge `until` comes later than that. */
#define SLOT_PERIOD_MAX_MS UINT64_C(86400000)

struct slot {
	uint64_t start_ns; /* all in Unix time */
	uint64_t until_ns;
	bool near_edge;
};

/* now_ns below 2^63. period_ms from SLOT_PERIOD_MIN_MS to SLOT_PERIOD_MAX_MS. maximum_error_ns:
 * of our own clock; any value. */
struct slot slot_choose(uint64_t now_ns, uint64_t period_ms, uint64_t maximum_error_ns);

#endif
