/* SPDX-License-Identifier: MIT */
/* batch: many scenarios, several networks at once, since most of the time they only wait. */
#ifndef MIDAIR_LAB_BATCH_H
#define MIDAIR_LAB_BATCH_H

#include "lab/judge.h"

/* Networks that run at once; more would get into each other's way on two processors. */
#define BATCH_PARALLEL_MAX 16

struct batch_item {
	const struct scenario *scenario;
	bool is_done;
	int error; /* -errno when the lab itself failed: the reason tells, nothing was judged */
	struct lab_reason reason;
	struct judgement judgement;
	/* The longest that it took to turn to the relay, of all runs; -1: none did. */
	int64_t decision_ns;
	uint32_t n_attempts;
	/* Every run came out right, but too late, on a machine that was busy in each attempt: that
	 * says nothing of the time. */
	bool is_untimed;
};

/* Failed, or came out otherwise than expected, or too late. */
bool batch_item_is_wrong(const struct batch_item *item);

struct batch_config {
	enum side_method method;
	uint32_t n_runs;
	uint32_t n_parallel; /* 1 to BATCH_PARALLEL_MAX */
	/* Called for each item in the order of the items, as soon as it and those before it are
	 * done. */
	void (*tell)(void *context, const struct batch_item *item);
	void *context;
};

/* Items for n scenarios, in memory that the workers share; NULL when there is none. */
struct batch_item *batch_items_new(const struct scenario *const *scenarios, size_t n);
struct batch_item *batch_items_free(struct batch_item *items, size_t n);

/* Runs them all. Only inside namespace_run(), by process 1. Returns how many were wrong. */
size_t batch_run(struct batch_item *items, size_t n, const struct batch_config *config);

/* A scenario that a busy machine disturbed (RUNNER_LATENESS_MAX_NS) and that did not come out as
 * expected is run again, at most this often in all. What is not disturbed counts at once. */
#define BATCH_ATTEMPTS 4

/* Builds the scenario's network, runs it, judges. */
void batch_run_one(struct batch_item *item, enum side_method method, uint32_t n_runs);

#endif
