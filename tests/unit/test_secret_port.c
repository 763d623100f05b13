/* SPDX-License-Identifier: MIT */
/* midair_key_generate() and midair_secret_port(), which wrap secret. */
#include "midair/midair.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define KEY "midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0"

static void the_slot_is_the_period_that_holds_the_time(void **state)
{
	static const struct {
		int64_t unix_s;
		uint32_t period_s;
		uint16_t port;
	} rows[] = {
		{0, 60, 63011},		 {59, 60, 63011},
		{60, 60, 54707},	 {119, 60, 54707},
		{1780992000, 60, 57209}, {1780992059, 60, 57209},
		{29683200, 1, 57209},	 {UINT32_MAX, UINT32_MAX, 54707},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint16_t port = 0;

		assert_int_equal(midair_secret_port(KEY, strlen(KEY), rows[i].unix_s,
						    rows[i].period_s, &port),
				 0);
		assert_int_equal(port, rows[i].port);
	}
}

static void arguments_out_of_range_are_refused(void **state)
{
	static const struct {
		size_t size;
		int64_t unix_s;
		uint32_t period_s;
	} rows[] = {
		{0, 0, 60},
		{MIDAIR_SECRET_MAX + 1, 0, 60},
		{5, -1, 60},
		{5, 0, 0},
	};
	char *const text = malloc(MIDAIR_SECRET_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', MIDAIR_SECRET_MAX + 1);
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint16_t port = 7;

		assert_int_equal(midair_secret_port(text, rows[i].size, rows[i].unix_s,
						    rows[i].period_s, &port),
				 MIDAIR_E_RANGE);
		assert_int_equal(port, 7);
	}
	free(text);
}

static void generated_keys_are_lines_that_differ(void **state)
{
	char first[MIDAIR_KEY_SIZE], second[MIDAIR_KEY_SIZE];
	uint16_t port;

	(void)state;
	assert_int_equal(midair_key_generate(first), 0);
	assert_int_equal(midair_key_generate(second), 0);
	assert_int_equal(strlen(first), strlen(KEY));
	assert_string_not_equal(first, second);
	assert_null(strpbrk(first, " \t\r\n"));
	assert_int_equal(midair_secret_port(first, strlen(first), 0, 1, &port), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_slot_is_the_period_that_holds_the_time),
		cmocka_unit_test(arguments_out_of_range_are_refused),
		cmocka_unit_test(generated_keys_are_lines_that_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
