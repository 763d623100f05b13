/* SPDX-License-Identifier: MIT */
#include "bench/statistics.h"

#include <string.h>

#include "tests/unit/unit.h"

#define MANY 200

static const struct {
	const char *row;
	int64_t values[6];
	size_t n_values;
	struct summary expected;
} cases[] = {
	{"none", {0}, 0, {0, 0, 0}},
	{"one", {7}, 1, {7, 7, 7}},
	{"two: the mean", {10, 20}, 2, {15, 20, 20}},
	{"three, not in order", {30, 10, 20}, 3, {20, 30, 30}},
	{"four: the mean of the middle two", {4, 1, 100, 2}, 4, {3, 100, 100}},
	{"negative ones", {-5, -1, -3}, 3, {-3, -1, -1}},
	{"equal ones", {2, 2, 2, 2, 2, 2}, 6, {2, 2, 2}},
	{"no overflow", {INT64_MAX, INT64_MAX - 2}, 2, {INT64_MAX - 1, INT64_MAX, INT64_MAX}},
};

static void a_few_values_are_summed_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		int64_t values[6];
		struct summary summary;

		memcpy(values, cases[i].values, sizeof(values));
		summary = summarise(values, cases[i].n_values);
		EXPECT(summary.median == cases[i].expected.median, cases[i].row);
		EXPECT(summary.p99 == cases[i].expected.p99, cases[i].row);
		EXPECT(summary.largest == cases[i].expected.largest, cases[i].row);
	}
}

static void p99_of_200_leaves_out_the_two_largest(void **state)
{
	int64_t values[MANY];
	struct summary summary;

	(void)state;
	for (int i = 0; i < MANY; i++)
		values[i] = MANY - i;
	summary = summarise(values, MANY);
	assert_int_equal(summary.median, MANY / 2);
	assert_int_equal(summary.p99, MANY - 2);
	assert_int_equal(summary.largest, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_values_are_summed_up),
		cmocka_unit_test(p99_of_200_leaves_out_the_two_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
