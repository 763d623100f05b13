/* SPDX-License-Identifier: MIT */
#include "core/random.h"

#include "tests/unit/unit.h"

static void the_sequence_is_that_of_splitmix64(void **state)
{
	/* published test values for the seed 1234567 */
	static const uint64_t expected[] = {
		UINT64_C(6457827717110365317),	UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),	UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821),
	};
	struct random random;

	(void)state;
	random_init(&random, 1234567);
	for (size_t i = 0; i < N_ITEMS(expected); i++)
		assert_true(random_next(&random) == expected[i]);
}

static void the_seed_zero_is_as_good_as_any(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 0);
	assert_true(random_next(&random) == UINT64_C(0xe220a8397b1dcdaf));
}

static void a_bound_of_zero_or_one_gives_zero(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 100; i++) {
		assert_true(random_below(&random, 0) == 0);
		assert_true(random_below(&random, 1) == 0);
	}
}

static void every_value_below_the_bound_comes_about_equally_often(void **state)
{
	struct random random;
	uint32_t counts[7] = {0};

	(void)state;
	random_init(&random, 7);
	for (int i = 0; i < 70000; i++) {
		uint64_t value = random_below(&random, 7);

		assert_true(value < 7);
		counts[value]++;
	}
	/* five standard deviations of the binomial distribution */
	for (size_t i = 0; i < N_ITEMS(counts); i++)
		assert_in_range(counts[i], 10000 - 463, 10000 + 463);
}

/* 3 * 2^62: a plain remainder would give the lowest third half of all draws. */
static void a_large_bound_has_no_bias(void **state)
{
	struct random random;
	uint64_t third = UINT64_C(1) << 62;
	uint32_t n_low = 0;

	(void)state;
	random_init(&random, 62);
	for (int i = 0; i < 30000; i++) {
		uint64_t value = random_below(&random, 3 * third);

		assert_true(value < 3 * third);
		n_low += value < third;
	}
	assert_in_range(n_low, 10000 - 408, 10000 + 408);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_that_of_splitmix64),
		cmocka_unit_test(the_seed_zero_is_as_good_as_any),
		cmocka_unit_test(a_bound_of_zero_or_one_gives_zero),
		cmocka_unit_test(every_value_below_the_bound_comes_about_equally_often),
		cmocka_unit_test(a_large_bound_has_no_bias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
