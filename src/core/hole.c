/* SPDX-License-Identifier: MIT */
#include "core/hole.h"

#include <stdio.h>
#include <string.h>

#include "core/bytes.h"

#define MAGIC "midair-hole-1"

bool hole_is_sound(const struct midair_hole *hole)
{
	bool has_role = hole->role == MIDAIR_ROLE_A || hole->role == MIDAIR_ROLE_B;

	return has_role && hole->local.family == hole->remote.family && hole->local.port != 0 &&
	       bytes_is_reachable(&hole->remote);
}

const char *midair_hole_format(const struct midair_hole *hole, char text[MIDAIR_HOLE_TEXT_SIZE])
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	int length = snprintf(text, MIDAIR_HOLE_TEXT_SIZE, MAGIC " %c %s %s ",
			      hole->role == MIDAIR_ROLE_A ? 'a' : 'b',
			      midair_endpoint_format(&hole->local, local),
			      midair_endpoint_format(&hole->remote, remote));

	for (size_t i = 0; i < MIDAIR_HOLE_KEY_BYTES; i++)
		length += snprintf(text + length, 3, "%02x", hole->key[i]);
	return text;
}

/* The next word and the one blank behind it; "" at the end. False: it does not fit. */
static bool take_word(const char **text, char word[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	size_t length = strcspn(*text, " ");

	if (length >= MIDAIR_ENDPOINT_TEXT_SIZE)
		return false;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length + ((*text)[length] == ' ');
	return true;
}

static bool read_role(struct midair_hole *hole, const char *word)
{
	if (strcmp(word, "a") == 0)
		hole->role = MIDAIR_ROLE_A;
	else if (strcmp(word, "b") == 0)
		hole->role = MIDAIR_ROLE_B;
	return hole->role != MIDAIR_ROLE_NONE;
}

/* -1: it is none. */
static int value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Straight from the text: no second copy of it to be wiped. */
static bool read_key(struct midair_hole *hole, const char *digits)
{
	if (strnlen(digits, 2 * MIDAIR_HOLE_KEY_BYTES + 1) != 2 * MIDAIR_HOLE_KEY_BYTES)
		return false;
	for (size_t i = 0; i < MIDAIR_HOLE_KEY_BYTES; i++) {
		int high = value_of(digits[2 * i]);
		int low = value_of(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		hole->key[i] = (uint8_t)(16 * high + low);
	}
	return true;
}

static bool read_hole(struct midair_hole *hole, const char *text)
{
	char word[MIDAIR_ENDPOINT_TEXT_SIZE];

	return take_word(&text, word) && strcmp(word, MAGIC) == 0 && take_word(&text, word) &&
	       read_role(hole, word) && take_word(&text, word) &&
	       midair_endpoint_parse(&hole->local, word) == 0 && take_word(&text, word) &&
	       midair_endpoint_parse(&hole->remote, word) == 0 && read_key(hole, text) &&
	       hole_is_sound(hole);
}

int midair_hole_parse(struct midair_hole *hole, const char *text)
{
	*hole = (struct midair_hole){.role = MIDAIR_ROLE_NONE};
	if (read_hole(hole, text))
		return 0;
	*hole = (struct midair_hole){.role = MIDAIR_ROLE_NONE};
	return MIDAIR_E_SYNTAX;
}
