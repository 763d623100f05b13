/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <inttypes.h>

void json_begin(struct json *json, FILE *to)
{
	*json = (struct json){.to = to};
}

static void key(struct json *json, const char *name)
{
	fprintf(json->to, "%s\"%s\":", json->is_started ? "," : "{", name);
	json->is_started = true;
}

void json_string(struct json *json, const char *name, const char *value)
{
	key(json, name);
	fputc('"', json->to);
	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;

		if (byte == '"' || byte == '\\')
			fprintf(json->to, "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			fprintf(json->to, "\\u%04x", byte); /* bytes of no known encoding */
		else
			fputc(byte, json->to);
	}
	fputc('"', json->to);
}

void json_integer(struct json *json, const char *name, int64_t value)
{
	key(json, name);
	fprintf(json->to, "%" PRId64, value);
}

void json_milliseconds(struct json *json, const char *name, int64_t duration_ns)
{
	key(json, name);
	fprintf(json->to, "%.3f", (double)duration_ns / 1e6);
}

void json_null(struct json *json, const char *name)
{
	key(json, name);
	fputs("null", json->to);
}

void json_boolean(struct json *json, const char *name, bool value)
{
	key(json, name);
	fputs(value ? "true" : "false", json->to);
}

void json_end(struct json *json)
{
	fputs(json->is_started ? "}\n" : "{}\n", json->to);
}
