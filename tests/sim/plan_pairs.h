/* SPDX-License-Identifier: MIT */
/* plan_pairs: every kind of box against every other one. */
#ifndef MIDAIR_TESTS_SIM_PLAN_PAIRS_H
#define MIDAIR_TESTS_SIM_PLAN_PAIRS_H

#include <stdio.h>

#include "tests/sim/plan_world.h"

/* A box is a kind, what it does with an unsolicited SYN, and whether one that meets our own is
 * unsolicited to it. The last two kinds are no box at all: a host that listens, and one that does
 * not, whose kernel answers. */
#define PAIR_KINDS     8
#define PAIR_BOX_KINDS 6
#define PAIR_REACTIONS 4
#define PAIR_BOXES     (PAIR_BOX_KINDS * PAIR_REACTIONS * 2 + PAIR_KINDS - PAIR_BOX_KINDS)

enum pair_set { PAIR_SET_IPV4, PAIR_SET_IPV6, N_PAIR_SETS };

/* "IPv4", "IPv6" */
const char *pair_set_name(enum pair_set set);
/* "full cone", ..., "public", "no listener" */
const char *pair_kind_name(enum pair_set set, int kind);

struct pair_box {
	int kind;
	int reaction;
	bool refuses;
	bool is_deaf; /* there is no listener */
	struct nat_behavior behavior;
	char words[NAT_BEHAVIOR_TEXT_SIZE];
};

int pair_boxes(enum pair_set set, struct pair_box boxes[PAIR_BOXES]);

/* A box as the plan sees it: of the reactions only an ICMP error that comes late makes a difference,
 * and only where a SYN that meets our own is refused. */
#define PAIR_ANSWERS 3
#define PAIR_CLASSES (PAIR_BOX_KINDS * PAIR_ANSWERS + PAIR_KINDS - PAIR_BOX_KINDS)

int pair_class(const struct pair_box *box);
/* "F", "F-", "F-i", ..., "public", "bare" */
const char *pair_class_name(int class, char name[static 8]);

struct pair_tally {
	struct plan plan;
	uint32_t n_runs;
	uint32_t n_connected;
	uint32_t n_in_time; /* within 3 s */
	uint64_t sum_ns;
	uint64_t slowest_ns;
	uint32_t syns_most; /* of one side's volley */
};

struct pair_weather {
	uint64_t rtt_ns;
	uint32_t loss_ppm;
	/* The later side's start, after the earlier one's; 0: as introductions come. */
	uint64_t skew_ns;
	int lie; /* 0: both reports are true */
};

#define PAIR_LIES 6

/* Runs with seeds from `first` on; every other one with the two sides in exchanged roles. */
void pair_run(struct plan_worlds *worlds, enum pair_set set, const struct pair_box *a,
	      const struct pair_box *b, const struct pair_weather *weather, uint64_t first,
	      uint32_t n_runs, struct pair_tally *tally);

/* What the plan says, without a run: in the table's letters. */
const char *pair_letters(const struct plan *plan);
/* A list of the letters of pairs without a way. */
void pair_print_reasons(FILE *out);
struct plan pair_plan(enum pair_set set, const struct pair_box *a, const struct pair_box *b);

#endif
