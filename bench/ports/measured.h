/* SPDX-License-Identifier: MIT */
/*
 * measured: the numbers, as series of points. Each program of the benchmark adds values, the
 * report and the pictures read their medians.
 */
#ifndef MIDAIR_BENCH_PORTS_MEASURED_H
#define MIDAIR_BENCH_PORTS_MEASURED_H

#include <stdbool.h>
#include <stdint.h>

enum series_name {
	BIND_ADDRESS, /* ns of bind() over sharers, by what shares the port: SO_REUSEADDR */
	BIND_PORT,    /* SO_REUSEPORT */
	BIND_PIN,     /* IP_LOCAL_PORT_RANGE, which takes bind()'s place */
	CROWD,	      /* ns of a dial over the connections that its port has */
	FILL_KERNEL,  /* ns of a connection over the fill in per cent */
	FILL_POOL,
	CLIFF_KERNEL, /* last decile / first decile */
	CLIFF_POOL,
	CHURN_KERNEL, /* ns to close and to open, over the fill */
	CHURN_POOL,
	OPEN_KERNEL, /* of it the opening */
	OPEN_POOL,
	REFUSAL_KERNEL, /* ns to be told that the pool is full */
	REFUSAL_POOL,
	TIME_WAIT_KERNEL, /* connections a second */
	TIME_WAIT_POOL,
	TABLE_BPF, /* ns over rows */
	TABLE_DIAG,
	TABLE_SS,
	TABLE_NETSTAT,
	WHY,	     /* ns */
	WHY_PROCESS, /* with the owner's process */
	GUARD,	     /* ns */
	MEMORY,	     /* bytes of a tuple */
	N_SERIES,
};

#define POINTS_AT_MOST 104
#define VALUES_AT_MOST 32

struct point {
	double x;
	uint32_t n_values;
	bool is_cut; /* some values are lower bounds */
	double values[VALUES_AT_MOST];
};

struct series {
	uint32_t n_points; /* in the order in which they were added first */
	struct point points[POINTS_AT_MOST];
	bool is_cut;	     /* some values are lower bounds */
	uint32_t n_failures; /* connections that should have been opened */
};

struct measured {
	struct series series[N_SERIES];
};

/* In memory that child processes share; NULL: there is none. */
struct measured *measured_new(void);

/* Beyond what there is room for, values are dropped. */
void measured_add(struct measured *measured, enum series_name name, double x, double value);

/* The same of a value that is a lower bound. */
void measured_add_cut(struct measured *measured, enum series_name name, double x, double value);

/* Whether the median at x may be larger. */
bool measured_is_cut(const struct measured *measured, enum series_name name, double x);

/* The median at x; false: nothing was measured there. */
bool measured_at(const struct measured *measured, enum series_name name, double x,
		 double *median);

/* Sorts. */
double median_of(double *values, uint32_t n_values);

#endif
