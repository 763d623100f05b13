/* SPDX-License-Identifier: MIT */
/* svg: a plot of some lines, as an SVG picture. */
#ifndef MIDAIR_BENCH_PORTS_SVG_H
#define MIDAIR_BENCH_PORTS_SVG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct svg_axis {
	const char *title;
	double first, last;
	bool is_logarithmic; /* ticks at the powers of ten, else at n_ticks equal steps */
	uint32_t n_ticks;
	void (*format)(char *text, size_t size, double value);
};

struct svg_line {
	const char *title;
	const char *color;
	bool has_dots;
};

struct svg {
	FILE *to;
	const char *title;
	struct svg_axis x, y;
	uint32_t n_lines; /* drawn so far */
};

/* Frame, grid and labels. */
void svg_begin(const struct svg *svg);
/* A triangle on a point: it may lie higher. */
void svg_mark_bound(const struct svg *svg, const struct svg_line *line, double x, double y);
/* One line and its entry in the legend. Points outside the axes are left out. */
void svg_line(struct svg *svg, const struct svg_line *line, const double *x, const double *y,
	      uint32_t n_points);
/* A bar from the left, in the row with that y, with its text above it. x is logarithmic. */
void svg_bar(const struct svg *svg, const struct svg_line *line, double x, double y);
void svg_end(const struct svg *svg);

#endif
