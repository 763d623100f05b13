/* SPDX-License-Identifier: MIT */
/* instant: what the text of --at means now, here, and by this machine's clock. */
#include <errno.h>

#include "core/instant.h"
#include "core/slot.h"
#include "os/clock.h"
#include "os/local_time.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)
#define S_PER_DAY INT64_C(86400)
/* What the kernel says of a clock that nobody sets (NTP_PHASE_LIMIT), for where it may not say. */
#define UNKNOWN_ERROR_NS UINT64_C(16000000000)

static struct timespec timespec_of(int64_t second, uint32_t nanosecond)
{
	return (struct timespec){.tv_sec = (time_t)second, .tv_nsec = (long)nanosecond};
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* os speaks of -ERANGE when a local time does not exist. */
static int to_unix(const struct instant_text *text, const struct calendar *calendar,
		   struct timespec *start)
{
	int64_t second;

	if (text->has_offset) {
		second = calendar_to_unix(calendar) - text->offset_s;
	} else {
		int error = local_time_to_unix(calendar, &second);

		if (error)
			return error == -ERANGE ? MIDAIR_E_RANGE : error;
	}
	*start = timespec_of(second, text->nanosecond);
	return 0;
}

/* The day that it is now, in the text's time zone, and so many days later, at the text's time. */
static int day_from_now(const struct instant_text *text, const struct timespec *now,
			int64_t n_days, struct calendar *calendar)
{
	struct calendar date;

	if (text->has_offset) {
		date = calendar_from_unix(now->tv_sec + text->offset_s);
	} else {
		int error = local_time_from_unix(now->tv_sec, &date);

		if (error)
			return error;
	}
	date = calendar_from_unix(calendar_to_unix(&date) + n_days * S_PER_DAY);
	*calendar = text->calendar;
	calendar->year = date.year;
	calendar->month = date.month;
	calendar->day = date.day;
	return 0;
}

/* A time that today does not have, because the clocks are set forward over it, is not replaced by
 * tomorrow's: who asks for it should hear of it. */
static int next_time_of_day(const struct instant_text *text, const struct timespec *now,
			    struct timespec *start)
{
	for (int64_t n_days = 0; n_days <= 1; n_days++) {
		struct calendar calendar;
		struct timespec found;
		int error = day_from_now(text, now, n_days, &calendar);

		if (!error)
			error = to_unix(text, &calendar, &found);
		if (error)
			return error;
		if (!is_before(&found, now)) {
			*start = found;
			return 0;
		}
	}
	return MIDAIR_E_RANGE;
}

static struct timespec relative_to_now(const struct instant_text *text,
				       const struct timespec *now)
{
	int64_t nanosecond = now->tv_nsec + (int64_t)text->nanosecond;
	int64_t second = now->tv_sec + text->second + nanosecond / NS_PER_S;

	return timespec_of(second, (uint32_t)(nanosecond % NS_PER_S));
}

static struct timespec timespec_of_ns(uint64_t ns)
{
	return timespec_of((int64_t)(ns / (uint64_t)NS_PER_S),
			   (uint32_t)(ns % (uint64_t)NS_PER_S));
}

static int next_slot(uint64_t period_ms, const struct timespec *now,
		     struct midair_instant *instant)
{
	struct midair_clock_quality quality;
	uint64_t error_ns = UNKNOWN_ERROR_NS;
	struct slot slot;

	/* slot.h: below 2^63 ns, the year 2262 */
	if (now->tv_sec > INT64_MAX / NS_PER_S - 1)
		return MIDAIR_E_RANGE;
	if (clock_quality(&quality) == 0 && quality.maximum_error_us >= 0)
		error_ns = (uint64_t)quality.maximum_error_us * NS_PER_US;
	slot = slot_choose((uint64_t)(now->tv_sec * NS_PER_S + now->tv_nsec), period_ms,
			   error_ns);
	*instant = (struct midair_instant){
		.start = timespec_of_ns(slot.start_ns),
		.until = timespec_of_ns(slot.until_ns),
		.period_ms = period_ms,
		.near_edge = slot.near_edge,
	};
	return 0;
}

static int find_start(const struct instant_text *text, const struct timespec *now,
		      struct timespec *start)
{
	switch (text->kind) {
	case INSTANT_DATE:
		return to_unix(text, &text->calendar, start);
	case INSTANT_TIME_OF_DAY:
		return next_time_of_day(text, now, start);
	case INSTANT_UNIX:
		*start = timespec_of(text->second, text->nanosecond);
		return 0;
	case INSTANT_RELATIVE:
		*start = relative_to_now(text, now);
		return 0;
	case INSTANT_PERIOD:
		break; /* next_slot() */
	}
	return MIDAIR_E_SYNTAX;
}

int midair_instant_parse(struct midair_instant *instant, const char *text,
			 const struct timespec *now)
{
	struct instant_text read;
	struct timespec start;
	int error;

	if (now->tv_sec < 0 || now->tv_sec > CALENDAR_UNIX_MAX || now->tv_nsec < 0 ||
	    now->tv_nsec >= NS_PER_S)
		return MIDAIR_E_RANGE;
	error = instant_read(&read, text);
	if (error)
		return error;
	if (read.kind == INSTANT_PERIOD)
		return next_slot(read.period_ms, now, instant);
	error = find_start(&read, now, &start);
	if (error)
		return error;
	if (is_before(&start, now))
		return MIDAIR_E_RANGE;
	*instant = (struct midair_instant){.start = start, .until = start};
	return 0;
}
