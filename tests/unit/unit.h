/* SPDX-License-Identifier: MIT */
/* unit: what every unit test includes. cmocka.h wants the others before it. */
#ifndef MIDAIR_TESTS_UNIT_H
#define MIDAIR_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* For tables: says which row it was. */
#define EXPECT(condition, row)                                                                 \
	do {                                                                                   \
		if (!(condition))                                                              \
			fail_msg("row \"%s\": not true: %s", (row), #condition);               \
	} while (0)

#endif
