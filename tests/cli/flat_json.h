/* SPDX-License-Identifier: MIT */
/* flat_json: a strict reader (RFC 8259) of what the command prints: one object on a line. Of values
 * that are objects or arrays only the form is looked at. */
#ifndef MIDAIR_TESTS_FLAT_JSON_H
#define MIDAIR_TESTS_FLAT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define FLAT_JSON_KEYS 512

/* Whether line (without its end of line) is such an object and no key comes twice. keys: its keys
 * in order, "event time_ms ". */
bool flat_json_read(const char *line, size_t n_bytes, char keys[FLAT_JSON_KEYS]);

/* The raw text of a value (a string with its quotes), NULL when there is none. */
const char *flat_json_find(const char *line, const char *key, size_t *n_bytes);

#endif
