/* SPDX-License-Identifier: MIT */
/* protocol_table: reads the tables of docs/PROTOCOL.md, from which the wire tests are made. */
#ifndef MIDAIR_TESTS_PROTOCOL_TABLE_H
#define MIDAIR_TESTS_PROTOCOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_MESSAGES 32
#define TABLE_FORMS    48
#define TABLE_FIELDS   12
#define TABLE_CODES    16
#define TABLE_TEXT     64

struct table_message {
	char name[TABLE_TEXT];
	uint32_t type;
	char from[TABLE_TEXT];
	uint32_t least;
	uint32_t most;
};

/* A number, or another field's; "rest" as a size is whatever is left. */
struct table_value {
	bool is_field;
	uint32_t number;
	char field[TABLE_TEXT];
};

enum table_allowed { TABLE_ANY, TABLE_UNICAST, TABLE_RANGE, TABLE_EITHER };

struct table_field {
	char name[TABLE_TEXT];
	struct table_value bytes;
	enum table_allowed allowed;
	struct table_value least; /* of EITHER: the two values */
	struct table_value most;
};

/* One form of a message's body. */
struct table_form {
	char heading[TABLE_TEXT];
	char message[TABLE_TEXT];
	size_t n_fields;
	struct table_field fields[TABLE_FIELDS];
};

struct table_code {
	uint32_t number;
	char name[TABLE_TEXT];
};

struct protocol_table {
	size_t n_messages;
	struct table_message messages[TABLE_MESSAGES];
	size_t n_forms;
	struct table_form forms[TABLE_FORMS];
	size_t n_reasons;
	struct table_code reasons[TABLE_CODES];
	size_t n_errors;
	struct table_code errors[TABLE_CODES];
};

/* False, with a line on stderr, when the document is not as expected. */
bool protocol_table_read(struct protocol_table *table, const char *path);

const struct table_message *protocol_table_message(const struct protocol_table *table,
						   const char *name);

#endif
