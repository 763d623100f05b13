/* SPDX-License-Identifier: MIT */
/* The text of --at: no instant in the past, no field out of its range. */
#include <inttypes.h>
#include <time.h>

#include "core/instant.h"
#include "core/slot.h"
#include "tests/fuzz/fuzz.h"

static void check_fields(const struct instant_text *read)
{
	FUZZ_CHECK(read->nanosecond < 1000000000);
	FUZZ_CHECK(read->second >= 0 && read->second <= CALENDAR_UNIX_MAX);
	FUZZ_CHECK(read->offset_s > -86400 && read->offset_s < 86400);
	if (read->kind == INSTANT_DATE)
		FUZZ_CHECK(calendar_is_valid(&read->calendar));
	if (read->kind == INSTANT_PERIOD)
		FUZZ_CHECK(read->period_ms >= SLOT_PERIOD_MIN_MS &&
			   read->period_ms <= SLOT_PERIOD_MAX_MS);
}

static void check_round_trip(const struct instant_text *read)
{
	struct instant_text again;
	const struct calendar *calendar = &read->calendar;
	struct calendar back = calendar_from_unix(calendar_to_unix(calendar));
	char text[64];

	FUZZ_CHECK(calendar_equal(calendar, &back));
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRIu32, calendar->year,
		 calendar->month, calendar->day, calendar->hour, calendar->minute,
		 calendar->second, read->nanosecond);
	FUZZ_CHECK(instant_read(&again, text) == 0);
	FUZZ_CHECK(calendar_equal(&again.calendar, calendar));
	FUZZ_CHECK(again.nanosecond == read->nanosecond && !again.has_offset);
}

static bool is_not_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec >= b->tv_nsec);
}

static void check_meaning(const char *text, int read_result)
{
	/* in the hour that comes twice, where a time zone can do the most harm */
	static const struct timespec now = {.tv_sec = 1824944100, .tv_nsec = 999999999};
	struct midair_instant instant;
	int result;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	result = midair_instant_parse(&instant, text, &now);
	FUZZ_CHECK(result == read_result || (read_result == 0 && result == MIDAIR_E_RANGE));
	if (result)
		return;
	FUZZ_CHECK(is_not_before(&instant.start, &now));
	FUZZ_CHECK(is_not_before(&instant.until, &instant.start));
	FUZZ_CHECK(instant.start.tv_nsec >= 0 && instant.start.tv_nsec < 1000000000);
	FUZZ_CHECK(instant.until.tv_nsec >= 0 && instant.until.tv_nsec < 1000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct instant_text read;
	int result = instant_read(&read, text);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE);
	if (result == 0)
		check_fields(&read);
	if (result == 0 && read.kind == INSTANT_DATE)
		check_round_trip(&read);
	check_meaning(text, result);
	free(text);
	return 0;
}
