/* SPDX-License-Identifier: MIT */
/* json: one object on one line. Keys are ours and need no escaping; values may be anything. */
#ifndef MIDAIR_CLI_JSON_H
#define MIDAIR_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "midair/midair.h"

struct json {
	FILE *to;
	bool is_started;
};

void json_begin(struct json *json, FILE *to);
void json_string(struct json *json, const char *key, const char *value);
void json_integer(struct json *json, const char *key, int64_t value);
/* Nanoseconds as milliseconds with three digits. */
void json_milliseconds(struct json *json, const char *key, int64_t duration_ns);
void json_null(struct json *json, const char *key);
/* null for family NONE. */
void json_endpoint(struct json *json, const char *key, const struct midair_endpoint *endpoint);
void json_boolean(struct json *json, const char *key, bool value);
/* An object as a value; everything until json_close() belongs to it. */
void json_open(struct json *json, const char *key);
void json_close(struct json *json);
/* An array as a value. Its items are strings, or objects between json_item() and json_close(). */
void json_open_list(struct json *json, const char *key);
void json_item(struct json *json);
void json_item_string(struct json *json, const char *value);
void json_close_list(struct json *json);
void json_end(struct json *json);

#endif
