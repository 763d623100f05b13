/* SPDX-License-Identifier: MIT */
/* story: one run told on one clock: both engines' traces and the packets on the wire. */
#ifndef MIDAIR_LAB_STORY_H
#define MIDAIR_LAB_STORY_H

#include <stdio.h>

#include "lab/runner.h"

/* Tells run 0 of the result; the network's wire must still have its trace. Time 0 is the first
 * side's start. Returns 0 or -errno. */
int story_print(FILE *to, const struct runner_result *result, const struct wire_trace *trace);

#endif
