/* SPDX-License-Identifier: MIT */
/*
 * plan_world: a pairing of two hosts behind boxes. Each has a connection to a server from its
 * local port, reports what its box does, and starts its plain dials when it hears of the other;
 * the reports take one more way through the server, then each side shoots the volley of the plan
 * that both have made, and that of another one when more is known. Every connection must prove itself.
 */
#ifndef MIDAIR_TESTS_SIM_PLAN_WORLD_H
#define MIDAIR_TESTS_SIM_PLAN_WORLD_H

#include "tests/sim/world.h"

struct plan_trial {
	struct nat_behavior boxes[2];
	/* Nobody listens on this side: what its box lets in is reset by its own kernel, but for
	 * what meets a dial. */
	bool is_deaf[2];
	enum midair_family family;
	uint64_t rtt_ns;
	uint64_t jitter_ns;
	uint32_t loss_ppm;
	uint64_t timeout_ns;
	/* The later side's start after the earlier one's; 0: at random, as introductions come. */
	uint64_t skew_ns;
	uint32_t n_volleys; /* 0: as planned */
	/* For ablation: how long each side only listens before it dials. */
	uint64_t hold_ns[2];
	/* Makes the reports lie, for a plan that would not have been made: NULL: they are true. */
	void (*disguise)(struct nat_report reports[2], int lie);
	int lie;
	/* So long after the first plan both sides hear of the other's filter; until then a quick look
	 * has told of mapping and ports alone. 0: all is known at once. */
	uint64_t survey_ns;
	bool is_impatient; /* no volley waits for what the survey may tell */
};

struct plan_outcome {
	struct plan plan;   /* the last one */
	bool is_connected;  /* both, to each other */
	uint64_t took_ns;   /* from the later side's start to the later side's end */
	uint32_t n_syns[2]; /* of the volleys */
};

/* What a survey must find behind such a box, with or without a listener. */
void plan_world_report(struct nat_report *report, const struct nat_behavior *behavior,
		       bool is_deaf, const struct midair_endpoint *local,
		       const struct midair_endpoint *mapped);

/* Memory for many trials, one after the other. */
struct plan_worlds;
struct plan_worlds *plan_worlds_new(void);
struct plan_worlds *plan_worlds_free(struct plan_worlds *worlds);

void plan_world_run(struct plan_worlds *worlds, const struct plan_trial *trial, uint64_t seed,
		    struct plan_outcome *outcome);
/* The world of the last trial, for its trace. */
struct world *plan_worlds_last(struct plan_worlds *worlds);

#endif
