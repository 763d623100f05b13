/* SPDX-License-Identifier: MIT */
/* measure: `midair check` in host a of a small internet with a server. Only inside
 * namespace_run(). */
#ifndef MIDAIR_LAB_MEASURE_H
#define MIDAIR_LAB_MEASURE_H

#include "lab/reason.h"
#include "lab/server.h"
#include "midair/midair.h"

struct measurement;

/* Builds the scenario's network with its server. The scenario must outlive it. 0 or -errno. */
int measure_new(struct measurement **measurement, const struct network_config *config,
		struct lab_reason *reason);

struct network *measure_network(const struct measurement *measurement);

/* Starts a check of the scenario's family; one at a time. Returns 0 or -errno. */
int measure_start(struct measurement *measurement, struct lab_reason *reason);

/* Waits for it. Returns 0 or -errno. */
int measure_wait(struct measurement *measurement, struct midair_check_report *report,
		 struct lab_reason *reason);

struct measurement *measure_free(struct measurement *measurement);

#endif
