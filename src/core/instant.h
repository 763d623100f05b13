/* SPDX-License-Identifier: MIT */
/*
 * instant: the text of --at, as values. Reads only: what "today" or "local" mean takes a clock
 * and a time zone, which src/lib/instant.c adds.
 *
 *	2026-12-24 22:14[:30[.123456789]]    local time; "T" may stand for the blank
 *	2026-12-24T22:14:30+01:00            RFC 3339; also Z, and without seconds
 *	22:14[:30[.5]][Z|+01:00]             the next time that it is so late
 *	@1798146870[.5]                      Unix time
 *	+90[.5]                              seconds from now
 *	next 10s                             the next multiple of 1s to 24h, in whole milliseconds
 *
 * There is no second 60 and no 24:00: POSIX time cannot express the first, and the second has
 * another name.
 */
#ifndef MIDAIR_CORE_INSTANT_H
#define MIDAIR_CORE_INSTANT_H

#include "core/calendar.h"
#include "midair/midair.h"

enum instant_kind {
	INSTANT_DATE,	     /* calendar, nanosecond, offset */
	INSTANT_TIME_OF_DAY, /* the same, but calendar has no date (all 0) */
	INSTANT_UNIX,	     /* second, nanosecond */
	INSTANT_RELATIVE,    /* second, nanosecond */
	INSTANT_PERIOD,	     /* period_ms */
};

struct instant_text {
	enum instant_kind kind;
	struct calendar calendar;
	bool has_offset;  /* false: local time */
	int32_t offset_s; /* east of UTC */
	int64_t second;	  /* 0 to CALENDAR_UNIX_MAX */
	uint32_t nanosecond;
	uint64_t period_ms;
};

/* Returns 0, MIDAIR_E_SYNTAX, or MIDAIR_E_RANGE for a date, time, offset, number or period that
 * is written well but cannot be. */
int instant_read(struct instant_text *instant, const char *text);

#endif
