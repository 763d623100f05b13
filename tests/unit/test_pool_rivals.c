/* SPDX-License-Identifier: MIT */
/* Two pools on the same tuples, as two processes have them, over one simulated kernel that gives
 * a tuple to whoever asks first. */
#include <string.h>

#include "core/pool.h"
#include "core/random.h"
#include "midair/midair.h"
#include "tests/unit/unit.h"

#define N_TUPLES 2000u
#define N_RIVALS 2u
#define NOBODY	 UINT32_MAX

struct rival {
	struct pool pool;
	struct pool_tuple room[N_TUPLES];
	uint32_t open[N_TUPLES]; /* our connections */
	uint32_t n_open;
	uint32_t n_tries_in_vain;
	uint64_t last_in_vain_ms[N_TUPLES]; /* 0: never */
};

struct world {
	uint32_t owner[N_TUPLES]; /* the kernel's table */
	struct rival rivals[N_RIVALS];
	struct random random;
	uint64_t now_ms;
};

static struct world world;

static void begin(uint64_t seed)
{
	world.now_ms = 1;
	random_init(&world.random, seed);
	for (uint32_t i = 0; i < N_TUPLES; i++)
		world.owner[i] = NOBODY;
	for (uint32_t i = 0; i < N_RIVALS; i++) {
		struct rival *rival = &world.rivals[i];

		memset(rival, 0, sizeof(*rival));
		pool_init(&rival->pool, rival->room,
			  &(struct pool_config){
				  .n_tuples = N_TUPLES,
				  .time_wait_ms = 60000,
				  .seed = random_next(&world.random),
			  });
	}
}

/* As midair_pool_dial() does. Returns the number of tries in vain, or UINT32_MAX when full. */
static uint32_t dial(uint32_t number)
{
	struct rival *rival = &world.rivals[number];
	struct pool_offer offer;

	for (uint32_t n_tries = 0;; n_tries++) {
		if (pool_take(&rival->pool, world.now_ms, &offer) != 0)
			return UINT32_MAX;
		assert_true(world.owner[offer.tuple] != number);
		if (world.owner[offer.tuple] == NOBODY) {
			world.owner[offer.tuple] = number;
			rival->open[rival->n_open++] = offer.tuple;
			return n_tries;
		}
		/* One try in vain, then it is left alone. */
		assert_true(rival->last_in_vain_ms[offer.tuple] == 0 ||
			    world.now_ms - rival->last_in_vain_ms[offer.tuple] >= POOL_HELD_MS);
		rival->last_in_vain_ms[offer.tuple] = world.now_ms;
		rival->n_tries_in_vain++;
		pool_give(&rival->pool, offer.tuple, POOL_HELD, world.now_ms);
	}
}

static void hang_up(uint32_t number, uint32_t which)
{
	struct rival *rival = &world.rivals[number];
	uint32_t tuple = rival->open[which];

	rival->open[which] = rival->open[--rival->n_open];
	world.owner[tuple] = NOBODY;
	pool_give(&rival->pool, tuple, POOL_FREE, world.now_ms);
}

static void two_fill_the_range_together_at_one_try_in_vain_each(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		begin(seed);
		for (uint32_t i = 0; i < N_TUPLES; i++)
			assert_true(dial(i % N_RIVALS) != UINT32_MAX);
		for (uint32_t i = 0; i < N_RIVALS; i++) {
			/* Never more than the other one's tuples, each once. */
			assert_true(world.rivals[i].n_tries_in_vain <= N_TUPLES / 2);
			assert_true(dial(i) == UINT32_MAX);
		}
	}
}

static void they_start_apart(void **state)
{
	uint32_t n_in_vain = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		begin(seed);
		for (uint32_t i = 0; i < N_TUPLES / 10; i++)
			dial(i % N_RIVALS);
		n_in_vain += world.rivals[0].n_tries_in_vain + world.rivals[1].n_tries_in_vain;
	}
	/* Each of 200 dials meets one of at most 100 foreign tuples among 2000: 5 on average. */
	assert_in_range(n_in_vain, 1, 20 * 12);
}

static void what_one_gives_up_the_other_gets_soon(void **state)
{
	uint32_t n_got = 0;

	(void)state;
	begin(7);
	for (uint32_t i = 0; i < N_TUPLES; i++)
		dial(i % N_RIVALS);
	/* The second one has now seen who holds the rest. */
	assert_true(dial(1) == UINT32_MAX);
	while (world.rivals[0].n_open > 0)
		hang_up(0, 0);
	/* A held tuple in the first millisecond that one is due, then all of them at once. */
	for (uint32_t i = 0; i < 2 * POOL_HELD_MS; i++, world.now_ms++)
		while (dial(1) != UINT32_MAX)
			n_got++;
	assert_int_equal(n_got, N_TUPLES / 2);
	assert_int_equal(world.rivals[1].n_open, N_TUPLES);
}

static void a_full_range_costs_no_more_than_a_try_a_millisecond(void **state)
{
	(void)state;
	begin(8);
	for (uint32_t i = 0; i < N_TUPLES; i++)
		dial(i % N_RIVALS);
	assert_true(dial(1) == UINT32_MAX);
	uint32_t before = world.rivals[1].n_tries_in_vain;

	for (uint32_t i = 0; i < 1000; i++, world.now_ms++)
		for (int again = 0; again < 10; again++)
			assert_true(dial(1) == UINT32_MAX);
	assert_in_range(world.rivals[1].n_tries_in_vain - before, 500, 1000 / POOL_PAUSE_MS);
}

/* Both come and go at random near a full range; dial() checks every step. */
static void in_a_random_crowd_no_tuple_has_two_owners(void **state)
{
	uint32_t n_full = 0, n_dialled = 0;

	(void)state;
	begin(9);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t number = (uint32_t)random_below(&world.random, N_RIVALS);
		struct rival *rival = &world.rivals[number];

		world.now_ms += random_below(&world.random, 20) == 0;
		if (random_below(&world.random, 100) < 52)
			*(dial(number) == UINT32_MAX ? &n_full : &n_dialled) += 1;
		else if (rival->n_open > 0)
			hang_up(number, (uint32_t)random_below(&world.random, rival->n_open));
	}
	assert_true(n_dialled > 50000);
	/* It does become full, and that is told. */
	assert_true(n_full > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_fill_the_range_together_at_one_try_in_vain_each),
		cmocka_unit_test(they_start_apart),
		cmocka_unit_test(what_one_gives_up_the_other_gets_soon),
		cmocka_unit_test(a_full_range_costs_no_more_than_a_try_a_millisecond),
		cmocka_unit_test(in_a_random_crowd_no_tuple_has_two_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
