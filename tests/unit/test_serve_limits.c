/* SPDX-License-Identifier: MIT */
#include "core/serve_limits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

static void every_limit_has_a_default_in_its_range_and_can_be_set_to_both_ends(void **state)
{
	struct serve_limits limits;
	struct serve_limit_text row;
	uint32_t n = 0;

	(void)state;
	for (; serve_limits_text(n, &row) == 0; n++) {
		const long long values[] = {row.least, row.most, (long long)row.least - 1,
					    (long long)row.most + 1};
		char text[64];

		EXPECT(row.least <= row.value && row.value <= row.most, row.name);
		EXPECT(strchr(row.name, '_') == NULL && strlen(row.name) > 0, row.name);
		for (size_t i = 0; i < N_ITEMS(values); i++) {
			if (values[i] < 0)
				continue;
			int size = snprintf(text, sizeof(text), "%s=%lld", row.name, values[i]);

			serve_limits_default(&limits);
			EXPECT(serve_limits_set(&limits, text, (size_t)size) ==
				       (i < 2 ? 0 : MIDAIR_E_RANGE),
			       text);
		}
	}
	assert_int_equal(n, sizeof(struct serve_limits) / sizeof(uint32_t));
}

static void a_text_sets_its_own_limit_or_says_why_not(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint32_t rooms; /* rooms-per-address afterwards; 32 is the default */
	} rows[] = {
		{"rooms-per-address=7", 0, 7},
		{"  rooms-per-address =\t7 ", 0, 7},
		{"rooms-per-address=0", MIDAIR_E_RANGE, 32},
		{"rooms-per-address=99999999999999999999999", MIDAIR_E_RANGE, 32},
		{"rooms-per-address=4294967297", MIDAIR_E_RANGE, 32},
		{"rooms_per_address=7", -ENOENT, 32},
		{"rooms-per-addres=7", -ENOENT, 32},
		{"rooms-per-address=", MIDAIR_E_SYNTAX, 32},
		{"rooms-per-address=7x", MIDAIR_E_SYNTAX, 32},
		{"rooms-per-address=-7", MIDAIR_E_SYNTAX, 32},
		{"rooms-per-address=0x7", MIDAIR_E_SYNTAX, 32},
		{"rooms-per-address", MIDAIR_E_SYNTAX, 32},
		{"=7", MIDAIR_E_SYNTAX, 32},
		{"", MIDAIR_E_SYNTAX, 32},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct serve_limits limits;

		serve_limits_default(&limits);
		EXPECT(serve_limits_set(&limits, rows[i].text, strlen(rows[i].text)) ==
			       rows[i].result,
		       rows[i].text);
		EXPECT(limits.rooms_per_address == rows[i].rooms, rows[i].text);
	}
}

static void a_file_is_taken_as_a_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint32_t line;
		uint32_t rooms;
	} rows[] = {
		{"", 0, 0, 32},
		{"# nothing\n\n  # else\n", 0, 3, 32},
		{"rooms-per-address = 5\nroom-s = 60\n", 0, 2, 5},
		{"rooms-per-address = 5\r\nroom-s = 60", 0, 2, 5},
		{"rooms-per-address = 5\nrooms-per-address = 6\n", 0, 2, 6},
		{"rooms-per-address = 5\n\nroom-s = 0\n", MIDAIR_E_RANGE, 3, 32},
		{"rooms-per-address = 5\nwhat is this\n", MIDAIR_E_SYNTAX, 2, 32},
		{"rooms-per-address = 5\nno-such = 1\n", -ENOENT, 2, 32},
		{"rooms-per-address = 5 # no\n", MIDAIR_E_SYNTAX, 1, 32},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct serve_limits limits;
		uint32_t line = 99;

		serve_limits_default(&limits);
		EXPECT(serve_limits_read(&limits, rows[i].text, strlen(rows[i].text), &line) ==
			       rows[i].result,
		       rows[i].text);
		EXPECT(limits.rooms_per_address == rows[i].rooms, rows[i].text);
		EXPECT(line == rows[i].line, rows[i].text);
	}
}

static void too_long_a_line_or_file_is_refused(void **state)
{
	static char text[SERVE_FILE_MAX + 1];
	struct serve_limits limits;
	uint32_t line;

	(void)state;
	serve_limits_default(&limits);
	memset(text, '\n', sizeof(text));
	assert_int_equal(serve_limits_read(&limits, text, SERVE_FILE_MAX, &line), 0);
	assert_int_equal(serve_limits_read(&limits, text, sizeof(text), &line), MIDAIR_E_LIMIT);
	memset(text, 'a', SERVE_LINE_MAX + 1);
	assert_int_equal(serve_limits_read(&limits, text, 1000, &line), MIDAIR_E_SYNTAX);
	assert_int_equal(line, 1);
	memset(text, '\0', SERVE_FILE_MAX);
	assert_int_equal(serve_limits_read(&limits, text, 100, &line), MIDAIR_E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_limit_has_a_default_in_its_range_and_can_be_set_to_both_ends),
		cmocka_unit_test(a_text_sets_its_own_limit_or_says_why_not),
		cmocka_unit_test(a_file_is_taken_as_a_whole_or_not_at_all),
		cmocka_unit_test(too_long_a_line_or_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
