/* SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include <string.h>

#include "cli/json.h"

#define CELL_SIZE    128
#define ONCE_SIZE    (2 * CELL_SIZE + 4)
#define TEXT_FORMAT  "%-51s %-6s %4s %9s %11s %12s  %-38s %-7s  %s\n"
#define TABLE_FORMAT "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n"
#define NS_PER_MS    1e6
#define PERCENT	     100.0

struct cells {
	char skew[CELL_SIZE];
	char runs[CELL_SIZE], connected[CELL_SIZE], median[CELL_SIZE], p99[CELL_SIZE];
	char goal[CELL_SIZE], once[ONCE_SIZE];
	const char *reached;
};

static void format_percent(char cell[CELL_SIZE], const struct tally *tally)
{
	double percent = tally->n_runs > 0 ? PERCENT * tally->n_connected / tally->n_runs : 0;

	snprintf(cell, CELL_SIZE, "%.*f %%", percent > 0 && percent < PERCENT, percent);
}

static void format_time(char cell[CELL_SIZE], const struct tally *tally, int64_t past_ns)
{
	if (tally->n_connected == 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%+.3f ms", (double)past_ns / NS_PER_MS);
}

static void format_goal(char cell[CELL_SIZE], const struct goal *goal)
{
	size_t used;

	snprintf(cell, CELL_SIZE, "-");
	if (goal->is_open)
		return;
	snprintf(cell, CELL_SIZE, "%s%u %%", goal->is_at_least ? "at least " : "",
		 goal->connected_percent);
	used = strlen(cell);
	if (goal->median_ns > 0) {
		snprintf(cell + used, CELL_SIZE - used, ", median %g ms",
			 (double)goal->median_ns / NS_PER_MS);
		used = strlen(cell);
	}
	if (goal->p99_past_round_trip_ns > 0) {
		snprintf(cell + used, CELL_SIZE - used, ", p99 RTT + %g ms",
			 (double)goal->p99_past_round_trip_ns / NS_PER_MS);
		used = strlen(cell);
	}
	if (goal->all_within_ns > 0)
		snprintf(cell + used, CELL_SIZE - used, ", all within %g s",
			 (double)goal->all_within_ns / NS_PER_MS / 1e3);
}

static void format_once(char cell[ONCE_SIZE], const struct tally *tally)
{
	char percent[CELL_SIZE], median[CELL_SIZE];

	format_percent(percent, tally);
	format_time(median, tally, tally->past_ns.median);
	snprintf(cell, ONCE_SIZE, "%s (%s)", percent, median);
}

static void format_skew(char cell[CELL_SIZE], uint32_t skew_max_ms)
{
	if (skew_max_ms == 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "0-%g s", skew_max_ms / 1e3);
}

static const char *reached_text(const struct bench_case *of, const struct tally *tally)
{
	if (!is_goal_reached(of, tally))
		return "NO";
	return of->goal.is_open ? "-" : "yes";
}

static void format_row(struct cells *cells, const struct bench_row *row)
{
	const struct tally *tally = &row->tallies[METHOD_MIDAIR];
	const struct tally *once = &row->tallies[METHOD_ONCE];

	format_skew(cells->skew, row->what.skew_max_ms);
	snprintf(cells->runs, sizeof(cells->runs), "%u", tally->n_runs);
	format_percent(cells->connected, tally);
	format_time(cells->median, tally, tally->past_ns.median);
	format_time(cells->p99, tally, tally->past_ns.p99);
	format_goal(cells->goal, &row->what.goal);
	cells->reached = reached_text(&row->what, tally);
	if (row->what.is_without_once)
		snprintf(cells->once, sizeof(cells->once), "%s",
			 row->what.beside ? row->what.beside : "-");
	else if (once->error)
		snprintf(cells->once, sizeof(cells->once), "not measured");
	else
		format_once(cells->once, once);
}

static void print_error(const char *title, const struct tally *tally)
{
	if (tally->error)
		fprintf(stderr, "bench: %s: %s\n", title, tally->reason.text);
}

static void print_cells(FILE *to, const struct bench_row *row, enum report_form form)
{
	const char *title = row->what.title;
	struct cells cells;

	format_row(&cells, row);
	if (form == REPORT_MARKDOWN)
		fprintf(to, TABLE_FORMAT, title, cells.skew, cells.runs, cells.connected,
			cells.median, cells.p99, cells.goal, cells.reached, cells.once);
	else
		fprintf(to, TEXT_FORMAT, title, cells.skew, cells.runs, cells.connected,
			cells.median, cells.p99, cells.goal, cells.reached, cells.once);
}

static void json_tally(struct json *json, const struct tally *tally, bool is_once)
{
	json_integer(json, is_once ? "once_runs" : "runs", tally->n_runs);
	json_integer(json, is_once ? "once_connected" : "connected", tally->n_connected);
	if (tally->n_connected == 0)
		return;
	json_milliseconds(json, is_once ? "once_median_ms" : "median_ms",
			  tally->past_ns.median);
	json_milliseconds(json, is_once ? "once_p99_ms" : "p99_ms", tally->past_ns.p99);
	json_milliseconds(json, is_once ? "once_largest_ms" : "largest_ms",
			  tally->past_ns.largest);
}

static void print_json(FILE *to, const struct bench_row *row)
{
	const struct tally *tally = &row->tallies[METHOD_MIDAIR];
	char goal[CELL_SIZE];
	struct json json;

	format_goal(goal, &row->what.goal);
	json_begin(&json, to);
	json_string(&json, "case", row->what.title);
	json_string(&json, "world", row->what.world);
	json_integer(&json, "skew_max_ms", row->what.skew_max_ms);
	if (tally->error)
		json_string(&json, "error", tally->reason.text);
	json_tally(&json, tally, false);
	json_milliseconds(&json, "wire_lateness_ms", tally->lateness_ns);
	json_string(&json, "goal", goal);
	json_boolean(&json, "reached", is_goal_reached(&row->what, tally));
	if (!row->what.is_without_once)
		json_tally(&json, &row->tallies[METHOD_ONCE], true);
	json_end(&json);
}

static void print_row(FILE *to, const struct bench_row *row, enum report_form form)
{
	if (form == REPORT_JSON)
		print_json(to, row);
	else
		print_cells(to, row, form);
}

static void print_head(FILE *to, enum report_form form)
{
	if (form == REPORT_TEXT)
		fprintf(to, TEXT_FORMAT, "CASE", "SKEW", "RUNS", "CONNECTED", "MEDIAN", "P99",
			"GOAL", "REACHED", "ONE connect() EACH");
	if (form == REPORT_MARKDOWN) {
		fprintf(to, TABLE_FORMAT, "case", "skew", "runs", "connected", "median", "p99",
			"goal", "reached", "one `connect()` each");
		fprintf(to, TABLE_FORMAT, "---", "---", "--:", "--:", "--:", "--:", "---",
			"---", "--:");
	}
}

size_t report_print(FILE *to, const struct bench_plan *plan, enum report_form form)
{
	size_t n_goals = 0;
	size_t n_missed = 0;

	print_head(to, form);
	for (size_t i = 0; i < plan->n_rows; i++) {
		const struct bench_row *row = &plan->rows[i];

		print_row(to, row, form);
		for (int method = 0; method < N_METHODS; method++)
			print_error(row->what.title, &row->tallies[method]);
		n_goals += row->what.goal.is_open ? 0 : 1;
		if (!is_goal_reached(&row->what, &row->tallies[METHOD_MIDAIR]))
			n_missed++;
	}
	if (form == REPORT_TEXT)
		fprintf(to,
			"Times are past the later side's start + 1 round trip, past the "
			"agreed instant, or past what the title says.\n%zu of %zu goals reached.\n",
			n_goals - n_missed, n_goals);
	return n_missed;
}
