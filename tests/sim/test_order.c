/* SPDX-License-Identifier: MIT */
/*
 * Who dials first: the old rule is that the side goes first whose box answers unsolicited SYNs, and the
 * one last whose box refuses a SYN that meets our own. Both sides would have to know of it, and one to
 * wait for half a round trip or a whole one. Against that: both at once, with dials that are held and
 * repeated, as the engine does. Waiting must not be better, or it would have to be built.
 *
 *	test_sim_order [--runs N]	N runs for each pair; from 10 on: the table as Markdown
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plan_pairs.h"

#define MS UINT64_C(1000000)
/* More is a difference. */
#define TOLERANCE_PER_1000 5u
#define TIMEOUT_NS	   (15000 * MS)
#define TABLE_RUNS	   10u

/* How long the last side waits, in quarters of a round trip. */
static const uint32_t waits[] = {0, 2, 4};
#define N_WAITS (sizeof(waits) / sizeof(waits[0]))
/* The first is enough for a quick look. */
static const uint64_t round_trips_ms[] = {80, 10, 40, 200};
#define N_ROUND_TRIPS (sizeof(round_trips_ms) / sizeof(round_trips_ms[0]))

struct tally {
	uint32_t n_runs, n_connected;
	uint64_t *took_ns;
	uint32_t n_room;
};

/* -1: the rule says nothing: both boxes are alike in what it asks. */
static int last_side(const struct pair_box *a, const struct pair_box *b)
{
	bool does_a_answer = a->behavior.reaction != NAT_REACTION_DROP;
	bool does_b_answer = b->behavior.reaction != NAT_REACTION_DROP;

	if (a->refuses != b->refuses)
		return b->refuses;
	return does_a_answer == does_b_answer ? -1 : does_a_answer;
}

static void count(struct tally *tally, const struct plan_outcome *outcome)
{
	tally->n_runs++;
	if (!outcome->is_connected)
		return;
	if (tally->n_connected == tally->n_room) {
		tally->n_room = tally->n_room ? 2 * tally->n_room : 1024;
		tally->took_ns =
			realloc(tally->took_ns, tally->n_room * sizeof(*tally->took_ns));
		if (!tally->took_ns)
			abort();
	}
	tally->took_ns[tally->n_connected++] = outcome->took_ns;
}

static void run_pair(struct plan_worlds *worlds, const struct pair_box *a,
		     const struct pair_box *b, uint64_t rtt_ns, uint64_t wait_ns,
		     uint32_t n_runs, struct tally *tally)
{
	int last = last_side(a, b);
	struct plan_trial trial = {
		.family = MIDAIR_IPV4,
		.rtt_ns = rtt_ns,
		.jitter_ns = rtt_ns / 40,
		.timeout_ns = TIMEOUT_NS,
	};

	for (uint64_t seed = 1; seed <= n_runs; seed++) {
		uint32_t of_a = seed % 2;
		struct plan_outcome outcome;

		trial.boxes[of_a] = a->behavior;
		trial.boxes[1 - of_a] = b->behavior;
		trial.hold_ns[0] = trial.hold_ns[1] = 0;
		trial.hold_ns[last == 0 ? of_a : 1 - of_a] = wait_ns;
		plan_world_run(worlds, &trial, seed, &outcome);
		count(tally, &outcome);
	}
}

/* Of the ways where both dial, or one's volley needs the other's. */
static uint32_t try_way(struct plan_worlds *worlds, enum plan_method method, uint64_t rtt_ns,
			uint32_t n_runs, struct tally tallies[N_WAITS])
{
	struct pair_box boxes[PAIR_BOXES];
	int n = pair_boxes(PAIR_SET_IPV4, boxes);
	uint32_t n_pairs = 0;

	for (int i = 0; i < n; i++) {
		for (int k = i; k < n; k++) {
			struct plan plan = pair_plan(PAIR_SET_IPV4, &boxes[i], &boxes[k]);

			if (plan.method != method || boxes[i].is_deaf || boxes[k].is_deaf ||
			    last_side(&boxes[i], &boxes[k]) < 0)
				continue;
			n_pairs++;
			for (size_t wait = 0; wait < N_WAITS; wait++)
				run_pair(worlds, &boxes[i], &boxes[k], rtt_ns,
					 waits[wait] * rtt_ns / 4, n_runs, &tallies[wait]);
		}
	}
	return n_pairs;
}

static int by_time(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t percentile_ns(const struct tally *tally, uint32_t percent)
{
	if (tally->n_connected == 0)
		return UINT64_MAX;
	return tally->took_ns[(uint64_t)(tally->n_connected - 1) * percent / 100];
}

/* On a short path refused dials live for about as long as a volley's batches are apart (5 ms): there
 * any shift of one side decides how often they overlap, for better (10 ms) or worse (5 ms), and says
 * nothing of an order. */
static bool is_by_phase(enum plan_method method, uint64_t rtt_ms)
{
	return method == PLAN_BIRTHDAY && rtt_ms < 40;
}

static bool is_better(const struct tally *waiting, const struct tally *at_once)
{
	return waiting->n_connected * 1000 >
		       at_once->n_connected * 1000 + TOLERANCE_PER_1000 * at_once->n_runs ||
	       percentile_ns(waiting, 50) * 100 < percentile_ns(at_once, 50) * 99;
}

static void print_row(enum plan_method method, uint64_t rtt_ms, uint32_t n_pairs,
		      const struct tally tallies[N_WAITS])
{
	printf("| %s | %" PRIu64 " ms | %" PRIu32 " | %" PRIu32 " |", plan_method_name(method),
	       rtt_ms, n_pairs, tallies[0].n_runs);
	for (size_t wait = 0; wait < N_WAITS; wait++)
		printf(" %.2f %%, %" PRIu64 " ms, %" PRIu64 " ms |",
		       100.0 * tallies[wait].n_connected / tallies[wait].n_runs,
		       percentile_ns(&tallies[wait], 50) / MS,
		       percentile_ns(&tallies[wait], 99) / MS);
	printf("\n");
}

static uint32_t compare(struct plan_worlds *worlds, enum plan_method method, uint64_t rtt_ms,
			uint32_t n_runs)
{
	struct tally tallies[N_WAITS] = {{.n_runs = 0}};
	uint32_t n_pairs = try_way(worlds, method, rtt_ms * MS, n_runs, tallies);
	uint32_t n_better = 0;

	for (size_t wait = 0; wait < N_WAITS; wait++)
		qsort(tallies[wait].took_ns, tallies[wait].n_connected,
		      sizeof(*tallies[wait].took_ns), by_time);
	for (size_t wait = 1; wait < N_WAITS; wait++) {
		if (is_by_phase(method, rtt_ms) || !is_better(&tallies[wait], &tallies[0]))
			continue;
		n_better++;
		fprintf(stderr, "FAILED  %s, round trip %" PRIu64 " ms: waiting is better\n",
			plan_method_name(method), rtt_ms);
	}
	if (n_runs >= TABLE_RUNS)
		print_row(method, rtt_ms, n_pairs, tallies);
	for (size_t wait = 0; wait < N_WAITS; wait++)
		free(tallies[wait].took_ns);
	return n_better;
}

int main(int n_arguments, char **arguments)
{
	static const enum plan_method methods[] = {PLAN_PLAIN, PLAN_ONE_WAY, PLAN_PREDICT,
						   PLAN_BIRTHDAY};
	bool is_told = n_arguments == 3 && strcmp(arguments[1], "--runs") == 0;
	uint32_t n_runs = is_told ? (uint32_t)strtoul(arguments[2], NULL, 10) : 1;
	struct plan_worlds *worlds = plan_worlds_new();
	uint32_t n_better = 0;

	if (n_runs >= TABLE_RUNS)
		printf("| way | round trip | pairs | runs | both at once: connected, median, 99 of "
		       "100 | the last waits half a round trip | the last waits a round trip |\n"
		       "| --- | --: | --: | --: | --: | --: | --: |\n");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		for (size_t k = 0; k < (n_runs >= TABLE_RUNS ? N_ROUND_TRIPS : 1); k++)
			n_better += compare(worlds, methods[i], round_trips_ms[k], n_runs);
	plan_worlds_free(worlds);
	return n_better == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
