/* SPDX-License-Identifier: MIT */
#include "tests/sim/plan_surveys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/plan_world.h"

#define MS     UINT64_C(1000000)
#define RTT_NS (80 * MS)

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

static void survey(struct plan_worlds *worlds, uint64_t first, size_t row, bool is_impatient,
		   uint32_t n_runs, struct survey_tally *tally)
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
	for (uint64_t seed = first; seed < first + n_runs; seed++) {
		struct plan_outcome outcome;
		uint64_t n_syns;

		if (nat_behavior_parse(&trial.boxes[seed % 2], surveys[row].a) ||
		    nat_behavior_parse(&trial.boxes[1 - seed % 2], surveys[row].b))
			abort();
		plan_world_run(worlds, &trial, seed, &outcome);
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

/* Whether the row keeps its promise. */
static bool try_survey(struct plan_worlds *worlds, uint64_t first, size_t row, uint32_t n_runs,
		       bool is_told)
{
	struct survey_tally tally, impatient;

	survey(worlds, first, row, false, n_runs, &tally);
	if (is_told) {
		survey(worlds, first, row, true, n_runs, &impatient);
		print_survey(row, "waiting", n_runs, &tally);
		print_survey(row, "at once", n_runs, &impatient);
	}
	if (surveys[row].percent == 0 && tally.n_connected + tally.sum_syns == 0)
		return true;
	if (surveys[row].percent > 0 && tally.n_in_time * 100 >= n_runs * surveys[row].percent)
		return true;
	printf("FAILED  %s  %s: %u of %u in time after a quick look, %" PRIu64 " SYNs\n",
	       surveys[row].a, surveys[row].b, tally.n_in_time, n_runs, tally.sum_syns);
	return false;
}

uint32_t plan_surveys(uint64_t first, uint32_t n_runs, bool is_told)
{
	struct plan_worlds *worlds = plan_worlds_new();
	uint32_t n_wrong = 0;

	for (size_t row = 0; row < sizeof(surveys) / sizeof(*surveys); row++)
		n_wrong += !try_survey(worlds, first, row, n_runs, is_told);
	plan_worlds_free(worlds);
	return n_wrong;
}
