/* SPDX-License-Identifier: MIT */
/*
 * meet_slots: which port a secret gives, and when.
 *
 * Theory of operation
 *
 * Time is cut into slots of ten minutes, counted from 1970. A secret gives each slot a port, on
 * both sides the same one, and nobody else can tell it beforehand. The two clocks differ: near an
 * edge one side is in one slot and the other in its neighbour. So at any time both slots are tried
 * of which one ends and the other begins within MEET_SLOT_MARGIN_S: what runs at t are the slots of
 * t - margin to t + margin. Two clocks that differ by no more than twice the margin then have a
 * slot in common at every moment, and clocks that differ by more have one whenever no edge is near.
 *
 * Where both slots lead to a connection, both sides must choose the same one: the older slot's.
 * The younger one's waits for that, MEET_SLOT_GRACE_MS and a round trip.
 */
#ifndef MIDAIR_CLI_MEET_SLOTS_H
#define MIDAIR_CLI_MEET_SLOTS_H

#include <stdint.h>
#include <time.h>

#define MEET_SLOT_S	   600
#define MEET_SLOT_MARGIN_S 10
#define MEET_SLOT_GRACE_MS 1000

struct meet_slots {
	int64_t first;	   /* slots are numbered from 1970 */
	int64_t last;	   /* the same one, or its younger neighbour */
	int64_t change_ms; /* from now until they are others */
};

/* now: CLOCK_REALTIME. */
struct meet_slots meet_slots_at(const struct timespec *now);

#endif
