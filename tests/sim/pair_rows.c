/* SPDX-License-Identifier: MIT */
#include "tests/sim/pair_rows.h"

#include <inttypes.h>

#define MS UINT64_C(1000000)

void pair_row_add_pair(struct pair_row *row, const struct plan *plan,
		       const struct pair_tally *tally)
{
	row->n_pairs++;
	row->has_method[plan->method] = true;
	if (plan->method == PLAN_NONE) {
		row->has_reason[plan->reason] = true;
		row->n_in_vain += tally->n_runs;
		row->n_met += tally->n_connected;
		return;
	}
	row->n_direct++;
	row->n_full += tally->n_connected == tally->n_runs;
	row->n_runs += tally->n_runs;
	row->n_connected += tally->n_connected;
	row->n_in_time += tally->n_in_time;
	row->sum_ns += tally->sum_ns;
	if (tally->slowest_ns > row->slowest_ns)
		row->slowest_ns = tally->slowest_ns;
	if (tally->syns_most > row->syns_most)
		row->syns_most = tally->syns_most;
}

void pair_row_add(struct pair_row *row, const struct pair_row *other)
{
	row->n_pairs += other->n_pairs;
	row->n_direct += other->n_direct;
	row->n_full += other->n_full;
	row->n_runs += other->n_runs;
	row->n_connected += other->n_connected;
	row->n_in_time += other->n_in_time;
	row->sum_ns += other->sum_ns;
	row->n_in_vain += other->n_in_vain;
	row->n_met += other->n_met;
	if (other->slowest_ns > row->slowest_ns)
		row->slowest_ns = other->slowest_ns;
	if (other->syns_most > row->syns_most)
		row->syns_most = other->syns_most;
	for (int i = 0; i <= PLAN_NONE; i++)
		row->has_method[i] |= other->has_method[i];
	for (int i = 0; i <= PLAN_REASON_NO_FAMILY; i++)
		row->has_reason[i] |= other->has_reason[i];
}

void pair_rows_print_head(FILE *out)
{
	fprintf(out,
		"|  | one box | the other | pairs | direct | met in every run | how | runs | "
		"connected | within 3 s | mean | slowest | SYNs of a volley | no way: why | "
		"tried all the same |\n"
		"| --- | --- | --- | --: | --: | --: | --- | --: | --: | --: | --: | --: | "
		"--: | --- | --: |\n");
}

static void print_names(FILE *out, const bool *has, int n, const char *(*name)(int))
{
	bool is_first = true;

	for (int i = 0; i < n; i++) {
		if (has[i])
			fprintf(out, "%s%s", is_first ? " " : ", ", name(i));
		is_first &= !has[i];
	}
	fprintf(out, " |");
}

static const char *method_name(int method)
{
	return plan_method_name((enum plan_method)method);
}

static const char *reason_name(int reason)
{
	return plan_reason_name((enum plan_reason)reason);
}

/* Never rounded up to all of them. */
static void print_share(FILE *out, uint32_t n, uint32_t n_all)
{
	if (n == n_all)
		fprintf(out, " 100 %% |");
	else
		fprintf(out, " %.3f %% |", 100.0 * n / n_all);
}

static void print_direct(FILE *out, const struct pair_row *row)
{
	if (row->n_connected == 0) {
		fprintf(out, " | | | | | |");
		return;
	}
	fprintf(out, " %" PRIu32 " |", row->n_runs);
	print_share(out, row->n_connected, row->n_runs);
	print_share(out, row->n_in_time, row->n_runs);
	fprintf(out, " %" PRIu64 " ms | %" PRIu64 " ms | %" PRIu32 " |",
		row->sum_ns / row->n_connected / MS, row->slowest_ns / MS, row->syns_most);
}

void pair_row_print(FILE *out, enum pair_set set, int one, int other,
		    const struct pair_row *row)
{
	if (row->n_pairs == 0)
		return;
	fprintf(out, "| %s | %s | %s | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " |",
		pair_set_name(set), pair_kind_name(set, one), pair_kind_name(set, other),
		row->n_pairs, row->n_direct, row->n_full);
	print_names(out, row->has_method, PLAN_NONE, method_name);
	print_direct(out, row);
	print_names(out, row->has_reason, PLAN_REASON_NO_FAMILY + 1, reason_name);
	if (row->n_in_vain > 0)
		fprintf(out, " %" PRIu32 " of %" PRIu32 " met |", row->n_met, row->n_in_vain);
	else
		fprintf(out, " |");
	fprintf(out, "\n");
}
