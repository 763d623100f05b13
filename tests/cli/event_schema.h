/* SPDX-License-Identifier: MIT */
/* event_schema: the JSON events of meet and pipe, as docs/events.md promises them. */
#ifndef MIDAIR_TESTS_EVENT_SCHEMA_H
#define MIDAIR_TESTS_EVENT_SCHEMA_H

#include "tests/cli/command.h"

/* Every line is an object with a known event and exactly its keys; the last one is complete. */
void event_schema_check(const struct text *text);

/* The value of a key in the first event of that name, without quotes; fails when there is none. */
const char *event_schema_value(const struct text *text, const char *event, const char *key,
			       char value[256]);
bool event_schema_has(const struct text *text, const char *event);

#endif
