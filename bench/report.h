/* SPDX-License-Identifier: MIT */
/* report: the table, for people, for programs, and for docs/figures.md. */
#ifndef MIDAIR_BENCH_REPORT_H
#define MIDAIR_BENCH_REPORT_H

#include <stdio.h>

#include "bench/plan.h"

enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_MARKDOWN };

/* Returns how many goals were not reached. */
size_t report_print(FILE *to, const struct bench_plan *plan, enum report_form form);

#endif
