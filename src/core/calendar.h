/* SPDX-License-Identifier: MIT */
/* calendar: dates of the proleptic Gregorian calendar and their distance from the Unix epoch.
 * Knows nothing of time zones: an offset from UTC is given, or it is UTC. Pure. */
#ifndef MIDAIR_CORE_CALENDAR_H
#define MIDAIR_CORE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct calendar {
	int32_t year;
	int32_t month; /* 1-12 */
	int32_t day;   /* 1-31 */
	int32_t hour;
	int32_t minute;
	int32_t second; /* 0-59: Unix time has no leap seconds */
};

/* The last second of the year 9999, the largest that RFC 3339 can write. */
#define CALENDAR_UNIX_MAX INT64_C(253402300799)

/* Whether such a day and time exist, years 0-9999. */
bool calendar_is_valid(const struct calendar *calendar);

/* Unix time when the calendar is UTC. The calendar must be valid. */
int64_t calendar_to_unix(const struct calendar *calendar);

/* The UTC calendar of a Unix time that lies in the years 0-9999. */
struct calendar calendar_from_unix(int64_t unix_s);

bool calendar_equal(const struct calendar *a, const struct calendar *b);

#endif
