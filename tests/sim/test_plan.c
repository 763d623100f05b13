/* SPDX-License-Identifier: MIT */
/*
 * The plan's prediction is right for every pair of boxes. Where it says that there is a way, the
 * two connect, in every run but for what a birthday leaves to chance; where it says that there is
 * none, neither the plain dials nor the volleys of any other plan connect.
 *
 *	test_sim_plan [--runs N] [--from SEED]	N runs for each pair
 *	test_sim_plan --all [--runs N]		1,000 runs, or N, with what came of them as Markdown
 *	test_sim_plan --surveys			what it costs to wait for the survey, and saves
 *	test_sim_plan A B SEED			the story of one run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/pair_rows.h"
#include "tests/sim/plan_figures.h"
#include "tests/sim/plan_surveys.h"

#define MS     UINT64_C(1000000)
#define RTT_NS (80 * MS)
/* "a little" */
#define LOSS_PPM 1000u
/* A birthday with both volleys fails once in ten million; with lost packets a little more. */
#define BIRTHDAY_MISSES_PER_1000 1u
/* A wrong plan may meet by luck: VOLLEY_SYNS_MAX dials, each to one port of 64,512, are one in
 * eight. A way is something else. */
#define LUCK_PERCENT 33u

/* The processes of --all. */
#define N_WORKERS 2u

struct test {
	struct plan_worlds *worlds;
	uint64_t first;
	uint32_t n_runs;
	bool is_all;
	uint32_t worker, n_workers; /* this one's pairs are every n_workers-th */
	uint32_t n_pairs, n_without_way, n_runs_done, n_missed, n_lies, n_lucky, n_late,
		n_wrong;
	struct pair_row rows[N_PAIR_SETS][PAIR_KINDS][PAIR_KINDS];
};

static void complain(struct test *test, const struct pair_box *a, const struct pair_box *b,
		     const struct pair_tally *tally, const char *what)
{
	test->n_wrong++;
	fprintf(stderr, "FAILED  %s  %s: %s (%s): %u of %u connected\n", a->words, b->words,
		what, plan_method_name(tally->plan.method), tally->n_connected, tally->n_runs);
}

static struct pair_row *row_of(struct test *test, enum pair_set set, const struct pair_box *a,
			       const struct pair_box *b)
{
	return &test->rows[set][a->kind][b->kind];
}

/* What was lost on the way counts as well: it is one pair all the same. */
static void add_to_row(struct pair_row *row, const struct plan *plan,
		       const struct pair_tally *calm, const struct pair_tally *lossy)
{
	struct pair_tally sum = *calm;

	sum.n_runs += lossy->n_runs;
	sum.n_connected += lossy->n_connected;
	sum.n_in_time += lossy->n_in_time;
	sum.sum_ns += lossy->sum_ns;
	if (lossy->slowest_ns > sum.slowest_ns)
		sum.slowest_ns = lossy->slowest_ns;
	if (lossy->syns_most > sum.syns_most)
		sum.syns_most = lossy->syns_most;
	pair_row_add_pair(row, plan, &sum);
}

static void try_way(struct test *test, enum pair_set set, const struct pair_box *a,
		    const struct pair_box *b, const struct plan *plan)
{
	/* all of the cheap ones, and some of those that take long */
	bool is_cheap = plan->method == PLAN_PLAIN || plan->method == PLAN_ONE_WAY;
	uint32_t n_runs = is_cheap || test->is_all ? test->n_runs : (test->n_runs + 3) / 4;
	uint32_t n_lossy = n_runs / 4;
	struct pair_weather weather = {.rtt_ns = RTT_NS};
	struct pair_tally calm, lossy;
	uint32_t n_missed;
	uint32_t n_allowed = plan->method == PLAN_BIRTHDAY && test->is_all
				     ? n_runs * BIRTHDAY_MISSES_PER_1000 / 1000
				     : 0;

	pair_run(test->worlds, set, a, b, &weather, test->first, n_runs - n_lossy, &calm);
	weather.loss_ppm = LOSS_PPM;
	pair_run(test->worlds, set, a, b, &weather, test->first + n_runs, n_lossy, &lossy);
	n_missed = n_runs - calm.n_connected - lossy.n_connected;
	test->n_runs_done += n_runs;
	test->n_missed += n_missed;
	test->n_late += calm.n_connected - calm.n_in_time;
	add_to_row(row_of(test, set, a, b), plan, &calm, &lossy);
	if (n_missed > n_allowed)
		complain(test, a, b, calm.n_connected < calm.n_runs ? &calm : &lossy,
			 "there is a way");
}

static void try_no_way(struct test *test, enum pair_set set, const struct pair_box *a,
		       const struct pair_box *b, const struct plan *plan)
{
	struct pair_weather weather = {.rtt_ns = RTT_NS};
	struct pair_tally tally;
	uint32_t n_runs = test->is_all ? test->n_runs : 1;

	test->n_without_way++;
	pair_run(test->worlds, set, a, b, &weather, test->first, n_runs, &tally);
	test->n_runs_done += n_runs;
	pair_row_add_pair(row_of(test, set, a, b), plan, &tally);
	if (tally.n_connected > 0)
		complain(test, a, b, &tally, "there is no way");
	if (tally.syns_most > 0)
		complain(test, a, b, &tally, "a volley although there is no way");
	/* the lies take turns, for they are many */
	for (uint32_t i = 0; i < (test->is_all ? PAIR_LIES : 1); i++) {
		uint32_t n_lies = test->is_all ? n_runs / 30 : 1;

		weather.lie = 1 + (int)((test->first + test->n_without_way + i) % PAIR_LIES);
		pair_run(test->worlds, set, a, b, &weather, test->first, n_lies, &tally);
		test->n_runs_done += n_lies;
		test->n_lies += n_lies;
		test->n_lucky += tally.n_connected;
		if (test->is_all && tally.n_connected * 100 > n_lies * LUCK_PERCENT)
			complain(test, a, b, &tally, "another plan finds a way");
	}
}

static void try_set(struct test *test, enum pair_set set)
{
	struct pair_box boxes[PAIR_BOXES];
	int n = pair_boxes(set, boxes);

	for (int i = 0; i < n; i++) {
		for (int k = i; k < n; k++) {
			struct plan plan = pair_plan(set, &boxes[i], &boxes[k]);

			if (test->n_pairs++ % test->n_workers != test->worker)
				continue;
			if (plan.method == PLAN_NONE)
				try_no_way(test, set, &boxes[i], &boxes[k], &plan);
			else
				try_way(test, set, &boxes[i], &boxes[k], &plan);
		}
	}
}

static int tell(struct plan_worlds *worlds, char **arguments)
{
	struct plan_trial trial = {
		.family = MIDAIR_IPV4,
		.rtt_ns = RTT_NS,
		.jitter_ns = RTT_NS / 40,
		.timeout_ns = 15000 * MS,
	};
	struct plan_outcome outcome;

	for (int i = 0; i < 2; i++) {
		if (nat_behavior_parse(&trial.boxes[i], arguments[i])) {
			fprintf(stderr, "not a box: %s\n", arguments[i]);
			return EXIT_FAILURE;
		}
	}
	plan_worlds_last(worlds)->trace.is_on = true;
	plan_world_run(worlds, &trial, strtoull(arguments[2], NULL, 10), &outcome);
	printf("%s, %s: %s\n%s", plan_method_name(outcome.plan.method),
	       plan_reason_name(outcome.plan.reason),
	       outcome.is_connected ? "connected" : "not connected",
	       plan_worlds_last(worlds)->trace.text);
	return EXIT_SUCCESS;
}

static void try_all(struct test *test)
{
	test->worlds = plan_worlds_new();
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++)
		try_set(test, set);
	plan_worlds_free(test->worlds);
}

static void add(struct test *sum, const struct test *part)
{
	sum->n_pairs = part->n_pairs; /* everybody counts them all */
	sum->n_without_way += part->n_without_way;
	sum->n_runs_done += part->n_runs_done;
	sum->n_missed += part->n_missed;
	sum->n_lies += part->n_lies;
	sum->n_lucky += part->n_lucky;
	sum->n_late += part->n_late;
	sum->n_wrong += part->n_wrong;
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++)
		for (int i = 0; i < PAIR_KINDS; i++)
			for (int k = 0; k < PAIR_KINDS; k++)
				pair_row_add(&sum->rows[set][i][k], &part->rows[set][i][k]);
}

/* The pairs are shared out to processes; what each of them finds is in memory that all see. */
static void try_all_shared_out(struct test *test)
{
	struct test *parts = mmap(NULL, N_WORKERS * sizeof(*parts), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (parts == MAP_FAILED)
		abort();
	fflush(stdout);
	for (uint32_t i = 0; i < N_WORKERS; i++) {
		pid_t pid;

		parts[i] = *test;
		parts[i].worker = i;
		parts[i].n_workers = N_WORKERS;
		pid = fork();
		if (pid < 0)
			abort();
		if (pid == 0) {
			try_all(&parts[i]);
			_exit(EXIT_SUCCESS);
		}
	}
	for (uint32_t i = 0; i < N_WORKERS; i++) {
		int status = 1;

		if (wait(&status) < 0 || status != 0)
			abort();
	}
	for (uint32_t i = 0; i < N_WORKERS; i++)
		add(test, &parts[i]);
	munmap(parts, N_WORKERS * sizeof(*parts));
}

static void print_rows(const struct test *test)
{
	pair_rows_print_head(stdout);
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++)
		for (int i = 0; i < PAIR_KINDS; i++)
			for (int k = i; k < PAIR_KINDS; k++)
				pair_row_print(stdout, set, i, k, &test->rows[set][i][k]);
	printf("\n");
}

static int try_everything(struct test *test)
{
	if (test->is_all)
		try_all_shared_out(test);
	else
		try_all(test);
	if (test->is_all)
		print_rows(test);
	test->n_wrong += plan_figures(test->first, test->is_all ? test->n_runs : 20,
				      test->is_all ? stdout : NULL);
	test->n_wrong += plan_surveys(test->first, test->is_all ? 500 : 10, false);
	if (test->n_lucky * 100 > test->n_lies * LUCK_PERCENT / 8)
		test->n_wrong++;
	printf("%u pairs, %u without a way; %u runs, %u missed a way that there is, %u later "
	       "than 3 s without loss, %u lucky in a plan that was not theirs; %u wrong\n",
	       test->n_pairs, test->n_without_way, test->n_runs_done, test->n_missed,
	       test->n_late, test->n_lucky, test->n_wrong);
	return test->n_wrong == 0 && test->n_pairs > 1400 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int n_arguments, char **arguments)
{
	struct test test = {.first = 1, .n_workers = 1};

	if (n_arguments == 4 && arguments[1][0] != '-') {
		struct plan_worlds *worlds = plan_worlds_new();
		int result = tell(worlds, arguments + 1);

		plan_worlds_free(worlds);
		return result;
	}
	for (int i = 1; i < n_arguments; i++) {
		const char *value = i + 1 < n_arguments ? arguments[i + 1] : "0";

		if (strcmp(arguments[i], "--surveys") == 0)
			return plan_surveys(test.first, 500, true) == 0 ? EXIT_SUCCESS
									: EXIT_FAILURE;
		if (strcmp(arguments[i], "--all") == 0)
			test.is_all = true;
		else if (strcmp(arguments[i], "--runs") == 0)
			test.n_runs = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(arguments[i], "--from") == 0)
			test.first = strtoull(value, NULL, 10);
	}
	if (test.n_runs == 0)
		test.n_runs = test.is_all ? 1000 : 6;
	return try_everything(&test);
}
