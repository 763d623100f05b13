/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what every harness includes. A harness is one LLVMFuzzerTestOneInput(): hostile bytes in,
 * abort when a promise is broken. With clang it is linked with libFuzzer; with any compiler it is
 * linked with replay.c, which runs the files of a corpus folder.
 */
#ifndef MIDAIR_TESTS_FUZZ_H
#define MIDAIR_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                  \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__,             \
				#condition);                                                   \
			abort();                                                               \
		}                                                                              \
	} while (0)

/* The bytes as a string in memory of exactly that size, so that a sanitizer sees the first byte
 * that is read past its end. Ends at the first NUL for those who read it. To be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
