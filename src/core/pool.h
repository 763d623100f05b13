/* SPDX-License-Identifier: MIT */
/*
 * pool: which of the local (address, port) tuples to one destination to try next.
 *
 * Theory of operation
 *
 * Tuples are numbers from 0. Each is in one state, and in that state's list:
 *
 *	FREE       nobody is known to use it. Handed out first, the longest unused first. The
 *	           list starts in a random order: two pools on the same tuples start apart.
 *	TAKEN      handed out.
 *	TIME_WAIT  we closed first. The kernel keeps it for a minute, but lets an explicit bind use
 *	           it again when timestamps are on. Handed out when nothing is free, the oldest
 *	           first, once it is reuse_after_ms old; FREE again after time_wait_ms.
 *	HELD       somebody else has it, and nobody tells us when it ends. Tried again when nothing
 *	           else is left, the longest unseen first, and spread in time: none before it was
 *	           left alone for POOL_HELD_MS, and after a try in vain a pause of POOL_PAUSE_MS. A
 *	           try that succeeds is followed by the next one at once: whoever held it is
 *	           probably giving back many.
 *	EXCLUDED   never handed out.
 *
 * Each list is in the order of entry, and each state has one delay for all: the first of a list
 * is the first to be due, so nothing is ever searched. Every call is O(1).
 *
 * Time is given, in milliseconds, and kept modulo 2^32 (49 days): a pool that sleeps for longer
 * takes an old entry for a young one and waits for it once more.
 */
#ifndef MIDAIR_CORE_POOL_H
#define MIDAIR_CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* A tuple number has 24 bits, and one number is "none". */
#define POOL_TUPLES_MAX 0xffffffu

#define POOL_HELD_MS  250u
#define POOL_PAUSE_MS 1u

enum pool_state {
	POOL_FREE = 0,
	POOL_TIME_WAIT,
	POOL_HELD,
	POOL_TAKEN, /* this and what follows is in no list */
	POOL_EXCLUDED,
};
#define POOL_LISTS    (POOL_HELD + 1)
#define POOL_N_STATES (POOL_EXCLUDED + 1)

/* 12 bytes. */
struct pool_tuple {
	uint32_t next : 24;
	uint32_t state : 3;
	uint32_t needs_bind : 1;
	uint32_t is_reused : 1; /* TAKEN out of TIME_WAIT */
	uint32_t was_early : 1; /* that was tried in vain */
	uint32_t previous;
	uint32_t since_ms; /* in this state */
};

struct pool_list {
	uint32_t first;
	uint32_t last;
};

struct pool_config {
	uint32_t n_tuples; /* 1 to POOL_TUPLES_MAX */
	uint32_t time_wait_ms;
	uint32_t reuse_after_ms;
	uint64_t seed;
};

struct pool {
	struct pool_tuple *tuples;
	struct pool_config config;
	struct pool_list lists[POOL_LISTS];
	uint32_t counts[POOL_N_STATES];
	/* After a try in vain; FREE has none. */
	uint32_t paused_since_ms[POOL_LISTS];
	bool is_paused[POOL_LISTS];
};

/* What pool_take() hands out. */
struct pool_offer {
	uint32_t tuple;
	/* Only an explicit bind will do: it is in TIME_WAIT, or has needed one before. */
	bool needs_bind;
};

/* tuples: room for config->n_tuples, the caller's, used until the pool is forgotten. */
void pool_init(struct pool *pool, struct pool_tuple *tuples, const struct pool_config *config);

/* Never hands the tuple out. It must be FREE. */
void pool_exclude(struct pool *pool, uint32_t tuple);

/* Somebody was seen to have the tuple (POOL_HELD) or to have left it in POOL_TIME_WAIT. What is
 * TAKEN or EXCLUDED stays so. */
void pool_mark(struct pool *pool, uint32_t tuple, enum pool_state state, uint64_t now_ms);

/* Returns 0 or MIDAIR_E_FULL. */
int pool_take(struct pool *pool, uint64_t now_ms, struct pool_offer *offer);

/* A TAKEN tuple becomes POOL_FREE, POOL_TIME_WAIT or POOL_HELD; any other is left alone. */
void pool_give(struct pool *pool, uint32_t tuple, enum pool_state state, uint64_t now_ms);

/* From now on the tuple is offered with needs_bind, until it has rested through TIME_WAIT. */
void pool_set_needs_bind(struct pool *pool, uint32_t tuple);

#endif
