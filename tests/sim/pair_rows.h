/* SPDX-License-Identifier: MIT */
/* pair_rows: what came of all pairs of two kinds of boxes, added up, as a row of a Markdown table. */
#ifndef MIDAIR_TESTS_SIM_PAIR_ROWS_H
#define MIDAIR_TESTS_SIM_PAIR_ROWS_H

#include "tests/sim/plan_pairs.h"

struct pair_row {
	uint32_t n_pairs, n_direct, n_full; /* with a way; and met in every run */
	uint32_t n_runs, n_connected, n_in_time, syns_most;
	uint64_t sum_ns, slowest_ns;
	uint32_t n_in_vain, n_met; /* runs of pairs that have no way */
	bool has_method[PLAN_NONE + 1];
	bool has_reason[PLAN_REASON_NO_FAMILY + 1];
};

/* One more pair, and its runs. A tally without runs: only the plan is known. */
void pair_row_add_pair(struct pair_row *row, const struct plan *plan,
		       const struct pair_tally *tally);
/* One row is all of the other one as well. */
void pair_row_add(struct pair_row *row, const struct pair_row *other);

void pair_rows_print_head(FILE *out);
/* Nothing for kinds that the set has not. */
void pair_row_print(FILE *out, enum pair_set set, int one, int other,
		    const struct pair_row *row);

#endif
