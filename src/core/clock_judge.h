/* SPDX-License-Identifier: MIT */
/*
 * clock_judge: is this machine's clock good enough for an agreed instant?
 *
 * The difference of two wall clocks moves one of two SYNs. What a path forgives:
 *
 * - Dialling once, both sides answering an unwanted SYN with RST: the SYNs must cross, so the
 *   difference must be smaller than the one-way delay, some 10-40 ms on the internet.
 * - Redialling after a refusal: the clocks only decide how long the early side waits. The limit
 *   is then the margin of slot.h: beyond it the two may even choose different slots.
 *
 * Two clocks take part, and one may be fast while the other is slow: each gets half.
 */
#ifndef MIDAIR_CORE_CLOCK_JUDGE_H
#define MIDAIR_CORE_CLOCK_JUDGE_H

#include "midair/midair.h"

/* Half of 20 ms, the one-way delay between two hosts of one continent. */
#define CLOCK_FORGIVEN_ONCE_US 10000
/* Half of SLOT_MARGIN_NS. */
#define CLOCK_FORGIVEN_REDIAL_US 500000

enum clock_verdict {
	CLOCK_GOOD,	      /* even the maximum error is forgiven */
	CLOCK_DOUBTFUL,	      /* synchronised, but the maximum error is not forgiven */
	CLOCK_UNSYNCHRONISED, /* nobody sets this clock: its errors mean nothing */
};

/*
 * The maximum error counts (RFC 5905 calls it the root distance: the clock is not further off
 * than that), because the estimated one is 0 under time daemons that do not compute it, such as
 * systemd-timesyncd. The kernel raises the maximum by 500 us a second since the last correction.
 */
enum clock_verdict clock_judge(const struct midair_clock_quality *quality, int64_t forgiven_us);

/* "good", "doubtful", "unsynchronised". Static storage. */
const char *clock_verdict_name(enum clock_verdict verdict);

#endif
