/* SPDX-License-Identifier: MIT */
/* runner: runs a scenario in a network and collects what came of it. */
#ifndef MIDAIR_LAB_RUNNER_H
#define MIDAIR_LAB_RUNNER_H

#include "lab/network.h"
#include "lab/server.h"
#include "lab/side.h"

#define RUNNER_RUNS_MAX SIDE_RUNS_MAX

/*
 * A result of a machine that was further behind than this says nothing against a scenario: the
 * skew or the delays were not the scenario's.
 */
#define RUNNER_LATENESS_MAX_NS INT64_C(2000000)

/* When the sides of one run start. */
struct runner_plan {
	uint64_t start_ns; /* of the earlier side, after run 0's could at the soonest */
	int64_t skew_ns;   /* as a scenario's */
};

struct runner_config {
	const struct scenario *scenario;
	enum side_method method; /* SIDE_ENGINE is SIDE_PAIR where the scenario has a server */
	uint32_t n_runs;	 /* 1 to RUNNER_RUNS_MAX, each with its own port */
	uint64_t stagger_ns;	 /* between the starts of two runs */
	uint16_t first_port;	 /* of run 0; 0: 1314 */
	/* Of each run; NULL: stagger_ns and the scenario's skew for all. */
	const struct runner_plan *plans;
};

/* What one run came to. */
enum run_outcome {
	RUN_CONNECTED, /* both sides, and their messages came through */
	RUN_REFUSED,   /* both sides were refused */
	RUN_TIMEOUT,   /* both sides ran out of time */
	RUN_FAILED,    /* neither side connected, for different reasons */
	RUN_BROKEN,    /* one side alone connected, or not with the other */
};
#define RUN_N_OUTCOMES (RUN_BROKEN + 1)

/* "connect", "refused", "timeout", "failed", "broken". Static storage. */
const char *run_outcome_name(enum run_outcome outcome);

struct run_result {
	enum run_outcome outcome;
	/* From the later side's start. RUN_CONNECTED: until it knew; of a pairing that has failed: until
	 * both sides knew, so that one which waits in vain does not go unseen. */
	int64_t time_ns;
	enum lab_side later;
	struct side_outcome sides[LAB_N_SIDES];
};

struct runner_result {
	uint32_t n_runs;
	/* The instant of run 0's first side, on both clocks, and each side's start after it. */
	int64_t base_realtime_ns;
	int64_t base_monotonic_ns;
	int64_t start_ns[LAB_N_SIDES];
	struct side *sides[LAB_N_SIDES];
	struct server *server;	 /* SIDE_PAIR's */
	struct pairing *pairing; /* the same */
	/* The most that the machine was behind: a packet on the wire after its time, a side's first SYN
	 * after its instant (SIDE_PAIR: its session). */
	int64_t lateness_ns;
	struct run_result runs[RUNNER_RUNS_MAX];
};

/* Runs in a network of the same scenario. *result is the caller's to give back with
 * runner_result_free(). Returns 0 or -errno. */
int runner_run(struct runner_result **result, struct network *network,
	       const struct runner_config *config, struct lab_reason *reason);
struct runner_result *runner_result_free(struct runner_result *result);

/* The pure part: two sides' outcomes to a run's. */
enum run_outcome run_outcome_of(const struct side_outcome *a, const struct side_outcome *b);

#endif
