/* SPDX-License-Identifier: MIT */
/* plan_surveys: pairs whose sides plan with a quick look at first, and with all of it a survey
 * later: a volley that may turn out to be in vain waits for that. */
#ifndef MIDAIR_TESTS_SIM_PLAN_SURVEYS_H
#define MIDAIR_TESTS_SIM_PLAN_SURVEYS_H

#include <stdbool.h>
#include <stdint.h>

/* n_runs for each pair. is_told: what it costs to wait, beside the same without waiting. Returns how
 * many pairs did not keep their promise, and prints them. */
uint32_t plan_surveys(uint64_t first, uint32_t n_runs, bool is_told);

#endif
