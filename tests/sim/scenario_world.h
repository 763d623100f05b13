/* SPDX-License-Identifier: MIT */
/* scenario_world: one line of scenarios.conf in the virtual internet. */
#ifndef MIDAIR_TESTS_SIM_SCENARIO_WORLD_H
#define MIDAIR_TESTS_SIM_SCENARIO_WORLD_H

#include "tests/sim/world.h"

/* The port of both. */
#define SCENARIO_PORT 1314

/* Sets the world up; world_run() up to the returned time then plays it. */
uint64_t scenario_world(struct world *world, const struct scenario *scenario, uint64_t seed);

/* What is wrong with how it came out: NULL when it is as expected. */
const char *scenario_complaint(const struct world *world, const struct scenario *scenario);

/* From the later side's start to its end. */
uint64_t scenario_later_ns(const struct world *world);

#endif
