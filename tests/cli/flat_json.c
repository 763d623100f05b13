/* SPDX-License-Identifier: MIT */
#include "tests/cli/flat_json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct reader {
	const char *at;
	const char *end;
};

static bool take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static size_t take_digits(struct reader *reader)
{
	const char *begin = reader->at;

	while (reader->at < reader->end && isdigit((unsigned char)*reader->at))
		reader->at++;
	return (size_t)(reader->at - begin);
}

static bool take_escape(struct reader *reader)
{
	if (reader->at == reader->end)
		return false;
	if (!take(reader, 'u'))
		return strchr("\"\\/bfnrt", *reader->at++) != NULL;
	for (int i = 0; i < 4; i++, reader->at++)
		if (reader->at == reader->end || !isxdigit((unsigned char)*reader->at))
			return false;
	return true;
}

static bool take_string(struct reader *reader)
{
	if (!take(reader, '"'))
		return false;
	while (!take(reader, '"')) {
		if (reader->at == reader->end || (unsigned char)*reader->at < ' ')
			return false;
		if (*reader->at++ == '\\' && !take_escape(reader))
			return false;
	}
	return true;
}

static bool take_number(struct reader *reader)
{
	take(reader, '-');
	if (!take(reader, '0') && take_digits(reader) == 0)
		return false;
	if (take(reader, '.') && take_digits(reader) == 0)
		return false;
	if (take(reader, 'e') || take(reader, 'E')) {
		if (!take(reader, '-'))
			take(reader, '+');
		return take_digits(reader) != 0;
	}
	return true;
}

static bool take_word(struct reader *reader, const char *word)
{
	size_t n_bytes = strlen(word);

	if ((size_t)(reader->end - reader->at) < n_bytes ||
	    memcmp(reader->at, word, n_bytes) != 0)
		return false;
	reader->at += n_bytes;
	return true;
}

static bool take_value(struct reader *reader);

static bool take_array(struct reader *reader)
{
	if (take(reader, ']'))
		return true;
	do {
		if (!take_value(reader))
			return false;
	} while (take(reader, ','));
	return take(reader, ']');
}

static bool take_object(struct reader *reader)
{
	do {
		if (!take_string(reader) || !take(reader, ':') || !take_value(reader))
			return false;
	} while (take(reader, ','));
	return take(reader, '}');
}

/* As deep as the command nests, which is not deep. */
static bool take_value(struct reader *reader)
{
	if (reader->at < reader->end && *reader->at == '"')
		return take_string(reader);
	if (take(reader, '['))
		return take_array(reader);
	if (take(reader, '{'))
		return take_object(reader);
	return take_word(reader, "true") || take_word(reader, "false") ||
	       take_word(reader, "null") || take_number(reader);
}

/* Adds the key to the list; false when it is there already. */
static bool add_key(char keys[FLAT_JSON_KEYS], const char *key, size_t n_bytes)
{
	size_t length = strlen(keys);
	char word[64];

	if (n_bytes + 3 > sizeof(word) || length + n_bytes + 2 > FLAT_JSON_KEYS)
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)n_bytes, key);
	if (strstr(keys, word) != NULL || strncmp(keys, word + 1, n_bytes + 1) == 0)
		return false;
	memcpy(keys + length, word + 1, n_bytes + 2);
	return true;
}

bool flat_json_read(const char *line, size_t n_bytes, char keys[FLAT_JSON_KEYS])
{
	struct reader reader = {.at = line, .end = line + n_bytes};

	keys[0] = '\0';
	if (!take(&reader, '{'))
		return false;
	do {
		const char *key = reader.at + 1;

		if (!take_string(&reader) || !add_key(keys, key, (size_t)(reader.at - key) - 1))
			return false;
		if (!take(&reader, ':') || !take_value(&reader))
			return false;
	} while (take(&reader, ','));
	return take(&reader, '}') && reader.at == reader.end;
}

const char *flat_json_find(const char *line, const char *key, size_t *n_bytes)
{
	char word[64];
	struct reader reader = {.end = line + strlen(line)};

	snprintf(word, sizeof(word), "\"%s\":", key);
	reader.at = strstr(line, word);
	if (reader.at == NULL)
		return NULL;
	reader.at += strlen(word);
	line = reader.at;
	if (!take_value(&reader))
		return NULL;
	*n_bytes = (size_t)(reader.at - line);
	return line;
}
