/* SPDX-License-Identifier: MIT */
#include "core/wheel.h"

#include <stdbool.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/unit.h"

#define N_NODES 50u

static struct wheel_node nodes[N_NODES];

static void begin(struct wheel *wheel, uint32_t now)
{
	memset(nodes, 0, sizeof(nodes));
	wheel_init(wheel, nodes, now);
}

static void a_deadline_comes_at_its_tick_and_once(void **state)
{
	static const uint32_t delays[] = {
		1, 2, WHEEL_SLOTS - 1, WHEEL_SLOTS, WHEEL_SLOTS + 1, 3 * WHEEL_SLOTS + 5};
	struct wheel wheel;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(delays); i++) {
		begin(&wheel, 1000);
		wheel_set(&wheel, 3, 1000 + delays[i]);
		for (uint32_t now = 1000; now < 1000 + delays[i]; now++)
			assert_int_equal(wheel_due(&wheel, now), WHEEL_NONE);
		assert_int_equal(wheel_due(&wheel, 1000 + delays[i]), 3);
		assert_int_equal(wheel_due(&wheel, 1000 + delays[i]), WHEEL_NONE);
		assert_int_equal(wheel_due(&wheel, 1000000), WHEEL_NONE);
	}
}

static void a_deadline_of_the_past_comes_with_the_next_tick(void **state)
{
	struct wheel wheel;

	(void)state;
	begin(&wheel, 1000);
	wheel_set(&wheel, 0, 5);
	assert_int_equal(wheel_due(&wheel, 1000), WHEEL_NONE);
	assert_int_equal(wheel_due(&wheel, 1001), 0);
}

static void a_clock_that_stands_still_or_jumps_ahead_loses_nothing(void **state)
{
	struct wheel wheel;

	(void)state;
	begin(&wheel, 10);
	wheel_set(&wheel, 1, 11);
	wheel_set(&wheel, 2, 10 + 2 * WHEEL_SLOTS);
	wheel_set(&wheel, 3, 4000000000u);
	assert_int_equal(wheel_due(&wheel, 9), WHEEL_NONE);
	assert_int_equal(wheel_due(&wheel, 10), WHEEL_NONE);
	uint32_t one = wheel_due(&wheel, 100000000);
	uint32_t other = wheel_due(&wheel, 100000000);

	assert_true((one == 1 && other == 2) || (one == 2 && other == 1));
	assert_int_equal(wheel_due(&wheel, 100000000), WHEEL_NONE);
	assert_int_equal(wheel_due(&wheel, 4000000000u), 3);
}

/* One that is due and has not been asked for yet can still be moved or cleared. */
static void what_is_due_can_be_taken_back(void **state)
{
	struct wheel wheel;

	(void)state;
	begin(&wheel, 0);
	for (uint32_t i = 0; i < 4; i++)
		wheel_set(&wheel, i, 5);
	uint32_t first = wheel_due(&wheel, 5);
	uint32_t moved = (first + 1) % 4;
	uint32_t cleared = (first + 2) % 4;

	wheel_set(&wheel, moved, 9);
	wheel_clear(&wheel, cleared);
	assert_int_equal(wheel_due(&wheel, 5), (first + 3) % 4);
	assert_int_equal(wheel_due(&wheel, 8), WHEEL_NONE);
	assert_int_equal(wheel_due(&wheel, 9), moved);
}

static void random_deadlines_come_as_a_list_says(void **state)
{
	uint32_t deadlines[N_NODES] = {0}; /* 0: none */
	struct random random;
	struct wheel wheel;
	uint32_t now = 77;

	(void)state;
	random_init(&random, 3);
	begin(&wheel, now);
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t number = (uint32_t)random_below(&random, N_NODES);
		uint32_t due;

		if (random_below(&random, 4) == 0) {
			wheel_clear(&wheel, number);
			deadlines[number] = 0;
		} else {
			deadlines[number] =
				now + 1 + (uint32_t)random_below(&random, 3 * WHEEL_SLOTS);
			wheel_set(&wheel, number, deadlines[number]);
		}
		now += (uint32_t)random_below(&random, step % 100 == 0 ? 20000 : 200);
		while ((due = wheel_due(&wheel, now)) != WHEEL_NONE) {
			assert_true(due < N_NODES && deadlines[due] != 0);
			assert_true(deadlines[due] <= now);
			deadlines[due] = 0;
		}
		for (uint32_t i = 0; i < N_NODES; i++)
			assert_true(deadlines[i] == 0 || deadlines[i] > now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deadline_comes_at_its_tick_and_once),
		cmocka_unit_test(a_deadline_of_the_past_comes_with_the_next_tick),
		cmocka_unit_test(a_clock_that_stands_still_or_jumps_ahead_loses_nothing),
		cmocka_unit_test(what_is_due_can_be_taken_back),
		cmocka_unit_test(random_deadlines_come_as_a_list_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
