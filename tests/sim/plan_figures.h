/* SPDX-License-Identifier: MIT */
/* plan_figures: how often pairs whose ports have to be guessed meet in the time that is promised. */
#ifndef MIDAIR_TESTS_SIM_PLAN_FIGURES_H
#define MIDAIR_TESTS_SIM_PLAN_FIGURES_H

#include <stdint.h>
#include <stdio.h>

/* n_runs for each pair, seeds from `first` on; as a table in Markdown, or with table NULL only what is
 * wrong. Returns how many promises were not kept. */
uint32_t plan_figures(uint64_t first, uint32_t n_runs, FILE *table);

#endif
