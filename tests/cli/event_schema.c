/* SPDX-License-Identifier: MIT */
#include "tests/cli/event_schema.h"

#include <stdio.h>
#include <string.h>

#include "tests/cli/flat_json.h"

/* A key in brackets may be missing. */
static const struct {
	const char *event;
	const char *keys;
} schema[] = {
	{"bound", "event time_ms local "},
	{"listening", "event time_ms local "},
	{"waiting", "event time_ms wait_ms "},
	{"dial", "event time_ms local remote try "},
	{"refused", "event time_ms remote try by code elapsed_ms "},
	{"stranger", "event time_ms local remote "},
	{"landed", "event time_ms local remote try crossing round_trip_ms "},
	{"connected", "event time_ms local remote try elapsed_ms crossing round_trip_ms "},
	{"failed", "event time_ms code [reason] "},
	{"verdict", "event code side step behaviour remedies text clock_error_ms timeline "},
	{"error", "event code what text "},
	{"why", "event cause text remedy remaining_ms owner "},
	{"closed", "event code sent_bytes received_bytes "},
	{"clock", "event start_unix synchronised estimated_error_ms maximum_error_ms verdict "},
	{"server", "event time_ms local remote mapped "},
	{"server-lost", "event time_ms remote code wait_ms "},
	{"code", "event time_ms code command wait_ms "},
	{"peer", "event time_ms remote role "},
	{"candidates", "event time_ms remote "},
	{"confirmed", "event time_ms "},
	{"plan", "event time_ms method reason sure "},
	{"unproven", "event time_ms [local] remote code "},
	{"authenticated", "event time_ms [local] remote elapsed_ms "},
	{"relay", "event time_ms remote code [reason] "},
	{"path",
	 "event time_ms way [reason] local [mapped] remote crossing round_trip_ms protocol "},
	{"stun", "event server [local] [mapped] code "},
};

/* Whether the keys are those of the row, with or without what is in brackets. */
static bool are_keys(const char *wanted, const char *keys)
{
	while (*wanted != '\0') {
		bool is_optional = *wanted == '[';
		const char *word = wanted + is_optional;
		size_t n = strcspn(word, "] ");

		if (strncmp(keys, word, n) == 0 && keys[n] == ' ')
			keys += n + 1;
		else if (!is_optional)
			return false;
		wanted = word + n + strspn(word + n, "] ");
	}
	return *keys == '\0';
}

/* event: with its quotes. */
static const char *keys_of(const char *event, size_t n_bytes)
{
	for (size_t i = 0; i < N_ITEMS(schema); i++)
		if (strlen(schema[i].event) + 2 == n_bytes &&
		    memcmp(schema[i].event, event + 1, n_bytes - 2) == 0)
			return schema[i].keys;
	return NULL;
}

static void check_line(const char *line, size_t n_bytes)
{
	char keys[FLAT_JSON_KEYS];
	size_t n_event = 0;
	const char *event = flat_json_find(line, "event", &n_event);
	const char *wanted;

	if (!flat_json_read(line, n_bytes, keys) || event == NULL)
		fail_msg("no JSON object: %.*s", (int)n_bytes, line);
	wanted = keys_of(event, n_event);
	if (wanted == NULL || !are_keys(wanted, keys))
		fail_msg("not as documented: %.*s", (int)n_bytes, line);
}

void event_schema_check(const struct text *text)
{
	const char *line = text->bytes;

	assert_true(text->n_bytes > 0);
	while (*line != '\0') {
		const char *end = strchr(line, '\n');

		assert_non_null(end);
		check_line(line, (size_t)(end - line));
		line = end + 1;
	}
}

static const char *find(const struct text *text, const char *event)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "{\"event\":\"%s\"", event);
	return strstr(text->bytes, begin);
}

bool event_schema_has(const struct text *text, const char *event)
{
	return find(text, event) != NULL;
}

const char *event_schema_value(const struct text *text, const char *event, const char *key,
			       char value[256])
{
	const char *begin = find(text, event);
	char line[4096] = "";
	size_t n_bytes = begin == NULL ? 0 : strcspn(begin, "\n");
	const char *raw = NULL;

	if (begin != NULL && n_bytes < sizeof(line)) {
		memcpy(line, begin, n_bytes);
		raw = flat_json_find(line, key, &n_bytes);
	}

	if (raw == NULL || n_bytes > 255)
		fail_msg("no event \"%s\" with \"%s\" in:\n%s", event, key, text->bytes);
	if (raw[0] == '"') {
		raw++;
		n_bytes -= 2;
	}
	memcpy(value, raw, n_bytes);
	value[n_bytes] = '\0';
	return value;
}
