/* SPDX-License-Identifier: MIT */
#include "core/duration.h"

#include <string.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	int result;
	uint64_t ns;
} cases[] = {
	{"0", 0, 0},
	{"0ms", 0, 0},
	{"80ms", 0, 80000000},
	{"0.4ms", 0, 400000},
	{"1.5s", 0, 1500000000},
	{"0.000000001s", 0, 1},
	{"0.5ns", 0, 0},
	{"1.25m", 0, UINT64_C(75000000000)},
	{"2h", 0, UINT64_C(7200000000000)},
	{"0.5h", 0, UINT64_C(1800000000000)},
	{"8784h", 0, DURATION_MAX_NS},
	{"8784.1h", MIDAIR_E_RANGE, 0},
	{"8785h", MIDAIR_E_RANGE, 0},
	{"99999999999999999999999999s", MIDAIR_E_RANGE, 0},
	{"", MIDAIR_E_SYNTAX, 0},
	{"ms", MIDAIR_E_SYNTAX, 0},
	{"5", MIDAIR_E_SYNTAX, 0},
	{"5 ms", MIDAIR_E_SYNTAX, 0},
	{"5.ms", MIDAIR_E_SYNTAX, 0},
	{".5ms", MIDAIR_E_SYNTAX, 0},
	{"5.1234567891s", MIDAIR_E_SYNTAX, 0},
	{"-5ms", MIDAIR_E_SYNTAX, 0},
	{"5msx", MIDAIR_E_SYNTAX, 0},
	{"5MS", MIDAIR_E_SYNTAX, 0},
};

static void durations_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		uint64_t ns = 0;
		int result = duration_parse(&ns, cases[i].text, strlen(cases[i].text));

		EXPECT(result == cases[i].result, cases[i].text);
		EXPECT(ns == cases[i].ns, cases[i].text);
	}
}

static void only_the_given_bytes_are_read(void **state)
{
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(duration_parse(&ns, "80ms+3ms", 4), 0);
	assert_int_equal(ns, 80000000);
}

static void what_is_written_is_read_back(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} round_trips[] = {
		{0, "0"},
		{1, "1ns"},
		{1500, "1500ns"},
		{2000, "2us"},
		{80000000, "80ms"},
		{UINT64_C(120000000000), "2m"},
		{DURATION_MAX_NS, "8784h"},
	};
	char text[DURATION_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(round_trips); i++) {
		uint64_t ns = UINT64_MAX;

		assert_string_equal(duration_format(round_trips[i].ns, text),
				    round_trips[i].text);
		assert_int_equal(duration_parse(&ns, text, strlen(text)), 0);
		assert_int_equal(ns, round_trips[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_or_refused),
		cmocka_unit_test(only_the_given_bytes_are_read),
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
