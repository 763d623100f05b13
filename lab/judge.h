/* SPDX-License-Identifier: MIT */
/* judge: compares what a scenario expects with what was seen. Pure. */
#ifndef MIDAIR_LAB_JUDGE_H
#define MIDAIR_LAB_JUDGE_H

#include "lab/runner.h"

struct judgement {
	bool is_as_expected;
	enum run_outcome seen; /* the most frequent; RUN_BROKEN when any was */
	uint32_t n_runs;
	uint32_t n_as_expected;
	/* Of the connected runs' times (run_result.time_ns); where the scenario expects no connection and
	 * most runs had none, of those that failed as expected. */
	int64_t median_ns;
	int64_t p99_ns;
	/* Of connected runs, medians of the later side: when its TCP connection stood, and when the peer's first message
	 * could be read. */
	int64_t landed_median_ns;
	int64_t first_byte_median_ns;
	bool is_late; /* the median is past the scenario's bound */
};

/* The outcome must be the expected one in every run; the time bound holds for the median, since
 * a busy machine may hold back any single packet. */
void judge(struct judgement *judgement, const struct scenario *scenario,
	   const struct run_result *runs, uint32_t n_runs);

bool run_is_as_expected(enum scenario_expectation expectation, enum run_outcome outcome);

#endif
