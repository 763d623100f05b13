/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include <assert.h>

#include "core/random.h"
#include "midair/midair.h"

#define NO_TUPLE POOL_TUPLES_MAX
/* So many TIME_WAIT tuples become free in one call: more than one call adds, and not so many
 * that a call after a long pause takes long. */
#define EXPIRED_PER_CALL 4

static_assert(sizeof(struct pool_tuple) == 12, "midair.h promises at most 16 bytes");
static_assert(POOL_EXCLUDED < 8, "the state has three bits");

static void append(struct pool *pool, uint32_t tuple, enum pool_state state)
{
	struct pool_list *list = &pool->lists[state];
	struct pool_tuple *appended = &pool->tuples[tuple];

	appended->next = NO_TUPLE;
	appended->previous = list->last;
	if (list->last == NO_TUPLE)
		list->first = tuple;
	else
		pool->tuples[list->last].next = tuple & NO_TUPLE;
	list->last = tuple;
}

static void unlink_tuple(struct pool *pool, uint32_t tuple)
{
	const struct pool_tuple *removed = &pool->tuples[tuple];
	struct pool_list *list = &pool->lists[removed->state];

	if (removed->previous == NO_TUPLE)
		list->first = removed->next;
	else
		pool->tuples[removed->previous].next = removed->next;
	if (removed->next == NO_TUPLE)
		list->last = removed->previous;
	else
		pool->tuples[removed->next].previous = removed->previous;
}

static void enter(struct pool *pool, uint32_t tuple, enum pool_state state, uint64_t now_ms)
{
	struct pool_tuple *entered = &pool->tuples[tuple];

	if (entered->state < POOL_LISTS)
		unlink_tuple(pool, tuple);
	pool->counts[entered->state]--;
	entered->state = (uint32_t)state & 7u;
	entered->since_ms = (uint32_t)now_ms;
	pool->counts[state]++;
	if (state < POOL_LISTS)
		append(pool, tuple, state);
}

/* Fisher and Yates. since_ms, which a FREE tuple has no use for, holds the order. */
static void shuffle(struct pool *pool)
{
	struct pool_tuple *tuples = pool->tuples;
	uint32_t n_tuples = pool->config.n_tuples;
	struct random random;

	random_init(&random, pool->config.seed);
	for (uint32_t i = 0; i < n_tuples; i++)
		tuples[i] = (struct pool_tuple){.state = POOL_FREE, .since_ms = i};
	for (uint32_t i = n_tuples - 1; i > 0; i--) {
		uint32_t other = (uint32_t)random_below(&random, i + 1);
		uint32_t moved = tuples[i].since_ms;

		tuples[i].since_ms = tuples[other].since_ms;
		tuples[other].since_ms = moved;
	}
	for (uint32_t i = 0; i < n_tuples; i++)
		append(pool, tuples[i].since_ms, POOL_FREE);
}

void pool_init(struct pool *pool, struct pool_tuple *tuples, const struct pool_config *config)
{
	*pool = (struct pool){
		.tuples = tuples,
		.config = *config,
		.counts[POOL_FREE] = config->n_tuples,
	};
	for (uint32_t i = 0; i < POOL_LISTS; i++)
		pool->lists[i] = (struct pool_list){.first = NO_TUPLE, .last = NO_TUPLE};
	shuffle(pool);
}

void pool_exclude(struct pool *pool, uint32_t tuple)
{
	if (pool->tuples[tuple].state == POOL_FREE)
		enter(pool, tuple, POOL_EXCLUDED, 0);
}

void pool_mark(struct pool *pool, uint32_t tuple, enum pool_state state, uint64_t now_ms)
{
	if (pool->tuples[tuple].state < POOL_LISTS && state < POOL_LISTS)
		enter(pool, tuple, state, now_ms);
}

/* Whether the first of a list has been there so long. */
static bool is_due(const struct pool *pool, enum pool_state state, uint64_t now_ms,
		   uint32_t delay_ms)
{
	uint32_t first = pool->lists[state].first;

	return first != NO_TUPLE && (uint32_t)now_ms - pool->tuples[first].since_ms >= delay_ms;
}

/* The same, unless a try in vain was a moment ago. */
static bool is_on_offer(struct pool *pool, enum pool_state state, uint64_t now_ms,
			uint32_t delay_ms)
{
	if (pool->is_paused[state] &&
	    (uint32_t)now_ms - pool->paused_since_ms[state] < POOL_PAUSE_MS)
		return false;
	pool->is_paused[state] = false;
	return is_due(pool, state, now_ms, delay_ms);
}

static void expire(struct pool *pool, uint64_t now_ms)
{
	for (uint32_t i = 0; i < EXPIRED_PER_CALL; i++) {
		if (!is_due(pool, POOL_TIME_WAIT, now_ms, pool->config.time_wait_ms))
			return;
		uint32_t tuple = pool->lists[POOL_TIME_WAIT].first;

		pool->tuples[tuple].needs_bind = 0;
		enter(pool, tuple, POOL_FREE, now_ms);
	}
}

int pool_take(struct pool *pool, uint64_t now_ms, struct pool_offer *offer)
{
	enum pool_state from = POOL_FREE;

	expire(pool, now_ms);
	if (pool->counts[POOL_FREE] == 0) {
		if (is_on_offer(pool, POOL_TIME_WAIT, now_ms, pool->config.reuse_after_ms))
			from = POOL_TIME_WAIT;
		else if (is_on_offer(pool, POOL_HELD, now_ms, POOL_HELD_MS))
			from = POOL_HELD;
		else
			return MIDAIR_E_FULL;
	}
	offer->tuple = pool->lists[from].first;
	offer->needs_bind =
		from == POOL_TIME_WAIT || pool->tuples[offer->tuple].needs_bind != 0;
	pool->tuples[offer->tuple].is_reused = from == POOL_TIME_WAIT;
	enter(pool, offer->tuple, POOL_TAKEN, now_ms);
	return 0;
}

/* Where a tuple goes that could not be had. */
static enum pool_state after_try_in_vain(struct pool_tuple *tuple)
{
	bool is_early = tuple->is_reused && !tuple->was_early;

	tuple->was_early = is_early;
	return is_early ? POOL_TIME_WAIT : POOL_HELD;
}

void pool_give(struct pool *pool, uint32_t tuple, enum pool_state state, uint64_t now_ms)
{
	struct pool_tuple *given = &pool->tuples[tuple];

	if (given->state != POOL_TAKEN || state >= POOL_LISTS)
		return;
	if (state == POOL_HELD) {
		state = after_try_in_vain(given);
		pool->is_paused[state] = true;
		pool->paused_since_ms[state] = (uint32_t)now_ms;
	} else {
		given->was_early = 0;
	}
	enter(pool, tuple, state, now_ms);
}

void pool_set_needs_bind(struct pool *pool, uint32_t tuple)
{
	pool->tuples[tuple].needs_bind = 1;
}
