/* SPDX-License-Identifier: MIT */
/* scenario_internal: the keys of a line, shared by scenario.c (lines) and scenario_value.c. */
#ifndef MIDAIR_CORE_SCENARIO_INTERNAL_H
#define MIDAIR_CORE_SCENARIO_INTERNAL_H

#include "core/scenario.h"

/* Part of a line. */
struct span {
	const char *text; /* NULL: nothing is left */
	size_t n;
};

bool span_is(struct span span, const char *text);

/* Cuts the part before the separator off the rest. False when there is no rest. */
bool span_cut(struct span *rest, char separator, struct span *part);

/* In the order in which the values are read: some need others. */
enum scenario_key {
	SCENARIO_KEY_A,
	SCENARIO_KEY_B,
	SCENARIO_KEY_RTT,
	SCENARIO_KEY_SERVER,
	SCENARIO_KEY_SKEW,
	SCENARIO_KEY_JITTER,
	SCENARIO_KEY_LOSS,
	SCENARIO_KEY_REORDER,
	SCENARIO_KEY_RATE,
	SCENARIO_KEY_FAMILY,
	SCENARIO_KEY_TIMEOUT,
	SCENARIO_KEY_FLAGS,
	SCENARIO_KEY_VIA,
	SCENARIO_KEY_ENGINE,
	SCENARIO_KEY_EXPECT,
	SCENARIO_KEY_WITHIN,
};
#define SCENARIO_N_KEYS (SCENARIO_KEY_WITHIN + 1)

/* The key's name, as in the list. */
const char *scenario_key_name(enum scenario_key key);

/* Reads one value. Returns 0, MIDAIR_E_SYNTAX or MIDAIR_E_RANGE. */
int scenario_read_value(struct scenario *scenario, enum scenario_key key, struct span value);

#endif
