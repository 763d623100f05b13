/* SPDX-License-Identifier: MIT */
/* tls_pump: two ends of a tls over memory, for tests, fuzzing and nothing else. */
#ifndef MIDAIR_TESTS_TLS_PUMP_H
#define MIDAIR_TESTS_TLS_PUMP_H

#include <string.h>

#include "crypto/tls.h"

/* Gives bytes to an end as far as it takes them. Returns how many. */
static inline size_t tls_give(struct tls *to, const uint8_t *bytes, size_t size)
{
	size_t n_given = 0;

	while (n_given < size) {
		size_t room;
		uint8_t *input = tls_input(to, &room);

		if (room > size - n_given)
			room = size - n_given;
		if (room == 0)
			break;
		memcpy(input, bytes + n_given, room);
		tls_received(to, room);
		n_given += room;
	}
	return n_given;
}

/* What one has to say goes to the other. Returns the number of bytes. */
static inline size_t tls_pass(struct tls *from, struct tls *to)
{
	size_t size;
	const uint8_t *bytes = tls_output(from, &size);
	size_t n_given = size == 0 ? 0 : tls_give(to, bytes, size);

	tls_sent(from, n_given);
	return n_given;
}

/* Until neither has anything more to say that the other takes. */
static inline void tls_pump(struct tls *a, struct tls *b)
{
	while (tls_pass(a, b) + tls_pass(b, a) > 0) {
	}
}

#endif
