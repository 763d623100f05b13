/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

/* Results count up from 1 without a gap. */
#define ONE_MORE(constant, value, name, text) +1
#define AFTER_THE_LAST			      (1 MIDAIR_RESULTS(ONE_MORE))

static const struct {
	int result;
	const char *name;
} names[] = {
	{MIDAIR_OK, "ok"},
	{MIDAIR_E_NO_EVENT, "no-event"},
	{MIDAIR_E_TIMEOUT, "timeout"},
	{MIDAIR_E_SELF, "self-connection"},
	{MIDAIR_E_LOST, "lost"},
	{MIDAIR_E_FULL, "full"},
	{-ECONNREFUSED, "ECONNREFUSED"},
	{-EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{-EPERM, "EPERM"},
	{AFTER_THE_LAST, "unknown"},
	{INT_MAX, "unknown"},
	{-100000, "unknown"},
	{INT_MIN, "unknown"},
};

static void a_result_has_a_stable_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(names); i++)
		assert_string_equal(midair_result_name(names[i].result), names[i].name);
}

static void a_system_failure_has_the_c_librarys_text(void **state)
{
	(void)state;
	assert_string_equal(midair_strerror(-ECONNREFUSED), "Connection refused");
	assert_string_equal(midair_strerror(-EADDRNOTAVAIL), "Cannot assign requested address");
}

static void an_unknown_result_has_a_text_too(void **state)
{
	static const int unknown[] = {AFTER_THE_LAST, INT_MAX, -100000, INT_MIN};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(unknown); i++)
		assert_string_equal(midair_strerror(unknown[i]), "unknown result");
}

static const int every_condition[] = {
#define CONDITION(constant, value, name, text) constant,
	MIDAIR_RESULTS(CONDITION)
#undef CONDITION
};

static void every_condition_has_its_own_name_of_lower_case_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(every_condition); i++) {
		const char *name = midair_result_name(every_condition[i]);

		EXPECT(strlen(name) > 0, name);
		EXPECT(strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name), name);
		for (size_t j = 0; j < i; j++)
			EXPECT(strcmp(midair_result_name(every_condition[j]), name) != 0, name);
	}
}

static void every_text_is_one_line_without_a_full_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(every_condition); i++) {
		const char *text = midair_strerror(every_condition[i]);

		EXPECT(strlen(text) > 0 && !strchr(text, '\n'), text);
		EXPECT(text[strlen(text) - 1] != '.', text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_has_a_stable_name),
		cmocka_unit_test(a_system_failure_has_the_c_librarys_text),
		cmocka_unit_test(an_unknown_result_has_a_text_too),
		cmocka_unit_test(every_condition_has_its_own_name_of_lower_case_words),
		cmocka_unit_test(every_text_is_one_line_without_a_full_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
