/* SPDX-License-Identifier: MIT */
#include "core/clock_judge.h"

#include "tests/unit/unit.h"

static const struct {
	const char *row;
	struct midair_clock_quality quality;
	int64_t forgiven_us;
	enum clock_verdict verdict;
} cases[] = {
	{"a GPS clock, one try", {true, 1, 500}, CLOCK_FORGIVEN_ONCE_US, CLOCK_GOOD},
	{"at the limit", {true, 10000, 10000}, CLOCK_FORGIVEN_ONCE_US, CLOCK_GOOD},
	{"past the limit", {true, 10, 10001}, CLOCK_FORGIVEN_ONCE_US, CLOCK_DOUBTFUL},
	{"NTP over the internet, one try",
	 {true, 900, 40000},
	 CLOCK_FORGIVEN_ONCE_US,
	 CLOCK_DOUBTFUL},
	{"NTP over the internet, redial",
	 {true, 900, 40000},
	 CLOCK_FORGIVEN_REDIAL_US,
	 CLOCK_GOOD},
	{"no estimate, long not set",
	 {true, 0, 700000},
	 CLOCK_FORGIVEN_REDIAL_US,
	 CLOCK_DOUBTFUL},
	{"estimate above maximum",
	 {true, 600000, 10},
	 CLOCK_FORGIVEN_REDIAL_US,
	 CLOCK_DOUBTFUL},
	{"never set",
	 {false, 16000000, 16000000},
	 CLOCK_FORGIVEN_REDIAL_US,
	 CLOCK_UNSYNCHRONISED},
	{"never set, claims no error",
	 {false, 0, 0},
	 CLOCK_FORGIVEN_REDIAL_US,
	 CLOCK_UNSYNCHRONISED},
};

static void a_clock_is_judged_by_what_the_path_forgives(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++)
		EXPECT(clock_judge(&cases[i].quality, cases[i].forgiven_us) == cases[i].verdict,
		       cases[i].row);
}

static void every_verdict_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(clock_verdict_name(CLOCK_GOOD), "good");
	assert_string_equal(clock_verdict_name(CLOCK_DOUBTFUL), "doubtful");
	assert_string_equal(clock_verdict_name(CLOCK_UNSYNCHRONISED), "unsynchronised");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_is_judged_by_what_the_path_forgives),
		cmocka_unit_test(every_verdict_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
