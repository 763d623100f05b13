/* SPDX-License-Identifier: MIT */
#include "tests/sim/plan_figures.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/plan_world.h"

#define MS     UINT64_C(1000000)
#define RTT_NS (80 * MS)

static const struct figure {
	const char *a, *b;
	uint64_t within_ms;
	uint32_t percent;
	uint32_t n_volleys; /* 0: as planned, two */
} figures[] = {
	{"apdf/drop", "apdm/random/drop", 3000, 98, 1},
	{"apdf/drop", "apdm/random/drop", 3000, 98, 0},
	{"apdf/rst", "apdm/random/rst", 3000, 98, 1},
	{"apdf/rst", "apdm/random/rst", 3000, 98, 0},
	{"apdf/icmp", "apdm/random/icmp", 3000, 98, 1},
	{"apdf/icmp", "apdm/random/icmp", 3000, 98, 0},
	{"apdf/drop", "apdm/random/rst", 3000, 98, 1},
	{"apdf/drop", "apdm/random/rst", 3000, 98, 0},
	{"apdf/rst", "apdm/random/drop", 3000, 98, 1},
	{"apdf/rst", "apdm/random/drop", 3000, 98, 0},
	{"apdf/drop", "apdm/sequential:1/drop/background:20", 2000, 95, 0},
	{"apdf/rst", "apdm/sequential:10/rst/background:50", 2000, 95, 0},
	{"apdf/drop", "apdm/sequential:7/icmp/background:50", 2000, 95, 0},
	{"apdm/sequential:2/drop/background:20", "apdm/sequential:10/drop/background:50", 2000,
	 95, 0},
	{"apdm/sequential:1/rst/background:50", "apdm/sequential:5/rst/background:20", 2000, 95,
	 0},
	{"apdm/sequential:3/drop/background:20", "apdm/sequential:3/rst/background:20", 2000,
	 95, 0},
};

struct outcome {
	uint32_t n_runs, n_connected, n_in_time, syns_most[2];
	uint64_t *took_ns; /* of the connected ones */
};

static int by_time(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void count(struct outcome *outcome, const struct figure *figure,
		  const struct plan_outcome *run, uint32_t of_a)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t n_syns = run->n_syns[i == 0 ? of_a : 1 - of_a];

		if (n_syns > outcome->syns_most[i])
			outcome->syns_most[i] = n_syns;
	}
	if (!run->is_connected)
		return;
	outcome->n_in_time += run->took_ns <= figure->within_ms * MS;
	outcome->took_ns[outcome->n_connected++] = run->took_ns;
}

static void try_figure(struct plan_worlds *worlds, const struct figure *figure, uint64_t first,
		       struct outcome *outcome)
{
	struct plan_trial trial = {
		.family = MIDAIR_IPV4,
		.rtt_ns = RTT_NS,
		.jitter_ns = RTT_NS / 40,
		.timeout_ns = 15000 * MS,
		.n_volleys = figure->n_volleys,
	};

	for (uint64_t seed = first; seed < first + outcome->n_runs; seed++) {
		struct plan_outcome run;

		if (nat_behavior_parse(&trial.boxes[seed % 2], figure->a) ||
		    nat_behavior_parse(&trial.boxes[1 - seed % 2], figure->b))
			abort();
		plan_world_run(worlds, &trial, seed, &run);
		count(outcome, figure, &run, seed % 2);
	}
	qsort(outcome->took_ns, outcome->n_connected, sizeof(*outcome->took_ns), by_time);
}

static void print_head(FILE *table)
{
	fprintf(table,
		"| one box | the other | volleys | runs | connected | in time | goal | reached | "
		"median | 99 of 100 | SYNs of one side, of the other |\n"
		"| --- | --- | --- | --: | --: | --: | --- | --- | --: | --: | --: |\n");
}

static void print_figure(FILE *table, const struct figure *figure,
			 const struct outcome *outcome, bool is_reached)
{
	uint32_t last = outcome->n_connected > 0 ? outcome->n_connected - 1 : 0;

	fprintf(table,
		"| `%s` | `%s` | %s | %" PRIu32 " | %.1f %% | %.1f %% | %" PRIu32
		" %% within %" PRIu64 " s | %s | %" PRIu64 " ms | %" PRIu64 " ms | %" PRIu32
		", %" PRIu32 " |\n",
		figure->a, figure->b, figure->n_volleys == 1 ? "one" : "as planned",
		outcome->n_runs, 100.0 * outcome->n_connected / outcome->n_runs,
		100.0 * outcome->n_in_time / outcome->n_runs, figure->percent,
		figure->within_ms / 1000, is_reached ? "yes" : "NO",
		outcome->took_ns[last / 2] / MS, outcome->took_ns[last * 99 / 100] / MS,
		outcome->syns_most[0], outcome->syns_most[1]);
}

uint32_t plan_figures(uint64_t first, uint32_t n_runs, FILE *table)
{
	struct plan_worlds *worlds = plan_worlds_new();
	uint32_t n_wrong = 0;

	if (table)
		print_head(table);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct outcome outcome = {.n_runs = n_runs};
		bool is_reached;

		outcome.took_ns = calloc(n_runs + 1, sizeof(*outcome.took_ns));
		if (!outcome.took_ns)
			abort();
		try_figure(worlds, &figures[i], first, &outcome);
		is_reached = outcome.n_in_time * 100 >= n_runs * figures[i].percent;
		if (table)
			print_figure(table, &figures[i], &outcome, is_reached);
		/* what is promised is the plan as it is; one volley is for comparison */
		if (!is_reached && figures[i].n_volleys == 0) {
			n_wrong++;
			fprintf(stderr, "FAILED  %s  %s: %u of %u in time\n", figures[i].a,
				figures[i].b, outcome.n_in_time, n_runs);
		}
		free(outcome.took_ns);
	}
	if (table)
		fprintf(table, "\n");
	plan_worlds_free(worlds);
	return n_wrong;
}
