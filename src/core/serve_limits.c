/* SPDX-License-Identifier: MIT */
#include "core/serve_limits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "midair/midair.h"

struct row {
	const char *name; /* of the field */
	size_t offset;
	uint32_t value, least, most;
	const char *text;
};

#define ROW(name, value, least, most, text)                                                    \
	{#name, offsetof(struct serve_limits, name), value, least, most, text},
static const struct row rows[] = {SERVE_LIMITS(ROW)};
#undef ROW

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static uint32_t *field(struct serve_limits *limits, const struct row *row)
{
	return (uint32_t *)(void *)((char *)limits + row->offset);
}

void serve_limits_default(struct serve_limits *limits)
{
	for (size_t i = 0; i < N_ROWS; i++)
		*field(limits, &rows[i]) = rows[i].value;
}

struct span {
	const char *text;
	size_t size;
};

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t' || letter == '\r';
}

static struct span trim(const char *text, size_t size)
{
	while (size > 0 && is_blank(text[0])) {
		text++;
		size--;
	}
	while (size > 0 && is_blank(text[size - 1]))
		size--;
	return (struct span){.text = text, .size = size};
}

/* A dash in the text stands for the field's underscore. */
static bool is_name(const struct row *row, struct span name)
{
	if (strlen(row->name) != name.size)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.text[i] != (row->name[i] == '_' ? '-' : row->name[i]))
			return false;
	return true;
}

static const struct row *find(struct span name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (is_name(&rows[i], name))
			return &rows[i];
	return NULL;
}

static int read_value(struct span text, const struct row *row, uint32_t *value)
{
	uint64_t number = 0;

	if (text.size == 0)
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < text.size; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return MIDAIR_E_SYNTAX;
		if (number <= UINT32_MAX)
			number = number * 10 + (uint64_t)(text.text[i] - '0');
	}
	if (number < row->least || number > row->most)
		return MIDAIR_E_RANGE;
	*value = (uint32_t)number;
	return 0;
}

int serve_limits_set(struct serve_limits *limits, const char *text, size_t size)
{
	const char *equals = size > 0 ? memchr(text, '=', size) : NULL;

	if (!equals)
		return MIDAIR_E_SYNTAX;
	size_t name_size = (size_t)(equals - text);
	struct span name = trim(text, name_size);
	const struct row *row = find(name);

	if (!row)
		return name.size > 0 ? -ENOENT : MIDAIR_E_SYNTAX;
	return read_value(trim(equals + 1, size - name_size - 1), row, field(limits, row));
}

static int read_line(struct serve_limits *limits, const char *text, size_t size)
{
	struct span line = trim(text, size);

	if (line.size == 0 || line.text[0] == '#')
		return 0;
	if (line.size > SERVE_LINE_MAX)
		return MIDAIR_E_SYNTAX;
	return serve_limits_set(limits, line.text, line.size);
}

int serve_limits_read(struct serve_limits *limits, const char *text, size_t size,
		      uint32_t *line)
{
	struct serve_limits read = *limits;
	size_t at = 0;

	*line = 0;
	if (size > SERVE_FILE_MAX)
		return MIDAIR_E_LIMIT;
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - text) - at : size - at;
		int result;

		++*line;
		result = read_line(&read, text + at, length);
		if (result != 0)
			return result;
		at += length + 1;
	}
	*limits = read;
	return 0;
}

int serve_limits_text(uint32_t number, struct serve_limit_text *limit)
{
	if (number >= N_ROWS)
		return MIDAIR_E_END;
	*limit = (struct serve_limit_text){
		.value = rows[number].value,
		.least = rows[number].least,
		.most = rows[number].most,
		.text = rows[number].text,
	};
	for (size_t i = 0; rows[number].name[i] != '\0' && i + 1 < sizeof(limit->name); i++)
		limit->name[i] = rows[number].name[i] == '_' ? '-' : rows[number].name[i];
	return 0;
}
