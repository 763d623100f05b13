/* SPDX-License-Identifier: MIT */
/* hex: bytes of a test vector, and whether bytes are those of a text. */
#ifndef MIDAIR_TESTS_HEX_H
#define MIDAIR_TESTS_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEX_BYTES 256

/* The text has exactly size bytes, or the test program ends. */
static inline void hex_read(uint8_t *bytes, size_t size, const char *text)
{
	for (size_t i = 0; i < size; i++) {
		const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
		char *end;

		bytes[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end != '\0' || end == digits)
			abort();
	}
	if (text[2 * size] != '\0')
		abort();
}

static inline bool hex_is(const void *bytes, size_t size, const char *text)
{
	uint8_t expected[HEX_BYTES];

	if (size > sizeof(expected))
		abort();
	hex_read(expected, size, text);
	return memcmp(bytes, expected, size) == 0;
}

#endif
