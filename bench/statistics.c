/* SPDX-License-Identifier: MIT */
#include "bench/statistics.h"

#include <stdlib.h>

static int compare(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one;
	int64_t b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static int64_t middle_of(const int64_t *sorted, size_t n_values)
{
	int64_t low = sorted[(n_values - 1) / 2];
	int64_t high = sorted[n_values / 2];

	return low + (high - low) / 2;
}

struct summary summarise(int64_t *values, size_t n_values)
{
	if (n_values == 0)
		return (struct summary){0};
	qsort(values, n_values, sizeof(values[0]), compare);
	return (struct summary){
		.median = middle_of(values, n_values),
		.p99 = values[(n_values * 99 + 99) / 100 - 1],
		.largest = values[n_values - 1],
	};
}
