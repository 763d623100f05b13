/* SPDX-License-Identifier: MIT */
#include "core/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "midair/midair.h"

#define FRACTION_DIGITS 9

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"h", UINT64_C(3600000000000)}, {"m", UINT64_C(60000000000)},
	{"s", UINT64_C(1000000000)},	{"ms", UINT64_C(1000000)},
	{"us", UINT64_C(1000)},		{"ns", 1},
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns the number of digits read; stops the value from growing past DURATION_MAX_NS. */
static size_t parse_digits(uint64_t *value, const char *text, size_t n_bytes)
{
	size_t i = 0;

	*value = 0;
	for (; i < n_bytes && is_digit(text[i]); i++) {
		if (*value <= DURATION_MAX_NS)
			*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return i;
}

static const struct unit *find_unit(const char *text, size_t n_bytes)
{
	for (size_t i = 0; i < N_UNITS; i++) {
		if (strlen(units[i].name) == n_bytes &&
		    memcmp(units[i].name, text, n_bytes) == 0)
			return &units[i];
	}
	return NULL;
}

/* The fraction in units of 10^-9. */
static int parse_fraction(uint64_t *billionths, const char *text, size_t n_bytes, size_t *used)
{
	*used = parse_digits(billionths, text, n_bytes);
	if (*used == 0 || *used > FRACTION_DIGITS)
		return MIDAIR_E_SYNTAX;
	for (size_t i = *used; i < FRACTION_DIGITS; i++)
		*billionths *= 10;
	return 0;
}

int duration_parse(uint64_t *duration_ns, const char *text, size_t n_bytes)
{
	uint64_t whole;
	uint64_t billionths = 0;
	size_t used = parse_digits(&whole, text, n_bytes);
	size_t n_fraction = 0;
	const struct unit *unit;

	if (used == 0)
		return MIDAIR_E_SYNTAX;
	if (used < n_bytes && text[used] == '.') {
		int result = parse_fraction(&billionths, text + used + 1, n_bytes - used - 1,
					    &n_fraction);
		if (result)
			return result;
		used += 1 + n_fraction;
	}
	if (used == n_bytes && whole == 0 && billionths == 0) {
		*duration_ns = 0;
		return 0;
	}
	unit = find_unit(text + used, n_bytes - used);
	if (!unit)
		return MIDAIR_E_SYNTAX;
	if (whole > DURATION_MAX_NS / unit->ns)
		return MIDAIR_E_RANGE;
	/* A unit above a second is a whole number of seconds, so the order avoids an overflow. */
	if (unit->ns >= UINT64_C(1000000000))
		whole = whole * unit->ns + billionths * (unit->ns / UINT64_C(1000000000));
	else
		whole = whole * unit->ns + billionths * unit->ns / UINT64_C(1000000000);
	if (whole > DURATION_MAX_NS)
		return MIDAIR_E_RANGE;
	*duration_ns = whole;
	return 0;
}

const char *duration_format(uint64_t duration_ns, char buffer[DURATION_TEXT_SIZE])
{
	for (size_t i = 0; i < N_UNITS; i++) {
		if (duration_ns != 0 && duration_ns % units[i].ns == 0) {
			snprintf(buffer, DURATION_TEXT_SIZE, "%" PRIu64 "%s",
				 duration_ns / units[i].ns, units[i].name);
			return buffer;
		}
	}
	snprintf(buffer, DURATION_TEXT_SIZE, "0");
	return buffer;
}
