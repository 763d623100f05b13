/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

void json_begin(struct json *json, FILE *to)
{
	*json = (struct json){.to = to};
}

/* A socket table has hundreds of thousands of these lines: no format strings, no locks (the
 * command has one thread). */
static void put(struct json *json, const char *text)
{
	fputs_unlocked(text, json->to);
}

static void key(struct json *json, const char *name)
{
	put(json, json->is_started ? ",\"" : "{\"");
	put(json, name);
	put(json, "\":");
	json->is_started = true;
}

static void quoted(struct json *json, const char *value)
{
	putc_unlocked('"', json->to);
	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;

		if (byte == '"' || byte == '\\')
			fprintf(json->to, "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			fprintf(json->to, "\\u%04x", byte); /* bytes of no known encoding */
		else
			putc_unlocked(byte, json->to);
	}
	putc_unlocked('"', json->to);
}

void json_string(struct json *json, const char *name, const char *value)
{
	key(json, name);
	quoted(json, value);
}

void json_integer(struct json *json, const char *name, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	key(json, name);
	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (value < 0)
		digits[--at] = '-';
	put(json, digits + at);
}

void json_milliseconds(struct json *json, const char *name, int64_t duration_ns)
{
	key(json, name);
	fprintf(json->to, "%.3f", (double)duration_ns / 1e6);
}

void json_null(struct json *json, const char *name)
{
	key(json, name);
	put(json, "null");
}

void json_endpoint(struct json *json, const char *name, const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (endpoint->family == MIDAIR_FAMILY_NONE)
		json_null(json, name);
	else
		json_string(json, name, midair_endpoint_format(endpoint, text));
}

void json_boolean(struct json *json, const char *name, bool value)
{
	key(json, name);
	put(json, value ? "true" : "false");
}

void json_open(struct json *json, const char *name)
{
	key(json, name);
	json->is_started = false;
}

void json_close(struct json *json)
{
	fputs(json->is_started ? "}" : "{}", json->to);
	json->is_started = true;
}

void json_open_list(struct json *json, const char *name)
{
	key(json, name);
	put(json, "[");
	json->is_started = false;
}

void json_item(struct json *json)
{
	if (json->is_started)
		put(json, ",");
	json->is_started = false;
}

void json_item_string(struct json *json, const char *value)
{
	json_item(json);
	quoted(json, value);
	json->is_started = true;
}

void json_close_list(struct json *json)
{
	put(json, "]");
	json->is_started = true;
}

void json_end(struct json *json)
{
	fputs(json->is_started ? "}\n" : "{}\n", json->to);
}
