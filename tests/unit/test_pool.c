/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "midair/midair.h"
#include "tests/unit/unit.h"

#define N_TUPLES 100u
#define WAIT_MS	 60000u

static struct pool_tuple room[N_TUPLES];

static struct pool new_pool(uint32_t n_tuples, uint64_t seed, uint32_t reuse_after_ms)
{
	struct pool_config config = {
		.n_tuples = n_tuples,
		.time_wait_ms = WAIT_MS,
		.reuse_after_ms = reuse_after_ms,
		.seed = seed,
	};
	struct pool pool;

	assert_true(n_tuples <= N_TUPLES);
	pool_init(&pool, room, &config);
	return pool;
}

/* Takes all that is to be had; returns how many. */
static uint32_t take_all(struct pool *pool, uint64_t now_ms, uint32_t taken[N_TUPLES])
{
	struct pool_offer offer;
	uint32_t n_taken = 0;

	while (pool_take(pool, now_ms, &offer) == 0) {
		assert_true(n_taken < N_TUPLES);
		taken[n_taken++] = offer.tuple;
	}
	return n_taken;
}

static void every_tuple_is_handed_out_once_and_then_it_is_full(void **state)
{
	struct pool pool = new_pool(N_TUPLES, 1, 0);
	struct pool_offer untouched = {.tuple = 77, .needs_bind = true};
	uint32_t taken[N_TUPLES];
	bool is_seen[N_TUPLES] = {false};

	(void)state;
	assert_int_equal(take_all(&pool, 0, taken), N_TUPLES);
	for (uint32_t i = 0; i < N_TUPLES; i++) {
		assert_true(taken[i] < N_TUPLES && !is_seen[taken[i]]);
		is_seen[taken[i]] = true;
	}
	assert_int_equal(pool_take(&pool, 0, &untouched), MIDAIR_E_FULL);
	assert_int_equal(untouched.tuple, 77);
	pool_give(&pool, 42, POOL_FREE, 0);
	assert_int_equal(pool_take(&pool, 0, &untouched), 0);
	assert_int_equal(untouched.tuple, 42);
	assert_false(untouched.needs_bind);
	assert_int_equal(pool_take(&pool, 0, &untouched), MIDAIR_E_FULL);
}

static void one_tuple_is_a_pool_too(void **state)
{
	struct pool pool = new_pool(1, 9, 0);
	struct pool_offer offer;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pool_take(&pool, i, &offer), 0);
		assert_int_equal(offer.tuple, 0);
		assert_int_equal(pool_take(&pool, i, &offer), MIDAIR_E_FULL);
		pool_give(&pool, 0, POOL_FREE, i);
	}
	pool_set_needs_bind(&pool, 0);
	assert_int_equal(pool_take(&pool, 3, &offer), 0);
	assert_true(offer.needs_bind);
}

static void seeds_decide_the_order(void **state)
{
	uint32_t first[N_TUPLES], same[N_TUPLES], other[N_TUPLES];
	struct pool pool = new_pool(N_TUPLES, 5, 0);
	uint32_t n_equal = 0;
	uint32_t n_neighbours = 0;

	(void)state;
	take_all(&pool, 0, first);
	pool = new_pool(N_TUPLES, 5, 0);
	take_all(&pool, 0, same);
	pool = new_pool(N_TUPLES, 6, 0);
	take_all(&pool, 0, other);
	assert_memory_equal(first, same, sizeof(first));
	for (uint32_t i = 0; i < N_TUPLES; i++)
		n_equal += first[i] == other[i];
	for (uint32_t i = 1; i < N_TUPLES; i++)
		n_neighbours += first[i] == first[i - 1] + 1;
	/* One place in a hundred agrees by chance; ten do not. */
	assert_true(n_equal < 10);
	assert_true(n_neighbours < 10);
}

static void time_wait_is_reused_last_and_the_oldest_first(void **state)
{
	struct pool pool = new_pool(3, 3, 0);
	uint32_t taken[N_TUPLES];
	struct pool_offer offer;

	(void)state;
	assert_int_equal(take_all(&pool, 0, taken), 3);
	pool_give(&pool, taken[1], POOL_TIME_WAIT, 10);
	pool_give(&pool, taken[2], POOL_TIME_WAIT, 20);
	pool_give(&pool, taken[0], POOL_FREE, 30);
	assert_int_equal(pool_take(&pool, 30, &offer), 0);
	assert_int_equal(offer.tuple, taken[0]);
	assert_false(offer.needs_bind);
	assert_int_equal(pool_take(&pool, 30, &offer), 0);
	assert_int_equal(offer.tuple, taken[1]);
	assert_true(offer.needs_bind);
	assert_int_equal(pool_take(&pool, 30, &offer), 0);
	assert_int_equal(offer.tuple, taken[2]);
	assert_int_equal(pool_take(&pool, 30, &offer), MIDAIR_E_FULL);
}

static void what_the_peer_has_not_closed_yet_gets_a_second_chance(void **state)
{
	struct pool pool = new_pool(2, 3, 0);
	uint32_t taken[N_TUPLES];
	struct pool_offer offer;

	(void)state;
	assert_int_equal(take_all(&pool, 0, taken), 2);
	pool_give(&pool, taken[0], POOL_TIME_WAIT, 10);
	pool_give(&pool, taken[1], POOL_TIME_WAIT, 11);
	assert_int_equal(pool_take(&pool, 11, &offer), 0);
	pool_give(&pool, taken[0], POOL_HELD, 11);
	/* The others are younger: no need to try them now. */
	assert_int_equal(pool_take(&pool, 11, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 11 + POOL_PAUSE_MS, &offer), 0);
	assert_int_equal(offer.tuple, taken[1]);
	assert_int_equal(pool_take(&pool, 11 + POOL_PAUSE_MS, &offer), 0);
	assert_int_equal(offer.tuple, taken[0]);
	assert_true(offer.needs_bind);
	pool_give(&pool, taken[0], POOL_HELD, 20);
	assert_int_equal(pool_take(&pool, 20 + POOL_HELD_MS - 1, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 20 + POOL_HELD_MS, &offer), 0);
	assert_int_equal(offer.tuple, taken[0]);
	/* With success all is forgotten. */
	pool_give(&pool, taken[0], POOL_TIME_WAIT, 300);
	assert_int_equal(pool_take(&pool, 300, &offer), 0);
	pool_give(&pool, taken[0], POOL_HELD, 300);
	assert_int_equal(pool_take(&pool, 300 + POOL_PAUSE_MS, &offer), 0);
}

static void without_reuse_time_wait_is_waited_for_to_the_millisecond(void **state)
{
	struct pool pool = new_pool(1, 3, WAIT_MS);
	struct pool_offer offer;

	(void)state;
	assert_int_equal(pool_take(&pool, 0, &offer), 0);
	pool_set_needs_bind(&pool, 0);
	pool_give(&pool, 0, POOL_TIME_WAIT, 1000);
	assert_int_equal(pool_take(&pool, 1000 + WAIT_MS - 1, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 1000 + WAIT_MS, &offer), 0);
	/* Nothing is left of it in the kernel: it is as good as new. */
	assert_false(offer.needs_bind);
}

static void held_tuples_are_left_alone_then_looked_at_one_by_one(void **state)
{
	struct pool pool = new_pool(3, 3, 0);
	struct pool_offer offer;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		pool_mark(&pool, i, POOL_HELD, 100);
	assert_int_equal(pool_take(&pool, 100 + POOL_HELD_MS - 1, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 100 + POOL_HELD_MS, &offer), 0);
	assert_int_equal(offer.tuple, 0);
	/* In vain: a pause. */
	pool_give(&pool, 0, POOL_HELD, 100 + POOL_HELD_MS);
	assert_int_equal(pool_take(&pool, 100 + POOL_HELD_MS, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 100 + POOL_HELD_MS + POOL_PAUSE_MS, &offer), 0);
	assert_int_equal(offer.tuple, 1);
	/* Not in vain: no pause. */
	assert_int_equal(pool_take(&pool, 100 + POOL_HELD_MS + POOL_PAUSE_MS, &offer), 0);
	assert_int_equal(offer.tuple, 2);
	/* The first one had its failed try and waits again. */
	assert_int_equal(pool_take(&pool, 100 + 2 * POOL_HELD_MS - 1, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, 100 + 2 * POOL_HELD_MS, &offer), 0);
	assert_int_equal(offer.tuple, 0);
}

static void what_is_given_back_twice_or_never_was_taken_is_left_alone(void **state)
{
	struct pool pool = new_pool(4, 3, 0);
	uint32_t taken[N_TUPLES];

	(void)state;
	pool_exclude(&pool, 2);
	pool_give(&pool, 2, POOL_FREE, 0);
	pool_give(&pool, 1, POOL_HELD, 0);
	assert_int_equal(take_all(&pool, 0, taken), 3);
	pool_mark(&pool, taken[0], POOL_HELD, 0);
	pool_give(&pool, taken[0], POOL_FREE, 0);
	pool_give(&pool, taken[0], POOL_FREE, 0);
	pool_give(&pool, taken[0], POOL_HELD, 0);
	assert_int_equal(pool.counts[POOL_FREE], 1);
	assert_int_equal(take_all(&pool, 0, taken), 1);
}

static void clocks_may_wrap(void **state)
{
	struct pool pool = new_pool(1, 3, 0);
	uint64_t now_ms = UINT64_C(0x1ffffffff) - 5;
	struct pool_offer offer;

	(void)state;
	pool_mark(&pool, 0, POOL_HELD, now_ms);
	assert_int_equal(pool_take(&pool, now_ms + POOL_HELD_MS - 1, &offer), MIDAIR_E_FULL);
	assert_int_equal(pool_take(&pool, now_ms + POOL_HELD_MS, &offer), 0);
}

/* ---- random schedules ---- */

/* What the pool should think, kept in the plainest way. */
struct model {
	enum pool_state states[N_TUPLES];
	uint64_t since_ms[N_TUPLES];
	uint64_t order[N_TUPLES]; /* of entry */
	bool is_reused[N_TUPLES]; /* taken out of TIME_WAIT */
	bool was_early[N_TUPLES];
	uint64_t paused_until_ms; /* TIME_WAIT */
	uint64_t n_entries;
};

static void model_enter(struct model *model, uint32_t tuple, enum pool_state to,
			uint64_t now_ms)
{
	model->states[tuple] = to;
	model->since_ms[tuple] = now_ms;
	model->order[tuple] = ++model->n_entries;
}

static void model_give(struct model *model, uint32_t tuple, enum pool_state to, uint64_t now_ms)
{
	bool is_early = to == POOL_HELD && model->is_reused[tuple] && !model->was_early[tuple];

	model->was_early[tuple] = is_early;
	if (is_early)
		model->paused_until_ms = now_ms + POOL_PAUSE_MS;
	model_enter(model, tuple, is_early ? POOL_TIME_WAIT : to, now_ms);
}

static void check_lists(const struct pool *pool, const struct model *model)
{
	uint32_t n_states[POOL_N_STATES] = {0};

	for (uint32_t i = 0; i < pool->config.n_tuples; i++)
		n_states[pool->tuples[i].state]++;
	for (uint32_t i = 0; i < POOL_N_STATES; i++)
		assert_int_equal(pool->counts[i], n_states[i]);
	for (uint32_t list = 0; list < POOL_LISTS; list++) {
		uint32_t n_linked = 0;
		uint32_t before = POOL_TUPLES_MAX;

		for (uint32_t i = pool->lists[list].first; i != POOL_TUPLES_MAX;
		     before = i, i = pool->tuples[i].next) {
			assert_true(i < pool->config.n_tuples && n_linked++ < N_TUPLES);
			assert_int_equal(pool->tuples[i].state, list);
			assert_int_equal(pool->tuples[i].previous, before);
			/* By entry, so by expiry. */
			if (list != POOL_FREE && before != POOL_TUPLES_MAX)
				assert_true(model->order[before] < model->order[i]);
		}
		assert_int_equal(pool->lists[list].last, before);
		assert_int_equal(n_linked, n_states[list]);
	}
}

/* Time's work: an expired TIME_WAIT may be FREE by now (a call frees four). */
static void follow_expiry(const struct pool *pool, struct model *model, uint64_t now_ms)
{
	for (uint32_t i = 0; i < pool->config.n_tuples; i++) {
		if (model->states[i] != POOL_TIME_WAIT ||
		    pool->tuples[i].state == POOL_TIME_WAIT)
			continue;
		assert_true(now_ms - model->since_ms[i] >= WAIT_MS);
		model->states[i] = POOL_FREE;
	}
}

static bool is_any_due(const struct model *model, uint32_t n, uint32_t reuse_after_ms,
		       uint64_t now_ms)
{
	bool is_paused = now_ms < model->paused_until_ms;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t age_ms = now_ms - model->since_ms[i];

		if (model->states[i] == POOL_FREE || (model->states[i] == POOL_TIME_WAIT &&
						      !is_paused && age_ms >= reuse_after_ms))
			return true;
	}
	return false;
}

static void take_and_check(struct pool *pool, struct model *model, uint64_t now_ms)
{
	struct pool_offer offer;
	uint32_t n = pool->config.n_tuples;
	bool is_due = is_any_due(model, n, pool->config.reuse_after_ms, now_ms);
	int result = pool_take(pool, now_ms, &offer);

	if (result != 0) {
		/* Full is exact: only what others hold may be left. */
		assert_int_equal(result, MIDAIR_E_FULL);
		assert_false(is_due);
	} else {
		enum pool_state was = model->states[offer.tuple];

		assert_true(offer.tuple < n);
		assert_true(was < POOL_LISTS);
		if (was == POOL_HELD) {
			assert_false(is_due);
			assert_true(now_ms - model->since_ms[offer.tuple] >= POOL_HELD_MS);
		}
		assert_true(offer.needs_bind || was != POOL_TIME_WAIT ||
			    now_ms - model->since_ms[offer.tuple] >= WAIT_MS);
		model->is_reused[offer.tuple] = offer.needs_bind && was == POOL_TIME_WAIT;
		model_enter(model, offer.tuple, POOL_TAKEN, now_ms);
	}
	follow_expiry(pool, model, now_ms);
}

static void play_step(struct pool *pool, struct model *model, struct random *random,
		      uint64_t now_ms)
{
	uint32_t tuple = (uint32_t)random_below(random, pool->config.n_tuples);
	enum pool_state to = (enum pool_state)random_below(random, POOL_LISTS);

	switch (random_below(random, 4)) {
	case 0:
	case 1:
		take_and_check(pool, model, now_ms);
		break;
	case 2:
		pool_give(pool, tuple, to, now_ms);
		if (model->states[tuple] == POOL_TAKEN)
			model_give(model, tuple, to, now_ms);
		break;
	default:
		pool_mark(pool, tuple, to, now_ms);
		if (model->states[tuple] < POOL_LISTS)
			model_enter(model, tuple, to, now_ms);
		break;
	}
}

static void play(uint64_t seed)
{
	struct random random;
	struct model model = {.n_entries = 0};
	struct pool pool;
	uint64_t now_ms;

	random_init(&random, seed);
	now_ms = random_next(&random) >> 20;
	pool = new_pool((uint32_t)random_below(&random, 30) + 1, seed,
			random_below(&random, 2) == 0 ? 0 : WAIT_MS);
	if (pool.config.n_tuples > 3) {
		pool_exclude(&pool, 1);
		model.states[1] = POOL_EXCLUDED;
	}
	for (int i = 0; i < 400; i++) {
		now_ms += random_below(&random, 8) == 0 ? random_below(&random, 70000)
							: random_below(&random, 3);
		play_step(&pool, &model, &random, now_ms);
		for (uint32_t t = 0; t < pool.config.n_tuples; t++)
			assert_int_equal(pool.tuples[t].state, model.states[t]);
		check_lists(&pool, &model);
	}
}

static void under_random_schedules_nothing_is_lost_or_handed_out_twice(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++)
		play(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tuple_is_handed_out_once_and_then_it_is_full),
		cmocka_unit_test(one_tuple_is_a_pool_too),
		cmocka_unit_test(seeds_decide_the_order),
		cmocka_unit_test(time_wait_is_reused_last_and_the_oldest_first),
		cmocka_unit_test(what_the_peer_has_not_closed_yet_gets_a_second_chance),
		cmocka_unit_test(without_reuse_time_wait_is_waited_for_to_the_millisecond),
		cmocka_unit_test(held_tuples_are_left_alone_then_looked_at_one_by_one),
		cmocka_unit_test(what_is_given_back_twice_or_never_was_taken_is_left_alone),
		cmocka_unit_test(clocks_may_wrap),
		cmocka_unit_test(under_random_schedules_nothing_is_lost_or_handed_out_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
