/* SPDX-License-Identifier: MIT */
/* figures: what is promised, and whether the numbers keep it. */
#ifndef MIDAIR_BENCH_PORTS_FIGURES_H
#define MIDAIR_BENCH_PORTS_FIGURES_H

#include "bench/ports/measured.h"

enum unit {
	UNIT_TIME,
	UNIT_RATE, /* a second */
	UNIT_BYTES,
	UNIT_TIMES,
};

enum rule {
	RULE_CHEAPER, /* peer / ours is at least the goal */
	RULE_FASTER,  /* ours / peer is at least the goal */
	RULE_GROWTH,  /* ours at x / ours at peer_x is at most the goal */
	RULE_LINEAR,  /* the same, divided by x / peer_x */
	RULE_LIMIT,   /* ours is at most the goal */
};

struct figure {
	const char *title;
	const char *peer_title;
	enum rule rule;
	enum unit unit;
	enum series_name ours, peer;
	double x, peer_x;
	double goal; /* 0: none */
};

struct verdict {
	bool is_measured;
	bool has_peer; /* a figure with a limit needs none */
	bool has_ratio;
	bool is_peer_cut; /* it took longer than that */
	bool is_reached;
	double ours, peer, ratio;
	uint32_t n_failures; /* of ours, and runs that were cut: none is part of every goal */
};

extern const struct figure figures[];
extern const uint32_t n_figures;

void figure_judge(struct verdict *verdict, const struct measured *measured,
		  const struct figure *figure);

#endif
