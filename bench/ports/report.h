/* SPDX-License-Identifier: MIT */
/* report: the table of figures. */
#ifndef MIDAIR_BENCH_PORTS_REPORT_H
#define MIDAIR_BENCH_PORTS_REPORT_H

#include <stdio.h>

#include "bench/ports/figures.h"

/* Returns how many of the measured figures were not reached. */
uint32_t report_print(FILE *to, const struct measured *measured, bool is_markdown);

/* Every point of every series: its name, x, the median. */
void report_print_points(FILE *to, const struct measured *measured);

#endif
