/* SPDX-License-Identifier: MIT */
#include "core/row_index.h"

#include <string.h>

#include "tests/unit/unit.h"

#define N_ROWS 1000

static struct row_index_slot slots[4 * N_ROWS];

static void make(struct row_index *index, size_t n_rows)
{
	size_t n_slots = row_index_room(n_rows);

	assert_true(n_slots >= 2 * n_rows && n_slots <= N_ITEMS(slots));
	assert_int_equal(n_slots & (n_slots - 1), 0);
	memset(slots, 0, sizeof(slots));
	row_index_init(index, slots, n_slots);
}

static void what_was_added_is_found_and_nothing_else(void **state)
{
	struct row_index index;

	(void)state;
	make(&index, N_ROWS);
	for (uint32_t row = 0; row < N_ROWS; row++)
		row_index_add(&index, 7 * row, row);
	for (uint32_t number = 0; number < 7 * N_ROWS; number++) {
		uint32_t at = 0;
		uint32_t row = row_index_find(&index, number, &at);

		assert_int_equal(row, number % 7 == 0 ? number / 7 : UINT32_MAX);
		if (row != UINT32_MAX)
			assert_int_equal(row_index_find(&index, number, &at), UINT32_MAX);
	}
}

static void rows_of_one_number_come_one_after_another(void **state)
{
	struct row_index index;
	uint32_t at = 0;

	(void)state;
	make(&index, N_ROWS);
	for (uint32_t row = 0; row < N_ROWS; row++)
		row_index_add(&index, row % 2 == 0 ? 5 : 6, row);
	for (uint32_t row = 0; row < N_ROWS; row += 2)
		assert_int_equal(row_index_find(&index, 5, &at), row);
	assert_int_equal(row_index_find(&index, 5, &at), UINT32_MAX);
}

static void an_empty_index_finds_nothing(void **state)
{
	struct row_index index;
	uint32_t at = 0;

	(void)state;
	make(&index, 0);
	assert_int_equal(row_index_find(&index, 0, &at), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found_and_nothing_else),
		cmocka_unit_test(rows_of_one_number_come_one_after_another),
		cmocka_unit_test(an_empty_index_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
