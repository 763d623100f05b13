/* SPDX-License-Identifier: MIT */
/* statistics: what a column of numbers comes to. Pure. */
#ifndef MIDAIR_BENCH_STATISTICS_H
#define MIDAIR_BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct summary {
	int64_t median;
	int64_t p99;
	int64_t largest;
};

/* Sorts values. The median is the middle one, or the mean of the two in the middle; p99 is the
 * smallest value that 99 of 100 do not exceed (nearest rank). All zero for no values. */
struct summary summarise(int64_t *values, size_t n_values);

#endif
