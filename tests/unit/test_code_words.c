/* SPDX-License-Identifier: MIT */
/* What is promised of the list: it is read out on the telephone and typed by somebody else. */
#include <stdbool.h>
#include <string.h>

#include "core/code.h"
#include "tests/unit/unit.h"

#define SOUND_SIZE 32

static void the_words_are_sorted_and_there_is_none_twice(void **state)
{
	(void)state;
	for (size_t i = 1; i < CODE_WORDS; i++)
		EXPECT(strcmp(code_words[i - 1], code_words[i]) < 0, code_words[i]);
}

static void every_word_has_four_to_nine_small_letters(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_WORDS; i++) {
		size_t length = strlen(code_words[i]);

		EXPECT(length >= 4 && length <= 9, code_words[i]);
		EXPECT(strspn(code_words[i], "abcdefghijklmnopqrstuvwxyz") == length,
		       code_words[i]);
	}
}

/* In a sorted list those that begin alike are neighbours. */
static void four_letters_tell_a_word_from_all_others(void **state)
{
	(void)state;
	for (size_t i = 1; i < CODE_WORDS; i++)
		EXPECT(strncmp(code_words[i - 1], code_words[i], 4) != 0, code_words[i]);
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters inserted, left out or changed (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[16];
	size_t n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			size_t changed = diagonal + (a[i] != b[j - 1]);

			diagonal = row[j];
			row[j] = least_of(row[j] + 1, row[j - 1] + 1, changed);
		}
	}
	return row[n];
}

static void two_wrong_letters_do_not_make_another_word(void **state)
{
	(void)state;
	assert_int_equal(distance("kitten", "sitting"), 3);
	for (size_t i = 0; i < CODE_WORDS; i++)
		for (size_t j = 0; j < i; j++)
			if (distance(code_words[i], code_words[j]) < 3)
				fail_msg("%s and %s", code_words[i], code_words[j]);
}

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* Letters that are one sound, by the way they are mostly spoken. Upper case: ch, sh, th. */
static const struct {
	const char *letters;
	const char *sound;
} groups[] = {
	{"tch", "C"}, {"sch", "sk"}, {"ch", "C"}, {"sh", "S"}, {"tio", "S"},
	{"sio", "S"}, {"th", "T"},   {"ph", "f"}, {"gh", ""},  {"ck", "k"},
	{"dg", "j"},  {"qu", "kw"},  {"wh", "w"},
};

static const char *letter_sound(char c, char next, bool is_first)
{
	switch (c) {
	case 'a':
	case 'e':
	case 'i':
	case 'o':
	case 'u':
		return is_first ? "a" : "";
	case 'b':
		return "b";
	case 'c':
		return is_in(next, "eiy") ? "s" : "k";
	case 'd':
	case 't':
		return "t";
	case 'f':
	case 'v':
		return "f";
	case 'g':
		return is_in(next, "eiy") ? "j" : "k";
	case 'h':
		return is_in(next, "aeiou") ? "h" : "";
	case 'j':
		return "j";
	case 'k':
	case 'q':
		return "k";
	case 'l':
		return "l";
	case 'm':
		return "m";
	case 'n':
		return "n";
	case 'p':
		return "p";
	case 'r':
		return "r";
	case 's':
	case 'z':
		return "s";
	case 'w':
		return is_in(next, "aeiou") ? "w" : "";
	case 'x':
		return "ks";
	case 'y':
		return is_in(next, "aeiou") ? "y" : "";
	default:
		return "?";
	}
}

/* The sound of the letters at word[i]; *n is how many they are. */
static const char *sound_at(const char *word, size_t i, size_t *n)
{
	for (size_t g = 0; g < N_ITEMS(groups); g++) {
		*n = strlen(groups[g].letters);
		if (strncmp(word + i, groups[g].letters, *n) == 0)
			return groups[g].sound;
	}
	*n = 1;
	if (i > 0 && word[i] == word[i - 1])
		return "";
	return letter_sound(word[i], word[i + 1], i == 0);
}

/* The consonants as they are heard: what is left of a word on a bad line. */
static void sound(const char *word, char out[SOUND_SIZE])
{
	size_t length = 0;
	size_t n;

	if (strncmp(word, "kn", 2) == 0 || strncmp(word, "gn", 2) == 0 ||
	    strncmp(word, "wr", 2) == 0 || strncmp(word, "ps", 2) == 0)
		word++;
	for (size_t i = 0; word[i] != '\0'; i += n)
		for (const char *at = sound_at(word, i, &n); *at != '\0'; at++)
			out[length++] = *at;
	out[length] = '\0';
}

static void words_that_sound_alike_have_one_key(void **state)
{
	static const char *const rows[][2] = {
		{"knight", "night"},  {"wrap", "rap"},	  {"sale", "sail"},
		{"cellar", "seller"}, {"phase", "faze"},  {"whale", "wail"},
		{"cereal", "serial"}, {"metal", "medal"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		char a[SOUND_SIZE];
		char b[SOUND_SIZE];

		sound(rows[i][0], a);
		sound(rows[i][1], b);
		assert_string_equal(a, b);
	}
}

static void no_two_words_sound_alike(void **state)
{
	static char sounds[CODE_WORDS][SOUND_SIZE];

	(void)state;
	for (size_t i = 0; i < CODE_WORDS; i++) {
		sound(code_words[i], sounds[i]);
		for (size_t j = 0; j < i; j++)
			if (strcmp(sounds[i], sounds[j]) == 0)
				fail_msg("%s and %s", code_words[i], code_words[j]);
	}
}

/* FNV-1a, 64 bits, of the words with a newline behind each. A code is shown by one version and
 * typed into another: whoever changes the list breaks both. */
static void the_list_is_the_one_that_was_released(void **state)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	(void)state;
	for (size_t i = 0; i < CODE_WORDS; i++) {
		const char *at = code_words[i];

		do
			hash = (hash ^ (uint8_t)(*at ? *at : '\n')) * UINT64_C(0x100000001b3);
		while (*at++ != '\0');
	}
	assert_int_equal(hash, UINT64_C(0x0c66766ee178c61e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_are_sorted_and_there_is_none_twice),
		cmocka_unit_test(every_word_has_four_to_nine_small_letters),
		cmocka_unit_test(four_letters_tell_a_word_from_all_others),
		cmocka_unit_test(two_wrong_letters_do_not_make_another_word),
		cmocka_unit_test(words_that_sound_alike_have_one_key),
		cmocka_unit_test(no_two_words_sound_alike),
		cmocka_unit_test(the_list_is_the_one_that_was_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
