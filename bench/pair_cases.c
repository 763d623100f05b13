/* SPDX-License-Identifier: MIT */
/* The rows of the table that measure pairings through a server. */
#include "bench/case.h"

#define NS_PER_MS INT64_C(1000000)

/* After all groups of cases.c. */
#define GROUP_PAIRS 32

#define WITHIN_GOAL(milliseconds)                                                              \
	{                                                                                      \
		.connected_percent = 100, .median_ns = (milliseconds)*NS_PER_MS                \
	}

/* One case at a time: what is measured is milliseconds. */
#define PAIR_CASE(name, line, function)                                                        \
	.title = (name), .world = (line), .measure = (function), .patience_ms = 5000,          \
	.n_runs = 50, .n_at_once = 1, .group = GROUP_PAIRS, .is_alone = true,                  \
	.is_without_once = true

/* Ports that have to be guessed: each run sends more than a thousand SYNs. */
#define GUESS_CASE(name, line, within_ms, percent, n)                                          \
	.title = (name), .world = (line), .measure = measure_pair_direct,                      \
	.patience_ms = (within_ms), .n_runs = (n), .n_at_once = 1, .space_ms = 1000,           \
	.group = GROUP_PAIRS, .is_alone = true, .is_without_once = true, .is_long = true,      \
	.goal = {.connected_percent = (percent), .is_at_least = true}

const struct bench_case bench_pair_cases[] = {
	{
		PAIR_CASE("pairing, drop/drop: joiner to direct, past 240 ms",
			  "a=drop b=drop rtt=40ms server=100ms", measure_pair_direct),
		.beside = "DCUtR's bound: 340 ms",
		.goal = WITHIN_GOAL(10),
	},
	{
		PAIR_CASE("pairing, RST/RST: joiner to direct, past 240 ms",
			  "a=rst b=rst rtt=40ms server=100ms", measure_pair_direct),
		.beside = "DCUtR's bound: 340 ms",
		.goal = WITHIN_GOAL(10),
	},
	{
		PAIR_CASE("pairing, drop/drop: first byte, past direct + 40 ms",
			  "a=drop b=drop rtt=40ms server=100ms", measure_pair_first_byte),
		.goal = WITHIN_GOAL(5),
	},
	{
		PAIR_CASE("pairing, RST/RST: first byte, past direct + 40 ms",
			  "a=rst b=rst rtt=40ms server=100ms", measure_pair_first_byte),
		.is_long = true,
		.goal = WITHIN_GOAL(5),
	},
	{
		PAIR_CASE("midair pipe, both at once, 41 ms: first byte, past 0",
			  "a=drop b=rst rtt=41ms server=41ms", measure_pipe_first_byte),
		.beside = "bare simultaneous open: 147 ms",
		.goal = WITHIN_GOAL(200),
	},
	{
		PAIR_CASE("the same: first byte of both directions, past 0",
			  "a=drop b=rst rtt=41ms server=41ms", measure_pipe_both_ways),
		.is_long = true,
		.goal = {.is_open = true},
	},
	{
		PAIR_CASE("standing hole, no server: SYN to direct, past 41 ms",
			  "a=drop b=rst rtt=41ms server=41ms", measure_hole_direct),
		.goal = WITHIN_GOAL(5),
	},
	{
		PAIR_CASE("the same: start of midair pipe to first byte, past 82 ms",
			  "a=drop b=rst rtt=41ms server=41ms", measure_hole_first_byte),
		.is_long = true,
		.goal = {.is_open = true},
	},
	{
		GUESS_CASE("pairing, cone against random ports: within 3 s",
			   "a=drop b=apdm/random rtt=80ms server=80ms", 3000, 98, 200),
	},
	{
		GUESS_CASE("pairing, RST, cone against random ports: within 3 s",
			   "a=rst b=apdm/random/rst rtt=80ms server=80ms", 3000, 98, 100),
	},
	{
		GUESS_CASE("pairing, against ports in order, step 1: within 2 s",
			   "a=drop b=apdm/sequential:1/background:20 rtt=80ms server=80ms",
			   2000, 95, 100),
	},
	{
		GUESS_CASE("pairing, against ports in order, step 10: within 2 s",
			   "a=apdm/sequential:10/background:20 b=drop rtt=80ms server=80ms",
			   2000, 95, 100),
	},
};
const size_t bench_n_pair_cases = sizeof(bench_pair_cases) / sizeof(bench_pair_cases[0]);
