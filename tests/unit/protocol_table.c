/* SPDX-License-Identifier: MIT */
#include "tests/unit/protocol_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024
#define N_CELLS	  6

enum section { NOTHING, MESSAGES, FORM, REASONS, ERRORS };

struct reading {
	struct protocol_table *table;
	enum section section;
};

/* "| a | `b` |" into its cells, without blanks around them. */
static size_t split(char *line, char *cells[N_CELLS])
{
	size_t n = 0;
	char *at = line + 1;
	char *bar;

	while (n < N_CELLS && (bar = strchr(at, '|'))) {
		char *end = bar;

		while (at < end && *at == ' ')
			at++;
		while (end > at && end[-1] == ' ')
			end--;
		*end = '\0';
		cells[n++] = at;
		at = bar + 1;
	}
	return n;
}

static void copy_text(char out[TABLE_TEXT], const char *text, size_t size)
{
	if (size >= TABLE_TEXT)
		size = TABLE_TEXT - 1;
	memcpy(out, text, size);
	out[size] = '\0';
}

/* What stands between the next two backticks. Moves *text behind them. */
static bool quoted(const char **text, char out[TABLE_TEXT])
{
	const char *begin = strchr(*text, '`');
	const char *end = begin ? strchr(begin + 1, '`') : NULL;

	if (!end)
		return false;
	copy_text(out, begin + 1, (size_t)(end - begin - 1));
	*text = end + 1;
	return true;
}

static bool number(const char *text, uint32_t *value)
{
	char *end;
	unsigned long long read = strtoull(text, &end, 0);

	*value = (uint32_t)read;
	return end != text && *end == '\0' && read <= UINT32_MAX;
}

static struct table_value value_of(const char *text)
{
	struct table_value value = {0};

	value.is_field = !number(text, &value.number);
	copy_text(value.field, text, strlen(text));
	return value;
}

static bool add_message(struct protocol_table *table, char *cells[], size_t n_cells)
{
	struct table_message *message = &table->messages[table->n_messages];
	char type[TABLE_TEXT];
	const char *name = cells[0];
	const char *type_cell = cells[1];

	if (table->n_messages == TABLE_MESSAGES || n_cells != 6 ||
	    !quoted(&name, message->name) || !quoted(&type_cell, type))
		return false;
	copy_text(message->from, cells[2], strlen(cells[2]));
	table->n_messages++;
	return number(type, &message->type) && number(cells[3], &message->least) &&
	       number(cells[4], &message->most);
}

static bool read_allowed(struct table_field *field, const char *cell)
{
	char first[TABLE_TEXT];
	char second[TABLE_TEXT];

	if (strcmp(cell, "any") == 0 || strcmp(cell, "unicast") == 0) {
		field->allowed = cell[0] == 'a' ? TABLE_ANY : TABLE_UNICAST;
		return true;
	}
	field->allowed = strstr(cell, "` or `") ? TABLE_EITHER : TABLE_RANGE;
	if (!quoted(&cell, first))
		return false;
	field->least = value_of(first);
	field->most = quoted(&cell, second) ? value_of(second) : field->least;
	return true;
}

static bool add_field(struct protocol_table *table, char *cells[], size_t n_cells)
{
	struct table_form *form = &table->forms[table->n_forms - 1];
	struct table_field *field = &form->fields[form->n_fields];
	const char *bytes = cells[0];
	char text[TABLE_TEXT];

	if (form->n_fields == TABLE_FIELDS || n_cells != 3)
		return false;
	field->bytes = value_of(quoted(&bytes, text) ? text : cells[0]);
	copy_text(field->name, cells[1], strlen(cells[1]));
	form->n_fields++;
	return read_allowed(field, cells[2]);
}

static bool add_code(struct table_code *codes, size_t *n_codes, char *cells[])
{
	const char *name = cells[1];

	return *n_codes < TABLE_CODES && number(cells[0], &codes[*n_codes].number) &&
	       quoted(&name, codes[(*n_codes)++].name);
}

static bool add_row(struct reading *reading, char *line)
{
	struct protocol_table *table = reading->table;
	char *cells[N_CELLS];
	size_t n_cells = split(line, cells);

	/* the heading of a table, and the line below it */
	if (n_cells < 3 || strncmp(cells[0], "---", 3) == 0 ||
	    strcmp(cells[0], "message") == 0 || strcmp(cells[0], "bytes") == 0 ||
	    strcmp(cells[0], "reason") == 0 || strcmp(cells[0], "error") == 0)
		return true;
	switch (reading->section) {
	case NOTHING:
		return true;
	case MESSAGES:
		return add_message(table, cells, n_cells);
	case FORM:
		return add_field(table, cells, n_cells);
	case REASONS:
		return add_code(table->reasons, &table->n_reasons, cells);
	case ERRORS:
		return add_code(table->errors, &table->n_errors, cells);
	}
	return false;
}

static bool begin_form(struct protocol_table *table, const char *heading)
{
	struct table_form *form = &table->forms[table->n_forms];

	if (table->n_forms == TABLE_FORMS)
		return false;
	table->n_forms++;
	copy_text(form->heading, heading, strlen(heading));
	return quoted(&heading, form->message);
}

static bool begin_section(struct reading *reading, const char *line)
{
	reading->section = NOTHING;
	if (strcmp(line, "## Messages") == 0)
		reading->section = MESSAGES;
	if (strcmp(line, "### Reasons") == 0)
		reading->section = REASONS;
	if (strcmp(line, "### Errors") == 0)
		reading->section = ERRORS;
	if (strncmp(line, "#### ", 5) != 0)
		return true;
	reading->section = FORM;
	return begin_form(reading->table, line + 5);
}

bool protocol_table_read(struct protocol_table *table, const char *path)
{
	struct reading reading = {.table = table};
	FILE *file = fopen(path, "r");
	char line[LINE_SIZE];
	bool is_good = true;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	memset(table, 0, sizeof(*table));
	while (is_good && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			is_good = begin_section(&reading, line);
		else if (line[0] == '|')
			is_good = add_row(&reading, line);
		if (!is_good)
			fprintf(stderr, "%s: cannot read: %s\n", path, line);
	}
	fclose(file);
	return is_good;
}

const struct table_message *protocol_table_message(const struct protocol_table *table,
						   const char *name)
{
	for (size_t i = 0; i < table->n_messages; i++)
		if (strcmp(table->messages[i].name, name) == 0)
			return &table->messages[i];
	return NULL;
}
