/* SPDX-License-Identifier: MIT */
#include "tests/sim/success_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plan_pairs.h"

#define MS UINT64_C(1000000)
/* A skew of 0 is one at random, of half a round trip at most. */
#define NO_SKEW_NS 1u
/* The seeds of one box against another. */
#define SEEDS_EACH    UINT64_C(10000)
#define ROW_BOXES_MAX PAIR_REACTIONS
#define CELL_SIZE     40
#define RUNS_LABEL    "Runs for each cell: "

static const uint64_t round_trips_ms[] = {10, 40, 80, 200};
enum skew { SKEW_USUAL, SKEW_NONE, SKEW_ROUND_TRIP, SKEW_400_MS };
#define N_SKEWS	      (SKEW_400_MS + 1)
#define N_ROUND_TRIPS (sizeof(round_trips_ms) / sizeof(round_trips_ms[0]))

static uint64_t skew_ns(enum skew skew, uint64_t rtt_ns)
{
	switch (skew) {
	case SKEW_USUAL:
		return 0;
	case SKEW_NONE:
		return NO_SKEW_NS;
	case SKEW_ROUND_TRIP:
		return rtt_ns;
	case SKEW_400_MS:
		return 400 * MS;
	}
	abort();
}

static const char *const skew_names[N_SKEWS] = {
	[SKEW_USUAL] = "as introductions come",
	[SKEW_NONE] = "both at once",
	[SKEW_ROUND_TRIP] = "one side a round trip later",
	[SKEW_400_MS] = "one side 400 ms later",
};

/* The boxes of one row. */
struct class
{
	struct pair_box boxes[ROW_BOXES_MAX];
	uint32_t n_boxes;
};

struct table {
	struct plan_worlds *worlds;
	struct class classes[N_PAIR_SETS][PAIR_CLASSES];
	enum pair_set set; /* of the table that is being made */
	struct pair_weather weather;
	uint32_t n_runs;
	bool is_wrong;
	struct sum {
		uint32_t n_cells, n_full_cells; /* of pairs with a way, each once */
		uint32_t n_runs, n_connected;
		double worst_percent;
	} sum;
};

struct cell {
	uint32_t n_runs, n_connected;
	uint64_t *took_ns; /* of the connected ones */
};

static void sort_boxes(struct table *table)
{
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++) {
		struct pair_box boxes[PAIR_BOXES];
		int n = pair_boxes(set, boxes);

		for (int i = 0; i < n; i++) {
			struct class *class = &table->classes[set][pair_class(&boxes[i])];

			class->boxes[class->n_boxes++] = boxes[i];
		}
	}
}

static const struct class *class_of(const struct table *table, int number)
{
	return &table->classes[table->set][number];
}

static int by_time(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t median_ns(const struct cell *cell)
{
	uint32_t middle = cell->n_connected / 2;

	qsort(cell->took_ns, cell->n_connected, sizeof(*cell->took_ns), by_time);
	if (cell->n_connected % 2 == 1)
		return cell->took_ns[middle];
	return (cell->took_ns[middle - 1] + cell->took_ns[middle]) / 2;
}

/* The runs go round the pairs of the two rows' boxes, and each pair's next run has the roles
 * exchanged (pair_run()). */
static void measure(struct table *table, int row, int column, struct cell *cell)
{
	const struct class *a = class_of(table, row);
	const struct class *b = class_of(table, column);
	uint32_t n_pairs = a->n_boxes * b->n_boxes;

	for (uint32_t i = 0; i < cell->n_runs; i++) {
		uint32_t pair = i % n_pairs;
		struct pair_tally tally;

		pair_run(table->worlds, table->set, &a->boxes[pair / b->n_boxes],
			 &b->boxes[pair % b->n_boxes], &table->weather,
			 pair * SEEDS_EACH + 1 + i / n_pairs, 1, &tally);
		if (tally.n_connected > 0)
			cell->took_ns[cell->n_connected++] = tally.sum_ns;
	}
}

static void complain(struct table *table, int row, int column, const char *what)
{
	char names[2][8];

	table->is_wrong = true;
	fprintf(stderr, "%s: %s, %s: round trip %" PRIu64 " ms, skew %" PRIu64 " ms: %s\n",
		pair_set_name(table->set), pair_class_name(row, names[0]),
		pair_class_name(column, names[1]), table->weather.rtt_ns / MS,
		table->weather.skew_ns / MS, what);
}

static void format_way(struct table *table, int row, int column, const struct plan *plan,
		       struct cell *cell, char text[CELL_SIZE])
{
	double percent = 100.0 * cell->n_connected / cell->n_runs;
	struct sum *sum = &table->sum;
	uint64_t took_ms;

	sum->n_cells++;
	sum->n_full_cells += cell->n_connected == cell->n_runs;
	sum->n_runs += cell->n_runs;
	sum->n_connected += cell->n_connected;
	if (percent < sum->worst_percent)
		sum->worst_percent = percent;
	if (cell->n_connected == 0) {
		complain(table, row, column, "there is a way, and nobody met");
		snprintf(text, CELL_SIZE, "**0 %%** %s", pair_letters(plan));
		return;
	}
	took_ms = (median_ns(cell) + MS / 2) / MS;
	if (cell->n_connected == cell->n_runs) {
		snprintf(text, CELL_SIZE, "100 %% %" PRIu64, took_ms);
		return;
	}
	if (plan->method == PLAN_PLAIN || plan->method == PLAN_ONE_WAY)
		complain(table, row, column, "not all met, and nothing was left to chance");
	snprintf(text, CELL_SIZE, "**%.0f %%** %" PRIu64 " %s", percent > 99 ? 99.0 : percent,
		 took_ms, pair_letters(plan));
}

static void format_cell(struct table *table, int row, int column, char text[CELL_SIZE])
{
	/* all of a row's boxes have the same plan: sim_plan_table's predictions */
	struct plan plan = pair_plan(table->set, &class_of(table, row)->boxes[0],
				     &class_of(table, column)->boxes[0]);
	bool is_way = plan.method != PLAN_NONE;
	struct cell cell = {.n_runs = is_way ? table->n_runs : (table->n_runs + 9) / 10};

	snprintf(text, CELL_SIZE, "%s", is_way ? "#" : pair_letters(&plan));
	if (table->n_runs == 0)
		return;
	cell.took_ns = calloc(cell.n_runs, sizeof(*cell.took_ns));
	if (!cell.took_ns)
		abort();
	measure(table, row, column, &cell);
	if (is_way)
		format_way(table, row, column, &plan, &cell, text);
	else if (cell.n_connected > 0)
		complain(table, row, column, "there is no way, and they met");
	free(cell.took_ns);
}

static void print_line(FILE *out, const struct table *table, const char *text)
{
	for (int i = 0; i < PAIR_CLASSES; i++)
		if (class_of(table, i)->n_boxes > 0)
			fprintf(out, " %s |", text);
}

static void print_head(FILE *out, const struct table *table)
{
	char name[8];

	fprintf(out, "| %s |", pair_set_name(table->set));
	for (int i = 0; i < PAIR_CLASSES; i++)
		if (class_of(table, i)->n_boxes > 0)
			fprintf(out, " %s |", pair_class_name(i, name));
	fprintf(out, "\n| --- |");
	print_line(out, table, "---");
}

/* Either half of it says the same; the runs are those of one. */
static void print_table(FILE *out, struct table *table)
{
	static char cells[PAIR_CLASSES][PAIR_CLASSES][CELL_SIZE];
	char name[8];

	print_head(out, table);
	for (int i = 0; i < PAIR_CLASSES; i++) {
		if (class_of(table, i)->n_boxes == 0)
			continue;
		fprintf(out, "\n| %s |", pair_class_name(i, name));
		for (int k = 0; k < PAIR_CLASSES; k++) {
			if (class_of(table, k)->n_boxes == 0)
				continue;
			if (k >= i)
				format_cell(table, i, k, cells[i][k]);
			fprintf(out, " %s |", k < i ? cells[k][i] : cells[i][k]);
		}
	}
	fprintf(out, "\n");
}

static void print_sum(FILE *out, const struct table *table, enum skew skew)
{
	const struct sum *sum = &table->sum;

	fprintf(out, "| %" PRIu64 " ms | %s |", table->weather.rtt_ns / MS, skew_names[skew]);
	if (table->n_runs == 0)
		fprintf(out, " # | # | # |\n");
	else
		fprintf(out, " %.2f %% | %u of %u | %.0f %% |\n",
			100.0 * sum->n_connected / sum->n_runs, sum->n_full_cells, sum->n_cells,
			sum->worst_percent);
}

static void print_weather(FILE *out, FILE *sums, struct table *table, uint64_t rtt_ms,
			  enum skew skew)
{
	table->weather.rtt_ns = rtt_ms * MS;
	table->weather.skew_ns = skew_ns(skew, table->weather.rtt_ns);
	table->sum = (struct sum){.worst_percent = 100};
	fprintf(out, "\n### Round trip %" PRIu64 " ms, %s\n", rtt_ms, skew_names[skew]);
	for (table->set = 0; table->set < N_PAIR_SETS; table->set++) {
		fprintf(out, "\n");
		print_table(out, table);
	}
	print_sum(sums, table, skew);
}

bool success_print(FILE *out, uint32_t n_runs)
{
	struct table table = {.worlds = plan_worlds_new(), .n_runs = n_runs};
	char *text = NULL;
	size_t size;
	FILE *tables = open_memstream(&text, &size);

	if (!tables)
		abort();
	sort_boxes(&table);
	if (n_runs > 0)
		fprintf(out, RUNS_LABEL "%u\n\n", n_runs);
	else
		fprintf(out, RUNS_LABEL "#\n\n");
	fprintf(out,
		"| round trip | skew | of all runs where there is a way | pairs that met in every "
		"run | the worst pair |\n| --: | --- | --: | --: | --: |\n");
	for (size_t i = 0; i < N_ROUND_TRIPS; i++)
		for (int skew = 0; skew < N_SKEWS; skew++)
			print_weather(tables, out, &table, round_trips_ms[i], (enum skew)skew);
	fclose(tables);
	fprintf(out, "\n");
	pair_print_reasons(out);
	fputs(text, out);
	free(text);
	plan_worlds_free(table.worlds);
	return !table.is_wrong;
}

/* Behind the bar that begins a cell. */
static bool is_figure(const char *cell)
{
	cell += strspn(cell, " *");
	return *cell >= '0' && *cell <= '9';
}

char *success_blank(const char *begin, const char *end)
{
	char *text = calloc(1, (size_t)(end - begin) + 1);
	size_t label = strlen(RUNS_LABEL);
	char *to = text;

	if (!text)
		abort();
	for (const char *at = begin; at < end;) {
		bool is_label =
			(size_t)(end - at) > label && strncmp(at, RUNS_LABEL, label) == 0;
		size_t n = is_label ? label : 1;

		memcpy(to, at, n);
		to += n;
		at += n;
		if (is_label) {
			*to++ = '#';
			at += strspn(at, "0123456789#");
		} else if (at[-1] == '|' && is_figure(at)) {
			memcpy(to, " # ", 3);
			to += 3;
			at += strcspn(at, "|\n");
		}
	}
	return text;
}
