/* SPDX-License-Identifier: MIT */
/* tour_ladder: the packets between the two boxes, as the wire saw them, drawn in time. */
#ifndef MIDAIR_CLI_TOUR_LADDER_H
#define MIDAIR_CLI_TOUR_LADDER_H

#include "lab/wire_trace.h"

/* Draws the packets of the opening. Time counts from base_ns (CLOCK_MONOTONIC). Where the story
 * is long, only its beginning and what happens after turn_ns. True when two SYNs were in the air
 * at the same time. */
bool tour_ladder_print(const struct wire_trace *trace, uint64_t base_ns, uint64_t turn_ns);

#endif
