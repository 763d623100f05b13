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
#include "lab/batch.h"
#include "lab/runner.h"
#include "lab/scenario_list.h"
#include "os/clock.h"

#define NS_PER_MS     UINT64_C(1000000)
#define SKEW_NS	      INT64_C(500000000)
#define SPACE_MS      110u
#define N_PARALLEL    3
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

static void tell_item(void *context, const struct batch_item *item)
{
	(void)context;
	if (item->error || item->judgement.n_as_expected < item->judgement.n_runs)
		fprintf(stderr, "bench: %s: %u of %u connected: %s\n", item->scenario->name,
			item->judgement.n_as_expected, item->judgement.n_runs,
			item->error ? item->reason.text : "");
}

/* All runs together; the times are those of the pairs, of each its median. */
static void sum_up_matrix(struct tally *tally, const struct batch_item *items, size_t n,
			  uint32_t n_runs)
{
	int64_t past_ns[SCENARIO_LIST_MAX];
	uint32_t n_times = 0;

	for (size_t i = 0; i < n; i++) {
		const struct judgement *judgement = &items[i].judgement;

		tally->n_runs += n_runs;
		if (items[i].error || judgement->n_as_expected == 0)
			continue;
		tally->n_connected += judgement->n_as_expected;
		past_ns[n_times++] =
			judgement->median_ns - (int64_t)scenario_soonest_ns(items[i].scenario);
	}
	if (n_times > 0)
		tally->past_ns = summarise(past_ns, n_times);
}

/* Every line of lab/pairs.conf that shall connect. */
int measure_pair_matrix(struct tally *tally, const struct bench_case *of, enum method method)
{
	const struct batch_config config = {
		.n_runs = of->n_runs,
		.n_parallel = N_PARALLEL,
		.tell = tell_item,
	};
	const struct scenario *chosen[SCENARIO_LIST_MAX];
	struct scenario_list list;
	struct batch_item *items;
	size_t n_chosen = 0;
	int error = scenario_list_read(&list, NULL, &tally->reason);

	(void)method;
	if (error)
		return error;
	for (size_t i = 0; i < list.n_scenarios; i++)
		if (list.scenarios[i].has_server &&
		    list.scenarios[i].expectation == SCENARIO_CONNECT)
			chosen[n_chosen++] = &list.scenarios[i];
	items = batch_items_new(chosen, n_chosen);
	if (!items)
		return lab_fail(&tally->reason, 0, "cannot share memory");
	batch_run(items, n_chosen, &config);
	sum_up_matrix(tally, items, n_chosen, of->n_runs);
	batch_items_free(items, n_chosen);
	scenario_list_deinit(&list);
	return 0;
}
