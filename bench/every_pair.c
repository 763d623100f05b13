/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Every line runs in networks of its own, three lines at a time; of one line the runs are behind the
 * same two boxes. A line has a goal: all of its runs come out as it expects (a direct connection; the
 * relay, where there is no direct way and it is allowed; neither, where it is not), and for the relay
 * that both sides have turned to it in time.
 */
#include "bench/every_pair.h"

#include <inttypes.h>
#include <string.h>

#include "core/duration.h"
#include "lab/batch.h"
#include "lab/report.h"
#include "lab/scenario_list.h"
#include "lab/stagger.h"

#define N_RUNS 50u
/* Of a line whose runs are a second apart, because ports have to be guessed. */
#define N_RUNS_SLOW 20u
#define SLOW_NS	    UINT64_C(200000000)
#define N_PARALLEL  3u
#define DECISION_NS INT64_C(1500000000)
#define NS_PER_MS   1e6
#define CELL_SIZE   64

enum sort { SORT_DIRECT, SORT_RELAY, SORT_NONE };
#define N_SORTS (SORT_NONE + 1)

static const char *const sort_names[N_SORTS] = {
	[SORT_DIRECT] = "direct",
	[SORT_RELAY] = "relay",
	[SORT_NONE] = "no way",
};

struct sum {
	uint32_t n_lines, n_full, n_runs, n_as_expected, n_undecided;
	int64_t decision_ns;
};

struct table {
	FILE *to;
	enum report_form form;
	struct sum sums[N_SORTS];
	int n_missed;
};

static enum sort sort_of(const struct scenario *line)
{
	if (line->expectation != SCENARIO_CONNECT)
		return SORT_NONE;
	return line->is_via_relay ? SORT_RELAY : SORT_DIRECT;
}

static bool is_decided_in_time(const struct batch_item *item)
{
	return sort_of(item->scenario) != SORT_RELAY ||
	       (item->decision_ns >= 0 && item->decision_ns <= DECISION_NS);
}

static bool is_full(const struct batch_item *item)
{
	return !item->error && item->judgement.n_runs > 0 &&
	       item->judgement.n_as_expected == item->judgement.n_runs;
}

static void print_head(const struct table *table)
{
	if (table->form == REPORT_MARKDOWN)
		fprintf(table->to,
			"| pair | a | b | skew | way | runs | as expected | median | 99 of 100 | "
			"relay decided | reached |\n"
			"| --- | --- | --- | --: | --- | --: | --: | --: | --: | --: | --- |\n");
	else
		fprintf(table->to, "%-46s %-6s %4s %9s %12s %12s %9s  %s\n", "PAIR", "WAY",
			"RUNS", "EXPECTED", "MEDIAN", "P99", "DECIDED", "REACHED");
}

static void format_times(const struct batch_item *item, char median[CELL_SIZE],
			 char p99[CELL_SIZE], char decided[CELL_SIZE])
{
	const struct judgement *judgement = &item->judgement;
	int64_t bound_ns = (int64_t)scenario_soonest_ns(item->scenario);

	snprintf(median, CELL_SIZE, "-");
	snprintf(p99, CELL_SIZE, "-");
	snprintf(decided, CELL_SIZE, "-");
	if (!item->error && judgement->median_ns > 0) {
		snprintf(median, CELL_SIZE, "%+.1f ms",
			 (double)(judgement->median_ns - bound_ns) / NS_PER_MS);
		snprintf(p99, CELL_SIZE, "%+.1f ms",
			 (double)(judgement->p99_ns - bound_ns) / NS_PER_MS);
	}
	if (sort_of(item->scenario) == SORT_RELAY && item->decision_ns >= 0)
		snprintf(decided, CELL_SIZE, "%.0f ms", (double)item->decision_ns / NS_PER_MS);
}

static void print_line(const struct table *table, const struct batch_item *item,
		       bool is_reached)
{
	const struct scenario *line = item->scenario;
	const struct judgement *judgement = &item->judgement;
	char median[CELL_SIZE], p99[CELL_SIZE], decided[CELL_SIZE];
	char a[NAT_BEHAVIOR_TEXT_SIZE], b[NAT_BEHAVIOR_TEXT_SIZE];
	double percent = judgement->n_runs > 0
				 ? 100.0 * judgement->n_as_expected / judgement->n_runs
				 : 0;

	format_times(item, median, p99, decided);
	if (table->form == REPORT_MARKDOWN)
		fprintf(table->to,
			"| %s | `%s` | `%s` | %.0f ms | %s | %" PRIu32
			" | %.*f %% | %s | %s | %s | %s |\n",
			line->name, nat_behavior_format(&line->a, a),
			nat_behavior_format(&line->b, b), (double)line->skew_ns / NS_PER_MS,
			sort_names[sort_of(line)], judgement->n_runs,
			percent > 0 && percent < 100, percent, median, p99, decided,
			is_reached ? "yes" : "NO");
	else
		fprintf(table->to, "%-46s %-6s %4" PRIu32 " %7.*f %% %12s %12s %9s  %s\n",
			line->name, sort_names[sort_of(line)], judgement->n_runs,
			percent > 0 && percent < 100, percent, median, p99, decided,
			is_reached ? "yes" : "NO");
	if (item->error)
		fprintf(stderr, "bench: %s: %s\n", line->name, item->reason.text);
}

static void tell(void *context, const struct batch_item *item)
{
	struct table *table = context;
	struct sum *sum = &table->sums[sort_of(item->scenario)];
	bool is_reached = is_full(item) && is_decided_in_time(item);

	sum->n_lines++;
	sum->n_full += is_full(item);
	sum->n_runs += item->judgement.n_runs;
	sum->n_as_expected += item->judgement.n_as_expected;
	sum->n_undecided += !is_decided_in_time(item);
	if (item->decision_ns > sum->decision_ns)
		sum->decision_ns = item->decision_ns;
	table->n_missed += !is_reached;
	print_line(table, item, is_reached);
}

static void print_sums(const struct table *table)
{
	const char *mark = table->form == REPORT_MARKDOWN ? "- " : "";

	fprintf(table->to, "\n");
	for (int i = 0; i < N_SORTS; i++) {
		const struct sum *sum = &table->sums[i];

		if (sum->n_lines == 0)
			continue;
		fprintf(table->to,
			"%s%s: %" PRIu32 " of %" PRIu32
			" runs as expected, in every run of %" PRIu32 " of %" PRIu32 " lines",
			mark, sort_names[i], sum->n_as_expected, sum->n_runs, sum->n_full,
			sum->n_lines);
		if (i == SORT_RELAY)
			fprintf(table->to,
				"; decided within %.1f s in every run of %" PRIu32
				" lines, after %.1f s at the longest",
				(double)DECISION_NS / 1e9, sum->n_lines - sum->n_undecided,
				(double)sum->decision_ns / 1e9);
		fprintf(table->to, "\n");
	}
}

static bool is_slow(const struct scenario *line)
{
	return sort_of(line) != SORT_DIRECT || stagger_ns(line) >= SLOW_NS;
}

/* The quick ones, or the others. 0, or lab_fail(). */
static int run_lines(struct table *table, const struct scenario_list *list, const char *only,
		     bool are_slow, struct lab_reason *reason)
{
	const struct batch_config config = {
		.n_runs = are_slow ? N_RUNS_SLOW : N_RUNS,
		.n_parallel = N_PARALLEL,
		.tell = tell,
		.context = table,
	};
	const struct scenario *chosen[SCENARIO_LIST_MAX];
	struct batch_item *items;
	size_t n_chosen = 0;

	for (size_t i = 0; i < list->n_scenarios; i++)
		if (list->scenarios[i].has_server && is_slow(&list->scenarios[i]) == are_slow &&
		    (!only || strstr(list->scenarios[i].name, only)))
			chosen[n_chosen++] = &list->scenarios[i];
	items = batch_items_new(chosen, n_chosen);
	if (!items)
		return lab_fail(reason, 0, "cannot share memory");
	batch_run(items, n_chosen, &config);
	batch_items_free(items, n_chosen);
	return 0;
}

int every_pair(FILE *to, enum report_form form, const char *only, struct lab_reason *reason)
{
	struct table table = {.to = to, .form = form};
	struct scenario_list list;
	int result = scenario_list_read(&list, NULL, reason);

	if (result)
		return result;
	print_head(&table);
	for (int are_slow = 0; are_slow < 2 && !result; are_slow++)
		result = run_lines(&table, &list, only, are_slow, reason);
	print_sums(&table);
	scenario_list_deinit(&list);
	return result ? result : table.n_missed;
}
