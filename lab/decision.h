/* SPDX-License-Identifier: MIT */
/* decision: when a pairing turned to the relay. */
#ifndef MIDAIR_LAB_DECISION_H
#define MIDAIR_LAB_DECISION_H

#include "lab/runner.h"

/* From the introduction to the side's asking the server for its relay, of the side that took longer;
 * -1 when no side asked. */
int64_t decision_ns(const struct runner_result *result, uint32_t run);

#endif
