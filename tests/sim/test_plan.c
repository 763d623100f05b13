/* SPDX-License-Identifier: MIT */
/*
 * The plan's prediction is right for every pair of boxes. Where it says that there is a way, the
 * two connect, in every run but for what a birthday leaves to chance; where it says that there is
 * none, neither the plain dials nor the volleys of any other plan connect.
 *
 *	test_sim_plan [--runs N] [--from SEED]	N runs for each pair
 *	test_sim_plan --all			1,000 runs
 *	test_sim_plan --surveys			what it costs to wait for the survey, and saves
 *	test_sim_plan A B SEED			the story of one run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plan_pairs.h"

#define MS     UINT64_C(1000000)
#define RTT_NS (80 * MS)
/* "a little" */
#define LOSS_PPM 1000u
/* A birthday with both volleys fails once in ten million; with lost packets a little more. */
#define BIRTHDAY_MISSES_PER_1000 1u
/* A wrong plan may meet by luck: VOLLEY_SYNS_MAX dials, each to one port of 64,512, are one in
 * eight. A way is something else. */
#define LUCK_PERCENT 33u

struct test {
	struct plan_worlds *worlds;
	uint64_t first;
	uint32_t n_runs;
	bool is_all;
	bool is_survey;
	uint32_t n_pairs, n_without_way, n_runs_done, n_missed, n_lies, n_lucky, n_late,
		n_wrong;
};

static void complain(struct test *test, const struct pair_box *a, const struct pair_box *b,
		     const struct pair_tally *tally, const char *what)
{
	test->n_wrong++;
	printf("FAILED  %s  %s: %s (%s): %u of %u connected\n", a->words, b->words, what,
	       plan_method_name(tally->plan.method), tally->n_connected, tally->n_runs);
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
	if (n_missed > n_allowed)
		complain(test, a, b, calm.n_connected < calm.n_runs ? &calm : &lossy,
			 "there is a way");
}

static void try_no_way(struct test *test, enum pair_set set, const struct pair_box *a,
		       const struct pair_box *b)
{
	struct pair_weather weather = {.rtt_ns = RTT_NS};
	struct pair_tally tally;
	uint32_t n_runs = test->is_all ? test->n_runs : 1;

	test->n_without_way++;
	pair_run(test->worlds, set, a, b, &weather, test->first, n_runs, &tally);
	test->n_runs_done += n_runs;
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

			test->n_pairs++;
			if (plan.method == PLAN_NONE)
				try_no_way(test, set, &boxes[i], &boxes[k]);
			else
				try_way(test, set, &boxes[i], &boxes[k], &plan);
		}
	}
}

/* The figures that are promised. */
static const struct {
	const char *a, *b;
	uint64_t within_ms;
	uint32_t percent;
} figures[] = {
	{"apdf/drop", "apdm/random/drop", 3000, 98},
	{"apdf/rst", "apdm/random/rst", 3000, 98},
	{"apdf/icmp", "apdm/random/icmp", 3000, 98},
	{"apdf/drop", "apdm/random/rst", 3000, 98},
	{"apdf/rst", "apdm/random/drop", 3000, 98},
	{"apdf/drop", "apdm/sequential:1/drop/background:20", 2000, 95},
	{"apdf/rst", "apdm/sequential:10/rst/background:50", 2000, 95},
	{"apdf/drop", "apdm/sequential:7/icmp/background:50", 2000, 95},
	{"apdm/sequential:2/drop/background:20", "apdm/sequential:10/drop/background:50", 2000,
	 95},
	{"apdm/sequential:1/rst/background:50", "apdm/sequential:5/rst/background:20", 2000,
	 95},
	{"apdm/sequential:3/drop/background:20", "apdm/sequential:3/rst/background:20", 2000,
	 95},
};

static void try_figure(struct test *test, size_t i)
{
	uint32_t n_runs = test->is_all ? 1000 : 20;
	uint32_t n_in_time = 0;
	struct plan_trial trial = {
		.family = MIDAIR_IPV4,
		.rtt_ns = RTT_NS,
		.jitter_ns = RTT_NS / 40,
		.timeout_ns = 15000 * MS,
	};

	for (uint64_t seed = test->first; seed < test->first + n_runs; seed++) {
		struct plan_outcome outcome;

		if (nat_behavior_parse(&trial.boxes[seed % 2], figures[i].a) ||
		    nat_behavior_parse(&trial.boxes[1 - seed % 2], figures[i].b))
			abort();
		plan_world_run(test->worlds, &trial, seed, &outcome);
		n_in_time +=
			outcome.is_connected && outcome.took_ns <= figures[i].within_ms * MS;
	}
	if (test->is_all)
		printf("%-38s %-38s %6.2f %% within %u ms\n", figures[i].a, figures[i].b,
		       100.0 * n_in_time / n_runs, (unsigned int)figures[i].within_ms);
	if (n_in_time * 100 < n_runs * figures[i].percent) {
		test->n_wrong++;
		printf("FAILED  %s  %s: %u of %u in time\n", figures[i].a, figures[i].b,
		       n_in_time, n_runs);
	}
}

/* What the filters do is known 0.7 s, and the way of a report, after what the ports do. */
#define SURVEY_NS (800 * MS)

/* Both sides plan with a quick look at first. */
static const struct {
	const char *a, *b;
	uint32_t percent; /* within 3 s; 0: there is no way */
} surveys[] = {
	{"apdf/drop", "apdm/random/drop", 98},
	{"apdf/rst", "apdm/random/rst", 98},
	{"adf/drop", "apdm/random/drop", 100},
	{"adm/adf/random/drop", "apdm/random/drop", 100},
	{"adm/adf/random/rst", "apdm/random/rst", 98},
	{"adm/adf/random/drop", "adm/adf/random/rst", 98},
	{"apdm/random/drop", "apdm/random/drop", 0},
	{"apdm/random/rst", "apdm/random/drop", 0},
};

struct survey_tally {
	uint32_t n_connected, n_in_time;
	uint64_t sum_ns, sum_syns, most_syns;
};

static void survey(struct test *test, size_t row, bool is_impatient, uint32_t n_runs,
		   struct survey_tally *tally)
{
	struct plan_trial trial = {
		.family = MIDAIR_IPV4,
		.rtt_ns = RTT_NS,
		.jitter_ns = RTT_NS / 40,
		.timeout_ns = (surveys[row].percent ? 15000 : 3000) * MS,
		.survey_ns = SURVEY_NS,
		.is_impatient = is_impatient,
	};

	*tally = (struct survey_tally){0};
	for (uint64_t seed = test->first; seed < test->first + n_runs; seed++) {
		struct plan_outcome outcome;
		uint64_t n_syns;

		if (nat_behavior_parse(&trial.boxes[seed % 2], surveys[row].a) ||
		    nat_behavior_parse(&trial.boxes[1 - seed % 2], surveys[row].b))
			abort();
		plan_world_run(test->worlds, &trial, seed, &outcome);
		n_syns = outcome.n_syns[0] + outcome.n_syns[1];
		tally->sum_syns += n_syns;
		tally->most_syns = n_syns > tally->most_syns ? n_syns : tally->most_syns;
		tally->n_connected += outcome.is_connected;
		if (!outcome.is_connected)
			continue;
		tally->sum_ns += outcome.took_ns;
		tally->n_in_time += outcome.took_ns <= 3000 * MS;
	}
}

static void print_survey(size_t row, const char *how, uint32_t n_runs,
			 const struct survey_tally *tally)
{
	uint32_t n = tally->n_connected > 0 ? tally->n_connected : 1;

	printf("%-22s %-22s %-10s %6.2f %% within 3 s, mean %6.1f ms, %7.1f SYNs (%" PRIu64
	       " at most)\n",
	       surveys[row].a, surveys[row].b, how, 100.0 * tally->n_in_time / n_runs,
	       (double)tally->sum_ns / n / MS, (double)tally->sum_syns / n_runs,
	       tally->most_syns);
}

static void try_survey(struct test *test, size_t row)
{
	uint32_t n_runs = test->is_all || test->is_survey ? 500 : 10;
	struct survey_tally tally, impatient;

	survey(test, row, false, n_runs, &tally);
	if (test->is_survey) {
		survey(test, row, true, n_runs, &impatient);
		print_survey(row, "waiting", n_runs, &tally);
		print_survey(row, "at once", n_runs, &impatient);
	}
	if (surveys[row].percent == 0 && tally.n_connected + tally.sum_syns == 0)
		return;
	if (surveys[row].percent > 0 && tally.n_in_time * 100 >= n_runs * surveys[row].percent)
		return;
	test->n_wrong++;
	printf("FAILED  %s  %s: %u of %u in time after a quick look, %" PRIu64 " SYNs\n",
	       surveys[row].a, surveys[row].b, tally.n_in_time, n_runs, tally.sum_syns);
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

int main(int n_arguments, char **arguments)
{
	struct test test = {.worlds = plan_worlds_new(), .first = 1, .n_runs = 6};

	if (n_arguments == 4 && arguments[1][0] != '-') {
		int result = tell(test.worlds, arguments + 1);

		plan_worlds_free(test.worlds);
		return result;
	}
	for (int i = 1; i < n_arguments; i++) {
		const char *value = i + 1 < n_arguments ? arguments[i + 1] : "0";

		if (strcmp(arguments[i], "--surveys") == 0) {
			test.is_survey = true;
		} else if (strcmp(arguments[i], "--all") == 0) {
			test.is_all = true;
			test.n_runs = 1000;
		} else if (strcmp(arguments[i], "--runs") == 0) {
			test.n_runs = (uint32_t)strtoul(value, NULL, 10);
		} else if (strcmp(arguments[i], "--from") == 0) {
			test.first = strtoull(value, NULL, 10);
		}
	}
	for (enum pair_set set = 0; set < N_PAIR_SETS && !test.is_survey; set++)
		try_set(&test, set);
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures) && !test.is_survey; i++)
		try_figure(&test, i);
	for (size_t i = 0; i < sizeof(surveys) / sizeof(*surveys); i++)
		try_survey(&test, i);
	if (test.is_survey) {
		plan_worlds_free(test.worlds);
		return test.n_wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (test.n_lucky * 100 > test.n_lies * LUCK_PERCENT / 8)
		test.n_wrong++;
	printf("%u pairs, %u without a way; %u runs, %u missed a way that there is, %u later "
	       "than 3 s without loss, %u lucky in a plan that was not theirs; %u wrong\n",
	       test.n_pairs, test.n_without_way, test.n_runs_done, test.n_missed, test.n_late,
	       test.n_lucky, test.n_wrong);
	plan_worlds_free(test.worlds);
	return test.n_wrong == 0 && test.n_pairs > 800 ? EXIT_SUCCESS : EXIT_FAILURE;
}
