/* SPDX-License-Identifier: MIT */
#include "bench/case.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)
#define PERCENT	  100u

const struct bench_case *bench_case_of(size_t number)
{
	if (number < bench_n_cases)
		return &bench_cases[number];
	return &bench_pair_cases[number - bench_n_cases];
}

int bench_scenario(struct scenario *scenario, const struct bench_case *of, enum method method,
		   struct lab_reason *reason)
{
	char line[SCENARIO_LINE_SIZE];
	uint32_t timeout_ms = of->skew_max_ms + of->patience_ms;

	snprintf(line, sizeof(line), "bench %s timeout=%" PRIu32 "ms expect=connect%s",
		 of->world, timeout_ms, method == METHOD_ONCE ? " flags=once" : "");
	return scenario_parse(scenario, line, NULL)
		       ? lab_fail(reason, 0, "\"%s\" is no scenario", line)
		       : 0;
}

void tally_times(struct tally *tally, int64_t *past_ns, uint32_t n_connected, uint32_t n_runs)
{
	tally->n_runs = n_runs;
	tally->n_connected = n_connected;
	tally->past_ns = summarise(past_ns, n_connected);
}

static int64_t round_trip_ns(const struct bench_case *of)
{
	struct scenario scenario;

	if (bench_scenario(&scenario, of, METHOD_MIDAIR, NULL))
		return 0;
	return (int64_t)scenario.rtt_ns;
}

static bool is_share_reached(const struct goal *goal, const struct tally *tally)
{
	uint32_t share = tally->n_connected * PERCENT;
	uint32_t wanted = tally->n_runs * goal->connected_percent;

	return goal->is_at_least ? share >= wanted : share == wanted;
}

bool is_goal_reached(const struct bench_case *of, const struct tally *tally)
{
	const struct goal *goal = &of->goal;
	int64_t p99_max_ns = round_trip_ns(of) + goal->p99_past_round_trip_ns;
	int64_t all_max_ns = goal->all_within_ns - round_trip_ns(of);

	if (tally->error || !tally->is_done || tally->n_runs == 0)
		return false;
	if (goal->is_open)
		return true;
	if (!is_share_reached(goal, tally))
		return false;
	if (goal->median_ns > 0 && tally->past_ns.median > goal->median_ns)
		return false;
	if (goal->p99_past_round_trip_ns > 0 && tally->past_ns.p99 > p99_max_ns)
		return false;
	return goal->all_within_ns == 0 || tally->past_ns.largest <= all_max_ns;
}
