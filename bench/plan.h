/* SPDX-License-Identifier: MIT */
/* plan: which cases are measured, and in which order. */
#ifndef MIDAIR_BENCH_PLAN_H
#define MIDAIR_BENCH_PLAN_H

#include "bench/case.h"

#define BENCH_CASES_MAX 64

struct bench_row {
	struct bench_case what;
	struct tally tallies[N_METHODS]; /* filled in by the processes that measure */
};

struct bench_plan {
	bool is_quick;		/* fewer runs, smaller skews: a look, not a measurement */
	bool is_meeting_only;	/* without the rows of pair_cases.c */
	bool is_pairing_only;	/* nothing but those */
	const char *only;	/* part of a title, or NULL */
	struct bench_row *rows; /* in memory that all processes share */
	size_t n_rows;
};

/* Chooses the rows. Returns 0 or -errno. */
int plan_init(struct bench_plan *plan, struct lab_reason *reason);

/* Measures them all. Only inside namespace_run(), by process 1. */
void plan_run(struct bench_plan *plan);

void plan_deinit(struct bench_plan *plan);

#endif
