/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A code is read out on the telephone and typed by somebody else, so everything is forgiven that
 * leaves no doubt: capitals, any separators and any number of them (the dashes that a word
 * processor makes of a hyphen, too), leading zeros of the number, and the rest of a word after its
 * first four letters, which no two words share. Nothing is guessed beyond that: a word of the code
 * that was corrected to the wrong one would cost the only try.
 */
#include "core/code.h"

#include <stdbool.h>
#include <string.h>

#define UNIQUE_LETTERS	 4
#define LONGEST_WORD	 9
#define SPACE_AND_SIGNS	 " \t\r\n-_.,:;/+"
#define LONGEST_NUMBER_S "4294967295"

_Static_assert(sizeof(LONGEST_NUMBER_S) + MIDAIR_WORDS_MAX * (1 + LONGEST_WORD) <=
		       MIDAIR_CODE_SIZE,
	       "every code fits, with its NUL");

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* The length of the separator that text begins with, 0: none. In UTF-8, beside ASCII: the no-break
 * space, the dashes U+2010 to U+2015, and the minus sign. */
static size_t separator_length(const char *text)
{
	if (text[0] != '\0' && strchr(SPACE_AND_SIGNS, text[0]))
		return 1;
	if (strncmp(text, "\xc2\xa0", 2) == 0)
		return 2;
	if (strncmp(text, "\xe2\x80", 2) == 0 && text[2] >= '\x90' && text[2] <= '\x95')
		return 3;
	return strncmp(text, "\xe2\x88\x92", 3) == 0 ? 3 : 0;
}

static const char *skip_separators(const char *text)
{
	size_t length;

	while ((length = separator_length(text)) > 0)
		text += length;
	return text;
}

/* A room's number. Moves *text behind it. */
static int take_number(const char **text, uint32_t *number)
{
	uint64_t sum = 0;

	if (!is_digit(**text))
		return MIDAIR_E_SYNTAX;
	for (; is_digit(**text); ++*text)
		if (sum <= UINT32_MAX)
			sum = sum * 10 + (uint64_t)(**text - '0');
	if (sum == 0 || sum > UINT32_MAX)
		return MIDAIR_E_RANGE;
	*number = (uint32_t)sum;
	return 0;
}

/* Letters, in lower case. Returns how many there are, of which at most LONGEST_WORD are kept. */
static size_t take_letters(const char **text, char letters[LONGEST_WORD + 1])
{
	size_t n = 0;
	size_t n_kept = 0;

	for (; is_letter(**text); ++*text, n++)
		if (n < LONGEST_WORD)
			letters[n_kept++] = lower(**text);
	letters[n_kept] = '\0';
	return n;
}

/* The place of the first word that is not before these letters. */
static uint32_t first_word(const char *letters)
{
	uint32_t low = 0;
	uint32_t high = CODE_WORDS;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (strcmp(code_words[middle], letters) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool begins_with(uint32_t word, const char *letters)
{
	return word < CODE_WORDS && strncmp(code_words[word], letters, strlen(letters)) == 0;
}

static bool find_word(const char *letters, size_t n_letters, uint16_t *word)
{
	uint32_t found = first_word(letters);

	if (n_letters < UNIQUE_LETTERS || n_letters > LONGEST_WORD ||
	    !begins_with(found, letters))
		return false;
	*word = (uint16_t)found;
	return true;
}

/* One more word. Returns 0, SYNTAX when there are no letters, RANGE. */
static int take_word(const char **text, struct code *code)
{
	char letters[LONGEST_WORD + 1];
	size_t n_letters = take_letters(text, letters);

	if (n_letters == 0)
		return MIDAIR_E_SYNTAX;
	if (code->n_words == MIDAIR_WORDS_MAX ||
	    !find_word(letters, n_letters, &code->words[code->n_words]))
		return MIDAIR_E_RANGE;
	code->n_words++;
	return 0;
}

int code_parse(struct code *code, const char *text, uint32_t *wrong_word)
{
	struct code parsed = {0};
	int result;

	text = skip_separators(text);
	result = take_number(&text, &parsed.room);
	if (result == MIDAIR_E_RANGE && wrong_word)
		*wrong_word = 0;
	if (result != 0)
		return result;
	while (*(text = skip_separators(text)) != '\0') {
		result = take_word(&text, &parsed);
		if (result == MIDAIR_E_RANGE && wrong_word)
			*wrong_word = parsed.n_words + 1;
		if (result != 0)
			return result;
	}
	if (parsed.n_words < CODE_WORDS_MIN)
		return MIDAIR_E_SYNTAX;
	*code = parsed;
	return 0;
}

static char *append(char *end, const char *text)
{
	size_t length = strlen(text);

	memcpy(end, text, length + 1);
	return end + length;
}

static char *append_number(char *end, uint32_t number)
{
	char digits[sizeof(LONGEST_NUMBER_S)];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	return append(end, digits + at);
}

static void append_words(char *end, const struct code *code)
{
	for (uint32_t i = 0; i < code->n_words; i++) {
		if (i > 0)
			end = append(end, "-");
		end = append(end, code_words[code->words[i]]);
	}
}

void code_password(const struct code *code, char text[MIDAIR_CODE_SIZE])
{
	text[0] = '\0';
	append_words(text, code);
}

void code_format(const struct code *code, char text[MIDAIR_CODE_SIZE])
{
	char *end = append_number(text, code->room);

	append_words(append(end, "-"), code);
}

void code_choose(struct code *code, uint32_t room, uint32_t n_words, const uint8_t *random)
{
	*code = (struct code){.room = room, .n_words = n_words};
	for (uint32_t i = 0; i < n_words; i++)
		code->words[i] =
			(uint16_t)((random[2 * i] << 8 | random[2 * i + 1]) % CODE_WORDS);
}

/* Splits a code's beginning into what is complete and the letters of the word that is not. */
static bool take_beginning(struct code *code, const char *text, char letters[LONGEST_WORD + 1])
{
	text = skip_separators(text);
	if (take_number(&text, &code->room) != 0 || *text == '\0')
		return false;
	for (;;) {
		const char *word = text = skip_separators(text);
		size_t n_letters = take_letters(&text, letters);

		if (*text == '\0')
			return n_letters <= LONGEST_WORD && code->n_words < MIDAIR_WORDS_MAX;
		text = word;
		if (take_word(&text, code) != 0)
			return false;
	}
}

int code_complete(char text[MIDAIR_CODE_SIZE], const char *beginning, uint32_t nth)
{
	struct code code = {0};
	char letters[LONGEST_WORD + 1];
	uint32_t first;

	if (!take_beginning(&code, beginning, letters))
		return MIDAIR_E_END;
	first = first_word(letters);
	if (nth >= CODE_WORDS || !begins_with(first + nth, letters))
		return MIDAIR_E_END;
	code.words[code.n_words++] = (uint16_t)(first + nth);
	code_format(&code, text);
	return 0;
}
