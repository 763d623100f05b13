/* SPDX-License-Identifier: MIT */
/* measure: `midair check` in host a of a small internet with a server. Only inside
 * namespace_run(). */
#ifndef MIDAIR_LAB_MEASURE_H
#define MIDAIR_LAB_MEASURE_H

#include "lab/reason.h"
#include "lab/server.h"
#include "midair/midair.h"

struct measurement;

/* Builds the scenario's network, starts its server and the check of the scenario's family.
 * Returns 0 or -errno. */
int measure_start(struct measurement **measurement, const struct scenario *scenario,
		  uint64_t seed, struct lab_reason *reason);

/* Waits for it. Returns 0 or -errno. */
int measure_wait(struct measurement *measurement, struct midair_check_report *report,
		 struct lab_reason *reason);

struct measurement *measure_free(struct measurement *measurement);

#endif
