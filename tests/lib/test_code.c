/* SPDX-License-Identifier: MIT */
/* The public side of codes; what is forgiven and refused is in tests/unit/test_code.c. */
#include <string.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

static void the_normal_form_is_told(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	uint32_t word = 77;

	(void)state;
	assert_int_equal(midair_code_normalise(code, " 7 Crossover CLOC ", &word), 0);
	assert_string_equal(code, "7-crossover-clockwork");
	assert_int_equal(word, 77);
}

static void a_failure_leaves_the_code_alone_and_names_the_word(void **state)
{
	char code[MIDAIR_CODE_SIZE] = "untouched";
	uint32_t word = 77;

	(void)state;
	assert_int_equal(midair_code_normalise(code, "7-crossover-clockwerk", &word),
			 MIDAIR_E_RANGE);
	assert_int_equal(word, 2);
	assert_int_equal(midair_code_normalise(code, "crossover", NULL), MIDAIR_E_SYNTAX);
	assert_string_equal(code, "untouched");
}

static void all_completions_are_told_one_by_one(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	char before[MIDAIR_CODE_SIZE] = "";
	uint32_t n = 0;

	(void)state;
	while (midair_code_complete(code, "7-crossover-", n) == 0) {
		assert_true(strcmp(before, code) < 0);
		memcpy(before, code, sizeof(before));
		n++;
	}
	assert_int_equal(n, 1024);
	assert_int_equal(midair_code_complete(code, "7-crossover-", n), MIDAIR_E_END);
	assert_string_equal(code, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_normal_form_is_told),
		cmocka_unit_test(a_failure_leaves_the_code_alone_and_names_the_word),
		cmocka_unit_test(all_completions_are_told_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
