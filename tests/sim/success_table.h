/* SPDX-License-Identifier: MIT */
/* success_table: how often and how fast each pair of boxes meets in the simulator, for several round
 * trips and skews, as docs/success.md has it. */
#ifndef MIDAIR_TESTS_SIM_SUCCESS_TABLE_H
#define MIDAIR_TESTS_SIM_SUCCESS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SUCCESS_BEGIN "<!-- simulated: bench/success refresh -->\n"
#define SUCCESS_END   "<!-- end of simulated -->\n"
#define SUCCESS_RUNS  64u

/* n_runs for each cell; 0: none, a cell that would have a figure has # instead. False, and told on
 * standard error, when the plan is wrong about a pair. */
bool success_print(FILE *out, uint32_t n_runs);

/* What was printed (up to end) without its figures: alike with and without runs. For free(). */
char *success_blank(const char *begin, const char *end);

#endif
