/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Pairings through a server in host s. Host a waits in its room; b is the joiner, half a second
 * later. All runs of a case share one network and one server, each has its own room, and they
 * start so far apart that they are not in each other's way.
 *
 * The bound of a direct connection: TCP to the server is a round trip of b's, what b says then
 * takes half of one, the introduction the longer way back, the dial one round trip between the
 * two. What is measured comes on top of it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/case.h"
#include "lab/runner.h"
#include "os/clock.h"

#define NS_PER_MS     UINT64_C(1000000)
#define SKEW_NS	      INT64_C(500000000)
#define SPACE_MS      110u
#define FAILURES_TOLD 8

/* What of a run's later side is measured, past its bound. */
typedef int64_t past_function(const struct scenario *scenario,
			      const struct side_outcome *joiner);

static int64_t past_direct(const struct scenario *scenario, const struct side_outcome *joiner)
{
	int64_t bound_ns = (int64_t)(scenario_soonest_ns(scenario) - scenario->rtt_ns);

	return joiner->landed_ns - bound_ns;
}

/* From the direct connection on. */
static int64_t past_first_byte(const struct scenario *scenario,
			       const struct side_outcome *joiner)
{
	return joiner->first_byte_ns - joiner->landed_ns - (int64_t)scenario->rtt_ns;
}

static void tell_failure(const struct bench_case *of, const struct run_result *run,
			 uint32_t number)
{
	fprintf(stderr, "bench: %s: run %u: %s (a: %s, b: %s)\n", of->title, number,
		run_outcome_name(run->outcome), midair_result_name(run->sides[LAB_A].result),
		midair_result_name(run->sides[LAB_B].result));
}

static void sum_up(struct tally *tally, const struct bench_case *of,
		   const struct scenario *scenario, const struct runner_result *result,
		   past_function *past)
{
	int64_t past_ns[BENCH_RUNS_MAX];
	uint32_t n_connected = 0;

	for (uint32_t i = 0; i < result->n_runs; i++) {
		const struct run_result *run = &result->runs[i];

		if (run->outcome == RUN_CONNECTED)
			past_ns[n_connected++] = past(scenario, &run->sides[LAB_B]);
		else if (i - n_connected < FAILURES_TOLD)
			tell_failure(of, run, i);
	}
	tally_times(tally, past_ns, n_connected, result->n_runs);
}

static int run(struct tally *tally, struct network *network, const struct bench_case *of,
	       const struct scenario *scenario, past_function *past)
{
	struct runner_plan plans[BENCH_RUNS_MAX];
	const struct runner_config config = {
		.scenario = scenario,
		.n_runs = of->n_runs,
		.plans = plans,
	};
	uint64_t space_ns = NS_PER_MS * (of->space_ms != 0 ? of->space_ms : SPACE_MS);
	struct runner_result *result;
	int error;

	for (uint32_t i = 0; i < of->n_runs; i++)
		plans[i] = (struct runner_plan){.start_ns = i * space_ns, .skew_ns = SKEW_NS};
	error = runner_run(&result, network, &config, &tally->reason);
	if (error)
		return error;
	sum_up(tally, of, scenario, result, past);
	tally->lateness_ns = result->lateness_ns;
	runner_result_free(result);
	return 0;
}

static int measure(struct tally *tally, const struct bench_case *of, enum method method,
		   past_function *past)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	struct network *network;
	int error = bench_scenario(&scenario, of, method, &tally->reason);

	/* The bounds are those of a joiner that finds the other one waiting. */
	scenario.skew_ns = SKEW_NS;
	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	error = run(tally, network, of, &scenario, past);
	network_free(network);
	return error;
}

int measure_pair_direct(struct tally *tally, const struct bench_case *of, enum method method)
{
	return measure(tally, of, method, past_direct);
}

int measure_pair_first_byte(struct tally *tally, const struct bench_case *of,
			    enum method method)
{
	return measure(tally, of, method, past_first_byte);
}
