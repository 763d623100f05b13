/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * All runs of a case share one network and two processes, one on each host, and differ in port,
 * start and skew. They are laid out in n_at_once lanes before anything starts: the next run of a
 * lane begins when the one before it must have connected. So the load is known, and low where a
 * waiting side redials hundreds of times a second.
 *
 * Half of the skews are uniform in 0..max, the other half are logarithmic from 1 ms: else hardly
 * a run would have a skew of about a round trip, where it matters. The first two are 0 and max.
 *
 * A run's time counts from the instant that the later side was told to start at, by the wall
 * clock, to the moment its program holds the connection. The lab's lateness is not taken off.
 */
#include "bench/sessions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"

#define NS_PER_MS	  UINT64_C(1000000)
#define SKEW_LEAST_MS	  1.0
#define CONNECT_MARGIN_NS (60 * NS_PER_MS)
#define FAILURES_TOLD	  8
#define ROUND_TRIPS	  4
#define FRACTIONS	  (UINT64_C(1) << 53)

static double fraction(struct random *random)
{
	return (double)random_below(random, FRACTIONS) / (double)FRACTIONS;
}

static uint64_t choose_skew_ns(const struct bench_case *of, uint32_t number,
			       struct random *random)
{
	double max_ms = of->skew_max_ms;
	double at = fraction(random);

	if (number == 0 || max_ms < SKEW_LEAST_MS)
		return 0;
	if (number == 1)
		return of->skew_max_ms * NS_PER_MS;
	if (number % 2 == 0)
		return (uint64_t)(at * max_ms * (double)NS_PER_MS);
	return (uint64_t)(SKEW_LEAST_MS * pow(max_ms / SKEW_LEAST_MS, at) * (double)NS_PER_MS);
}

static bool is_a_first(enum order order, struct random *random)
{
	switch (order) {
	case ORDER_EITHER:
		return random_below(random, 2) == 0;
	case ORDER_A_FIRST:
		return true;
	case ORDER_B_FIRST:
		return false;
	}
	return true;
}

static uint32_t soonest_lane(const uint64_t *free_ns, uint32_t n_lanes)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < n_lanes; i++)
		if (free_ns[i] < free_ns[best])
			best = i;
	return best;
}

void plan_runs(struct runner_plan plans[BENCH_RUNS_MAX], const struct bench_case *of,
	       uint64_t rtt_ns)
{
	uint64_t free_ns[BENCH_RUNS_MAX] = {0};
	uint64_t length_ns = ROUND_TRIPS * rtt_ns + CONNECT_MARGIN_NS;
	struct random random;

	/* Both methods get the same plan, and every benchmark the same as the one before. */
	random_init(&random, of->skew_max_ms + rtt_ns);
	/* Lanes that do not move in step. */
	for (uint32_t i = 0; i < of->n_at_once; i++)
		free_ns[i] = random_below(&random, length_ns);
	for (uint32_t i = 0; i < of->n_runs; i++) {
		uint64_t skew_ns = choose_skew_ns(of, i, &random);
		uint32_t lane = soonest_lane(free_ns, of->n_at_once);

		plans[i].start_ns = free_ns[lane];
		plans[i].skew_ns =
			is_a_first(of->order, &random) ? (int64_t)skew_ns : -(int64_t)skew_ns;
		free_ns[lane] += skew_ns + length_ns;
	}
}

static void sum_up(struct tally *tally, const struct runner_result *result,
		   const struct runner_plan *plans, uint64_t rtt_ns)
{
	int64_t past_ns[BENCH_RUNS_MAX];
	uint32_t n_connected = 0;

	for (uint32_t i = 0; i < result->n_runs; i++) {
		enum lab_side later = plans[i].skew_ns < 0 ? LAB_A : LAB_B;
		const struct run_result *run = &result->runs[i];

		if (run->outcome == RUN_CONNECTED)
			past_ns[n_connected++] = run->sides[later].last_ns - (int64_t)rtt_ns;
	}
	tally_times(tally, past_ns, n_connected, result->n_runs);
}

/* Names some runs that should have connected and did not. */
static void tell_failures(const struct bench_case *of, const struct runner_result *result,
			  const struct runner_plan *plans)
{
	uint32_t n_told = 0;

	for (uint32_t i = 0; i < result->n_runs && n_told < FAILURES_TOLD; i++) {
		const struct run_result *run = &result->runs[i];

		if (run->outcome == RUN_CONNECTED)
			continue;
		n_told++;
		fprintf(stderr,
			"bench: %s: run %u, skew %.3f ms: %s (a: %s after %u SYNs, b: %s after "
			"%u SYNs)\n",
			of->title, i, (double)plans[i].skew_ns / (double)NS_PER_MS,
			run_outcome_name(run->outcome),
			midair_result_name(run->sides[LAB_A].result), run->sides[LAB_A].n_dials,
			midair_result_name(run->sides[LAB_B].result),
			run->sides[LAB_B].n_dials);
	}
}

static int run(struct tally *tally, struct network *network, const struct scenario *scenario,
	       const struct bench_case *of)
{
	struct runner_plan plans[BENCH_RUNS_MAX];
	const struct runner_config config = {
		.scenario = scenario,
		.n_runs = of->n_runs,
		.first_port = BENCH_FIRST_PORT,
		.plans = plans,
	};
	struct runner_result *result;
	int error;

	plan_runs(plans, of, scenario->rtt_ns);
	error = runner_run(&result, network, &config, &tally->reason);
	if (error)
		return error;
	sum_up(tally, result, plans, scenario->rtt_ns);
	if ((scenario->flags & MIDAIR_ONCE) == 0 && !of->goal.is_open)
		tell_failures(of, result, plans);
	tally->lateness_ns =
		(int64_t)atomic_load(&wire_trace(network_wire(network))->lateness_max_ns);
	runner_result_free(result);
	return 0;
}

int measure_sessions_beside(struct tally *tally, const struct bench_case *of,
			    enum method method, disturb_function *disturb)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	struct network *network;
	pid_t disturber = -1;
	int error = bench_scenario(&scenario, of, method, &tally->reason);

	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	if (disturb)
		error = disturb(&disturber, network, of, &tally->reason);
	if (!error)
		error = run(tally, network, &scenario, of);
	namespace_kill(&disturber);
	network_free(network);
	return error;
}

int measure_sessions(struct tally *tally, const struct bench_case *of, enum method method)
{
	return measure_sessions_beside(tally, of, method, NULL);
}
