/* SPDX-License-Identifier: MIT */
#include "bench/ports/report.h"

#include <assert.h>

#define CELL_SIZE    64
#define TEXT_FORMAT  "%-47s %13s %13s  %-16s %10s  %-13s %s\n"
#define TABLE_FORMAT "| %s | %s | %s | %s | %s | %s | %s |\n"
#define US	     1e3
#define MS	     1e6
#define S	     1e9

struct cells {
	char ours[CELL_SIZE], peer[CELL_SIZE], ratio[CELL_SIZE], goal[CELL_SIZE];
	const char *reached;
};

static int decimals(double value)
{
	return value >= 100 ? 0 : value >= 10 ? 1 : 2;
}

static void format_time(char cell[CELL_SIZE], double ns)
{
	double scale = ns < US ? 1 : ns < MS ? US : ns < S ? MS : S;
	const char *unit = ns < US ? "ns" : ns < MS ? "us" : ns < S ? "ms" : "s";

	snprintf(cell, CELL_SIZE, "%.*f %s", decimals(ns / scale), ns / scale, unit);
}

static void format_value(char cell[CELL_SIZE], enum unit unit, double value)
{
	switch (unit) {
	case UNIT_TIME:
		format_time(cell, value);
		break;
	case UNIT_RATE:
		snprintf(cell, CELL_SIZE, "%.0f/s", value);
		break;
	case UNIT_BYTES:
		snprintf(cell, CELL_SIZE, "%.1f bytes", value);
		break;
	case UNIT_TIMES:
		snprintf(cell, CELL_SIZE, "%.*fx", decimals(value), value);
		break;
	}
}

static void format_bound(char cell[CELL_SIZE], bool is_cut, enum unit unit, double value)
{
	char exact[CELL_SIZE];

	format_value(exact, unit, value);
	snprintf(cell, CELL_SIZE, "%s%.*s", is_cut ? "> " : "", CELL_SIZE - 4, exact);
}

static void format_goal(char cell[CELL_SIZE], const struct figure *figure)
{
	char limit[CELL_SIZE / 2];

	snprintf(cell, CELL_SIZE, "-");
	if (figure->goal <= 0)
		return;
	switch (figure->rule) {
	case RULE_CHEAPER:
	case RULE_FASTER:
		snprintf(cell, CELL_SIZE, "%.0fx", figure->goal);
		break;
	case RULE_GROWTH:
	case RULE_LINEAR:
		snprintf(cell, CELL_SIZE, "at most %gx", figure->goal);
		break;
	case RULE_LIMIT:
		if (figure->unit == UNIT_TIME)
			snprintf(limit, sizeof(limit), "%g us", figure->goal / US);
		else if (figure->unit == UNIT_BYTES)
			snprintf(limit, sizeof(limit), "%g bytes", figure->goal);
		else
			snprintf(limit, sizeof(limit), "%gx", figure->goal);
		snprintf(cell, CELL_SIZE, "at most %s", limit);
		break;
	}
}

static void format(struct cells *cells, const struct figure *figure,
		   const struct verdict *verdict)
{
	*cells = (struct cells){.ours = "-", .peer = "-", .ratio = "-"};
	if (verdict->is_measured)
		format_value(cells->ours, figure->unit, verdict->ours);
	if (verdict->has_peer)
		format_bound(cells->peer, verdict->is_peer_cut, figure->unit, verdict->peer);
	if (verdict->is_measured && verdict->has_ratio)
		format_bound(cells->ratio, verdict->is_peer_cut, UNIT_TIMES, verdict->ratio);
	format_goal(cells->goal, figure);
	cells->reached = !verdict->is_measured ? "not measured"
			 : figure->goal <= 0   ? "-"
			 : verdict->is_reached ? "yes"
					       : "NO";
}

static void print_head(FILE *to, bool is_markdown)
{
	if (!is_markdown) {
		fprintf(to, TEXT_FORMAT, "PORTS", "MIDAIR", "PEER", "WHICH", "RATIO", "GOAL",
			"REACHED");
		return;
	}
	fprintf(to, TABLE_FORMAT, "figure", "midair", "peer", "which peer", "ratio", "goal",
		"reached");
	fprintf(to, TABLE_FORMAT, "---", "--:", "--:", "---", "--:", "---", "---");
}

uint32_t report_print(FILE *to, const struct measured *measured, bool is_markdown)
{
	uint32_t n_goals = 0;
	uint32_t n_measured = 0;
	uint32_t n_reached = 0;

	print_head(to, is_markdown);
	for (uint32_t i = 0; i < n_figures; i++) {
		const struct figure *figure = &figures[i];
		struct verdict verdict;
		struct cells cells;

		figure_judge(&verdict, measured, figure);
		format(&cells, figure, &verdict);
		fprintf(to, is_markdown ? TABLE_FORMAT : TEXT_FORMAT, figure->title, cells.ours,
			cells.peer, figure->peer_title[0] != '\0' ? figure->peer_title : "-",
			cells.ratio, cells.goal, cells.reached);
		if (verdict.n_failures > 0)
			fprintf(stderr, "bench: %s: %u failures\n", figure->title,
				verdict.n_failures);
		if (figure->goal <= 0)
			continue;
		n_goals++;
		n_measured += verdict.is_measured;
		n_reached += verdict.is_reached;
	}
	if (!is_markdown)
		fprintf(to, "%u of %u goals reached.\n", n_reached, n_goals);
	return n_measured - n_reached;
}

static const char *const series_names[] = {
	[BIND_ADDRESS] = "bind-address",
	[BIND_PORT] = "bind-port",
	[BIND_PIN] = "bind-pin",
	[CROWD] = "dial",
	[FILL_KERNEL] = "fill-kernel",
	[FILL_POOL] = "fill-pool",
	[CLIFF_KERNEL] = "cliff-kernel",
	[CLIFF_POOL] = "cliff-pool",
	[CHURN_KERNEL] = "churn-kernel",
	[CHURN_POOL] = "churn-pool",
	[OPEN_KERNEL] = "open-kernel",
	[OPEN_POOL] = "open-pool",
	[REFUSAL_KERNEL] = "refusal-kernel",
	[REFUSAL_POOL] = "refusal-pool",
	[TIME_WAIT_KERNEL] = "time-wait-kernel",
	[TIME_WAIT_POOL] = "time-wait-pool",
	[TABLE_BPF] = "table-bpf",
	[TABLE_DIAG] = "table-no-bpf",
	[TABLE_SS] = "table-ss",
	[TABLE_NETSTAT] = "table-netstat",
	[WHY] = "why",
	[WHY_PROCESS] = "why-process",
	[GUARD] = "guard",
	[MEMORY] = "memory",
};
static_assert(sizeof(series_names) / sizeof(series_names[0]) == N_SERIES, "each has a name");

void report_print_points(FILE *to, const struct measured *measured)
{
	for (enum series_name name = 0; name < N_SERIES; name++) {
		const struct series *series = &measured->series[name];

		for (uint32_t i = 0; i < series->n_points; i++) {
			double x = series->points[i].x;
			double median;

			if (measured_at(measured, name, x, &median))
				fprintf(to, "%s %g %.6g\n", series_names[name], x, median);
		}
	}
}
