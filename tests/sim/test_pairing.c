/* SPDX-License-Identifier: MIT */
/* Random worlds of two sides and a server: what must hold in each of them. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/pair_model.h"
#include "tests/unit/unit.h"

#define N_WORLDS 2000

static struct pair_model model;
static uint64_t first_seed = 1;
static uint64_t seed;

/* A failed assertion leaves the number behind: PAIR_SEED=... runs that world first. */
static int say_seed(void **state)
{
	(void)state;
	print_message("the last world was %lu\n", (unsigned long)seed);
	return 0;
}

static void check_end(const struct pair_side *side, const struct pair_options *options)
{
	uint64_t lasted_ns = side->over_ns - side->approach.start_ns;

	assert_int_not_equal(side->outcome, NO_OUTCOME);
	/* A last introduction may come at the end of the wait. */
	assert_true(lasted_ns <= WAIT_NS + TIMEOUT_NS + 1000 * MS);
	assert_true(side->n_exchanged <= (options->is_reusable ? INTRODUCTIONS_MAX : 1u));
	assert_int_equal(side->approach.phase, APPROACH_OVER);
	assert_true(approach_deadline(&side->approach) == APPROACH_NO_DEADLINE);
	for (uint32_t route = 0; route < BOTH_ROUTES; route++)
		assert_int_equal(side->connections[route], 0);
	assert_true(!options->is_wrong_code || side->outcome != 0);
}

static void run(const struct pair_options *options,
		void (*check)(const struct pair_side *sides))
{
	for (seed = first_seed; seed < first_seed + N_WORLDS; seed++) {
		pair_model_run(&model, options, seed);
		for (uint32_t i = 0; i < PAIR_SIDES; i++)
			check_end(&model.sides[i], options);
		if (check != NULL)
			check(model.sides);
	}
}

static void expect_both_connected(const struct pair_side *sides)
{
	assert_int_equal(sides[0].outcome, 0);
	assert_int_equal(sides[1].outcome, 0);
}

static void expect_both_know_the_code_is_wrong(const struct pair_side *sides)
{
	assert_int_equal(sides[0].outcome, MIDAIR_E_WRONG_CODE);
	assert_int_equal(sides[1].outcome, MIDAIR_E_WRONG_CODE);
}

static void expect_no_path(const struct pair_side *sides)
{
	for (uint32_t i = 0; i < PAIR_SIDES; i++)
		assert_int_equal(sides[i].outcome, MIDAIR_E_TIMEOUT);
}

static void with_an_honest_server_both_are_connected(void **state)
{
	(void)state;
	run(&(struct pair_options){0}, expect_both_connected);
	run(&(struct pair_options){.has_host = true}, expect_both_connected);
	run(&(struct pair_options){.is_reusable = true}, expect_both_connected);
}

static void a_wrong_code_is_told_to_both(void **state)
{
	(void)state;
	run(&(struct pair_options){.is_wrong_code = true}, expect_both_know_the_code_is_wrong);
	run(&(struct pair_options){.is_wrong_code = true, .has_host = true},
	    expect_both_know_the_code_is_wrong);
}

static void without_a_path_both_try_to_the_end(void **state)
{
	(void)state;
	run(&(struct pair_options){.is_path_closed = true}, expect_no_path);
}

/* Whoever was introduced as the server fell may have been alone with that: then its code is
 * spent. Nobody is connected to nobody, and all ends in time. */
static void expect_both_or_none(const struct pair_side *sides)
{
	assert_int_equal(sides[0].is_connected, sides[1].is_connected);
}

static uint32_t n_connected;

static void count_connected(const struct pair_side *sides)
{
	expect_both_or_none(sides);
	n_connected += sides[0].is_connected;
}

static void restarts_and_losses_are_survived(void **state)
{
	(void)state;
	n_connected = 0;
	run(&(struct pair_options){.has_restarts = true, .has_host = true}, count_connected);
	/* Some lose the server in the very moment of the introduction. */
	assert_true(n_connected > N_WORLDS * 9 / 10);
	n_connected = 0;
	run(&(struct pair_options){.has_restarts = true, .is_reusable = true}, count_connected);
	assert_true(n_connected > N_WORLDS * 97 / 100);
}

static void a_hostile_server_reaches_no_more_than_failure(void **state)
{
	struct pair_options options = {.is_hostile = true};

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		options.is_wrong_code = (i & 1) != 0;
		options.is_reusable = (i & 2) != 0;
		options.has_restarts = (i & 4) != 0;
		options.has_host = (i & 8) != 0 && !options.is_reusable;
		run(&options, expect_both_or_none);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(with_an_honest_server_both_are_connected, say_seed),
		cmocka_unit_test_teardown(a_wrong_code_is_told_to_both, say_seed),
		cmocka_unit_test_teardown(without_a_path_both_try_to_the_end, say_seed),
		cmocka_unit_test_teardown(restarts_and_losses_are_survived, say_seed),
		cmocka_unit_test_teardown(a_hostile_server_reaches_no_more_than_failure,
					  say_seed),
	};

	if (getenv("PAIR_SEED") != NULL)
		first_seed = strtoull(getenv("PAIR_SEED"), NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
