/* SPDX-License-Identifier: MIT */
#include "bench/ports/measured.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct measured *measured_new(void)
{
	void *shared = mmap(NULL, sizeof(struct measured), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

static const struct point *find(const struct series *series, double x)
{
	for (uint32_t i = 0; i < series->n_points; i++)
		if (series->points[i].x >= x && series->points[i].x <= x)
			return &series->points[i];
	return NULL;
}

static void add(struct measured *measured, enum series_name name, double x, double value,
		bool is_cut)
{
	struct series *series = &measured->series[name];
	const struct point *known = find(series, x);
	struct point *point;

	if (known == NULL && series->n_points == POINTS_AT_MOST)
		return;
	point = known != NULL ? &series->points[known - series->points]
			      : &series->points[series->n_points++];
	point->x = x;
	if (is_cut)
		point->is_cut = true;
	if (point->n_values < VALUES_AT_MOST)
		point->values[point->n_values++] = value;
}

void measured_add(struct measured *measured, enum series_name name, double x, double value)
{
	add(measured, name, x, value, false);
}

void measured_add_cut(struct measured *measured, enum series_name name, double x, double value)
{
	add(measured, name, x, value, true);
}

bool measured_is_cut(const struct measured *measured, enum series_name name, double x)
{
	const struct point *point = find(&measured->series[name], x);

	return point != NULL && point->is_cut;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one;
	double b = *(const double *)other;

	return (a > b) - (a < b);
}

double median_of(double *values, uint32_t n_values)
{
	if (n_values == 0)
		return 0;
	qsort(values, n_values, sizeof(values[0]), compare);
	return (values[(n_values - 1) / 2] + values[n_values / 2]) / 2;
}

bool measured_at(const struct measured *measured, enum series_name name, double x,
		 double *median)
{
	const struct point *point = find(&measured->series[name], x);
	double values[VALUES_AT_MOST];

	if (point == NULL || point->n_values == 0)
		return false;
	memcpy(values, point->values, sizeof(values));
	*median = median_of(values, point->n_values);
	return true;
}
