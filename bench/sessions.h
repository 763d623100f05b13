/* SPDX-License-Identifier: MIT */
/* sessions: many meetings in one network, and what else may go on beside them. */
#ifndef MIDAIR_BENCH_SESSIONS_H
#define MIDAIR_BENCH_SESSIONS_H

#include "bench/case.h"
#include "lab/namespace.h"
#include "lab/runner.h"

/* Port of run 0; the others follow. Outside the range of automatic ports. */
#define BENCH_FIRST_PORT 20000

void plan_runs(struct runner_plan plans[BENCH_RUNS_MAX], const struct bench_case *of,
	       uint64_t rtt_ns);

/* Starts a process that disturbs the network until it is killed. Returns 0 or -errno. */
typedef int disturb_function(pid_t *pid, struct network *network, const struct bench_case *of,
			     struct lab_reason *reason);

int measure_sessions_beside(struct tally *tally, const struct bench_case *of,
			    enum method method, disturb_function *disturb);

#endif
