/* SPDX-License-Identifier: MIT */
/* case: one row of the benchmark's table: a world, what to measure in it, and what is promised. */
#ifndef MIDAIR_BENCH_CASE_H
#define MIDAIR_BENCH_CASE_H

#include "bench/statistics.h"
#include "core/scenario.h"
#include "lab/reason.h"

#define BENCH_RUNS_MAX 512

/* Each case is measured twice: with what midair does, and with what the article does. */
enum method {
	METHOD_MIDAIR,
	METHOD_ONCE, /* one connect() each, at the same instants */
};
#define N_METHODS (METHOD_ONCE + 1)

/* Times are past what cannot be beaten: the later side's start plus one round trip, or the
 * agreed instant. */
struct tally {
	bool is_done;
	int error; /* -errno: nothing was measured, the reason tells */
	struct lab_reason reason;
	uint32_t n_runs;
	uint32_t n_connected;
	struct summary past_ns; /* of the connected ones */
	int64_t lateness_ns;	/* the worst of the lab's own wire */
};

/* What is promised; 0 where nothing is said. */
struct goal {
	bool is_open;		    /* nothing is promised: for information */
	uint32_t connected_percent; /* exactly */
	bool is_at_least;	    /* or more */
	int64_t median_ns;
	int64_t p99_past_round_trip_ns; /* p99 may be one more round trip and this */
	int64_t all_within_ns;		/* every run, from the later side's start */
};

enum order {
	ORDER_EITHER, /* as chance has it */
	ORDER_A_FIRST,
	ORDER_B_FIRST,
};

struct bench_case;
typedef int measure_function(struct tally *tally, const struct bench_case *of,
			     enum method method);

struct bench_case {
	const char *title;
	const char *world; /* a line in the form of scenario.h, without name and timeout */
	measure_function *measure;
	enum order order;
	uint32_t skew_max_ms;
	uint32_t patience_ms; /* the sides' timeout, beyond the largest skew */
	uint32_t n_runs;
	uint32_t n_at_once; /* few where each run sends hundreds of SYNs a second */
	uint32_t space_ms;  /* of pairings: between two runs' starts; 0: 110 */
	/* Cases of one group run at the same time, in networks of their own; a group of one case
	 * that is alone measures its two methods one after the other. */
	uint32_t group;
	bool is_alone;
	bool is_without_once; /* there is nothing to compare with */
	bool is_long;	      /* left out of a quick look */
	const char *beside;   /* what is printed instead of a comparison; NULL: nothing */
	struct goal goal;
	/* measure_under_flood: to each end of each run, and whom they seem to come from. */
	uint32_t resets_per_s;
	bool is_in_peers_name;
};

/* The scenario of a case, for a method. The cases are checked by whoever runs them first. */
int bench_scenario(struct scenario *scenario, const struct bench_case *of, enum method method,
		   struct lab_reason *reason);

/* Sums up times of connected runs; sorts them. */
void tally_times(struct tally *tally, int64_t *past_ns, uint32_t n_connected, uint32_t n_runs);

bool is_goal_reached(const struct bench_case *of, const struct tally *tally);

extern const struct bench_case bench_cases[];
extern const size_t bench_n_cases;
extern const struct bench_case bench_pair_cases[];
extern const size_t bench_n_pair_cases;

/* Of both tables, one after the other; number from 0 to bench_n_cases + bench_n_pair_cases - 1. */
const struct bench_case *bench_case_of(size_t number);

/* The ways to measure. */
measure_function measure_sessions;	/* sessions.c: both sides are midair sessions */
measure_function measure_under_flood;	/* flood.c: the same, with a stranger's RSTs */
measure_function measure_instant;	/* instant.c: when the SYN of --at leaves */
measure_function measure_late_listener; /* late_listener.c: SYN, close, listen */
measure_function measure_plain_connect; /* the same file: what the lab itself adds */
measure_function measure_pair_direct;	/* pairs.c: a joiner's start to its direct connection */
measure_function measure_pair_first_byte; /* the same: from there to the first encrypted byte */
measure_function
	measure_pipe_first_byte; /* pair_commands.c: midair pipe on both hosts at once */
measure_function measure_pipe_both_ways; /* the same, until both messages are out */
measure_function measure_hole_direct;	 /* hole_commands.c: midair pipe --stay, no server */
measure_function measure_hole_first_byte;

#endif
