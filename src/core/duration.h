/* SPDX-License-Identifier: MIT */
/* duration: "80ms", "0.4ms", "2m" to nanoseconds and back. Pure. */
#ifndef MIDAIR_CORE_DURATION_H
#define MIDAIR_CORE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* A year; more than any wait here. */
#define DURATION_MAX_NS (UINT64_C(366) * 86400 * 1000000000)

/*
 * Parses exactly n_bytes: decimal digits, up to nine digits after a point, and one of ns us ms s
 * m h. The unit may be missing only from "0". Returns 0, MIDAIR_E_SYNTAX, or MIDAIR_E_RANGE past
 * DURATION_MAX_NS. What is finer than a nanosecond is cut off.
 */
int duration_parse(uint64_t *duration_ns, const char *text, size_t n_bytes);

#define DURATION_TEXT_SIZE 32
/* The shortest text that duration_parse() reads back as the same number. Returns buffer. */
const char *duration_format(uint64_t duration_ns, char buffer[DURATION_TEXT_SIZE]);

#endif
