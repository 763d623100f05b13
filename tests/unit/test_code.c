/* SPDX-License-Identifier: MIT */
#include "core/code.h"

#include <stdio.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/unit.h"

/* The most that a code may have. */
#define EIGHT_WORDS "crossover-clockwork-abacus-zodiac-umbrella-penguin-saxophone-marmalade"

static void whatever_leaves_no_doubt_is_forgiven(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} rows[] = {
		{"7-crossover-clockwork", "7-crossover-clockwork"},
		{"7-CROSSOVER-Clockwork", "7-crossover-clockwork"},
		{"7 crossover clockwork", "7-crossover-clockwork"},
		{"  7 - crossover _ clockwork\n", "7-crossover-clockwork"},
		{"7.crossover.clockwork.", "7-crossover-clockwork"},
		{"7_crossover__clockwork", "7-crossover-clockwork"},
		{"7, crossover, clockwork", "7-crossover-clockwork"},
		{"7:crossover;clockwork", "7-crossover-clockwork"},
		{"7/crossover+clockwork", "7-crossover-clockwork"},
		{"7\tcrossover\r\nclockwork\r\n", "7-crossover-clockwork"},
		{"7crossover clockwork", "7-crossover-clockwork"},
		{"--7---crossover---clockwork--", "7-crossover-clockwork"},
		{"007-crossover-clockwork", "7-crossover-clockwork"},
		{"7-cros-cloc", "7-crossover-clockwork"},
		{"7-crosso-clockw", "7-crossover-clockwork"},
		{"7\u2013crossover\u2014clockwork", "7-crossover-clockwork"},
		{"7\u2010crossover\u2011clockwork\u00a0", "7-crossover-clockwork"},
		{"7\u2212crossover\u2015clockwork", "7-crossover-clockwork"},
		{"4294967295-crossover-clockwork", "4294967295-crossover-clockwork"},
		{"1-clockwork-clockwork", "1-clockwork-clockwork"},
		{"12-" EIGHT_WORDS, "12-" EIGHT_WORDS},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct code code;
		char text[MIDAIR_CODE_SIZE];
		uint32_t wrong = 77;

		EXPECT(code_parse(&code, rows[i].text, &wrong) == 0, rows[i].text);
		code_format(&code, text);
		EXPECT(strcmp(text, rows[i].expected) == 0, rows[i].text);
		EXPECT(wrong == 77, rows[i].text);
	}
}

static void what_is_no_code_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"-",
		"7",
		"7-",
		"7-crossover",
		"7-crossover-",
		"crossover-clockwork",
		"crossover-7-clockwork",
		"-crossover-clockwork",
		"7-crossover-clockwork!",
		"7-crossover-clockwork-3",
		"7-crossover-3-clockwork",
		"7-cross0ver-clockwork",
		"7-crossover'clockwork",
		"7-crossover\\clockwork",
		"7-crossover-\u00e4pfel",
		"7-crossover\u2009clockwork",
		"7\xe2\x80",
		"7-crossover-clockwork\xe2",
		"7-crossover-clockwork\xc2",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct code code = {.room = 77};
		uint32_t wrong = 77;

		EXPECT(code_parse(&code, rows[i], &wrong) == MIDAIR_E_SYNTAX, rows[i]);
		EXPECT(code.room == 77 && wrong == 77, rows[i]);
	}
}

static void the_word_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text;
		uint32_t word;
	} rows[] = {
		{"7-crossed-clockwork", 1},
		{"7-cro-clockwork", 1},
		{"7-cr0ssover-clockwork", 1},
		{"0x7-crossover-clockwork", 0},
		{"7-crossovers-clockwork", 1},
		{"7-a-clockwork", 1},
		{"7-crossover-clockworks", 2},
		{"7-crossover-clockword", 2},
		{"7-crossover-zzzz", 2},
		{"7-crossover-clockworkclockwork", 2},
		{"7-crossoverclockwork", 1},
		{"7-" EIGHT_WORDS "-crossover", 9},
		{"7-" EIGHT_WORDS "-x", 9},
		{"0-crossover-clockwork", 0},
		{"4294967296-crossover-clockwork", 0},
		{"99999999999999999999999999-crossover-clockwork", 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct code code = {.room = 77};
		uint32_t wrong = 77;

		EXPECT(code_parse(&code, rows[i].text, &wrong) == MIDAIR_E_RANGE, rows[i].text);
		EXPECT(wrong == rows[i].word, rows[i].text);
		EXPECT(code_parse(&code, rows[i].text, NULL) == MIDAIR_E_RANGE, rows[i].text);
		EXPECT(code.room == 77, rows[i].text);
	}
}

static void every_word_is_found_whole_and_by_its_first_four_letters(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CODE_WORDS; i++) {
		char text[64];
		struct code code;

		snprintf(text, sizeof(text), "7-%s-%.4s", code_words[i], code_words[i]);
		EXPECT(code_parse(&code, text, NULL) == 0, text);
		EXPECT(code.n_words == 2 && code.words[0] == i && code.words[1] == i, text);
	}
}

static void the_password_is_the_words_alone(void **state)
{
	struct code code;
	char text[MIDAIR_CODE_SIZE];

	(void)state;
	assert_int_equal(code_parse(&code, "7 CROS cloc", NULL), 0);
	code_password(&code, text);
	assert_string_equal(text, "crossover-clockwork");
	assert_int_equal(code.room, 7);
}

/* Ten bits each, all of them used: 64 values of two bytes lead to one word. */
static void every_word_is_chosen_as_often(void **state)
{
	static uint32_t counts[CODE_WORDS];

	(void)state;
	for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
		const uint8_t random[4] = {0, 0, (uint8_t)(bits >> 8), (uint8_t)bits};
		struct code code;

		code_choose(&code, 7, 2, random);
		assert_int_equal(code.room, 7);
		assert_int_equal(code.n_words, 2);
		assert_int_equal(code.words[0], 0);
		counts[code.words[1]]++;
	}
	for (size_t i = 0; i < CODE_WORDS; i++)
		EXPECT(counts[i] == 64, code_words[i]);
}

static void what_was_chosen_is_read_back(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[2 * MIDAIR_WORDS_MAX];
		uint32_t n_words = 2 + (uint32_t)random_below(&random, MIDAIR_WORDS_MAX - 1);
		struct code code;
		struct code read;
		char text[MIDAIR_CODE_SIZE];

		for (size_t n = 0; n < sizeof(bytes); n++)
			bytes[n] = (uint8_t)random_next(&random);
		code_choose(&code, 1 + (uint32_t)random_below(&random, UINT32_MAX), n_words,
			    bytes);
		code_format(&code, text);
		assert_int_equal(code_parse(&read, text, NULL), 0);
		assert_memory_equal(&read, &code, sizeof(code));
	}
}

static void a_beginning_is_completed_word_by_word(void **state)
{
	static const struct {
		const char *beginning;
		uint32_t nth;
		const char *expected; /* NULL: the end */
	} rows[] = {
		{"7-cross", 0, "7-crossover"},
		{"7-cross", 1, NULL},
		{"7 CROSS", 0, "7-crossover"},
		{"7-crossover", 0, "7-crossover"},
		{"7-crossover", 1, NULL},
		{"7-crossover-clock", 0, "7-crossover-clockwork"},
		{"7-cros-clock", 0, "7-crossover-clockwork"},
		{"7cross", 0, "7-crossover"},
		{"7-", 0, "7-abacus"},
		{"7-", 1023, "7-zodiac"},
		{"7-", 1024, NULL},
		{"7-", UINT32_MAX, NULL},
		{"7-crossover-", 1023, "7-crossover-zodiac"},
		{"7-z", 0, "7-zenith"},
		{"7-z", UINT32_MAX, NULL},
		{"7-zodiac", UINT32_MAX, NULL},
		{"", 0, NULL},
		{"7", 0, NULL},
		{"0-", 0, NULL},
		{"4294967296-", 0, NULL},
		{"cross", 0, NULL},
		{"7-xyz", 0, NULL},
		{"7-crossovers", 0, NULL},
		{"7-crossoverclockwork", 0, NULL},
		{"7-cro-", 0, NULL},
		{"7-cro-clock", 0, NULL},
		{"7-crossover!", 0, NULL},
		{"12-" EIGHT_WORDS, 0, "12-" EIGHT_WORDS},
		{"12-" EIGHT_WORDS "-", 0, NULL},
		{"12-" EIGHT_WORDS "-a", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		char text[MIDAIR_CODE_SIZE] = "untouched";
		int expected = rows[i].expected ? 0 : MIDAIR_E_END;

		EXPECT(code_complete(text, rows[i].beginning, rows[i].nth) == expected,
		       rows[i].beginning);
		EXPECT(strcmp(text, rows[i].expected ? rows[i].expected : "untouched") == 0,
		       rows[i].beginning);
	}
}

static void every_word_completes_its_own_beginning(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CODE_WORDS; i++) {
		char beginning[32];
		char expected[32];
		char text[MIDAIR_CODE_SIZE];

		snprintf(beginning, sizeof(beginning), "3-%.4s", code_words[i]);
		snprintf(expected, sizeof(expected), "3-%s", code_words[i]);
		EXPECT(code_complete(text, beginning, 0) == 0, beginning);
		EXPECT(strcmp(text, expected) == 0, beginning);
		EXPECT(code_complete(text, beginning, 1) == MIDAIR_E_END, beginning);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_leaves_no_doubt_is_forgiven),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test(the_word_that_is_wrong_is_named),
		cmocka_unit_test(every_word_is_found_whole_and_by_its_first_four_letters),
		cmocka_unit_test(the_password_is_the_words_alone),
		cmocka_unit_test(every_word_is_chosen_as_often),
		cmocka_unit_test(what_was_chosen_is_read_back),
		cmocka_unit_test(a_beginning_is_completed_word_by_word),
		cmocka_unit_test(every_word_completes_its_own_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
