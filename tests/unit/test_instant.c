/* SPDX-License-Identifier: MIT */
/* The text, and what it means in a time zone. The zones are POSIX rules, which need no files. */
#include "core/instant.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/random.h"
#include "tests/unit/unit.h"

/* Berlin's rules: forward at 02:00 on the last Sunday of March, back at 03:00 of October. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define UTC    "UTC0"
/* No summer time, and further east than any offset from UTC that is a whole hour. */
#define NEPAL "<+0545>-5:45"

static void use_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* ---- the text ----------------------------------------------------------------------------- */

static const char *const not_of_the_form[] = {
	"",
	" ",
	"now",
	"tomorrow",
	"22",
	"22:",
	"22:1",
	"2:14",
	"22:14:",
	"22:14:3",
	"22:14:30.",
	"22:14:30.x",
	"22:14:30.1234567890",
	"22:14:30 ",
	" 22:14:30",
	"22:14:30z0",
	"22:14:30+1",
	"22:14:30+0100",
	"22:14:30+01:0",
	"22:14:30+01:00x",
	"22:14.5",
	"-22:14",
	"2026-12-24",
	"2026-12-24 ",
	"2026-12-2422:14:30",
	"2026-12-24  22:14:30",
	"2026-12-24_22:14:30",
	"2026-12-24 22",
	"2026-2-24 22:14:30",
	"026-12-24 22:14:30",
	"12026-12-24 22:14:30",
	"24.12.2026 22:14:30",
	"2026/12/24 22:14:30",
	"2026-12-24T22:14:30+25",
	"2026-99-99 99:99:99x",
	"@",
	"@-1",
	"@+1",
	"@ 1",
	"@1.",
	"@.5",
	"@1x",
	"@0x10",
	"+",
	"+-1",
	"+1s",
	"+1.5.5",
	"next",
	"next ",
	"next10s",
	"next s",
	"next 10",
	"next 10 s",
	"next -10s",
	"next 10s ",
	"next 10d",
	"Next 10s",
};

static const char *const not_existing[] = {
	"24:00",
	"24:00:00",
	"22:60",
	"22:14:60",
	"22:14:30+24:00",
	"22:14:30-01:60",
	"2026-00-01 00:00:00",
	"2026-13-01 00:00:00",
	"2026-12-00 00:00:00",
	"2026-12-32 00:00:00",
	"2026-04-31 00:00:00",
	"2026-02-30 00:00:00",
	"2026-02-29 00:00:00",
	"2100-02-29 00:00:00",
	"2026-12-31T23:59:60Z",
	"2026-12-24 24:00:00",
	"2026-12-24T22:14:30+99:00",
	"@253402300800",
	"@99999999999999999999999999999999",
	"+253402300800",
	"next 0s",
	"next 999ms",
	"next 1us",
	"next 1000.5ms",
	"next 24.1h",
	"next 25h",
	"next 86400001ms",
	"next 99999999999999999999999h",
	/* in the past */
	"2026-12-24 22:14:29",
	"2026-12-24T22:14:29.999999999Z",
	"1970-01-01 00:00:00",
	"0000-01-01T00:00:00+23:59",
	"@0",
	"@1798150469.999999999",
};

/* 2026-12-24 22:14:30 UTC */
static const struct timespec christmas_eve = {.tv_sec = 1798150470};

static void a_text_of_another_form_is_a_syntax_error(void **state)
{
	(void)state;
	use_zone(UTC);
	for (size_t i = 0; i < N_ITEMS(not_of_the_form); i++) {
		const char *text = not_of_the_form[i];
		struct midair_instant instant, before;

		memset(&instant, 0x5a, sizeof(instant));
		before = instant;
		EXPECT(midair_instant_parse(&instant, text, &christmas_eve) == MIDAIR_E_SYNTAX,
		       text);
		EXPECT(memcmp(&instant, &before, sizeof(before)) == 0, text);
	}
}

static void what_does_not_exist_or_is_over_is_out_of_range(void **state)
{
	(void)state;
	use_zone(UTC);
	for (size_t i = 0; i < N_ITEMS(not_existing); i++) {
		const char *text = not_existing[i];
		struct midair_instant instant, before;

		memset(&instant, 0x5a, sizeof(instant));
		before = instant;
		EXPECT(midair_instant_parse(&instant, text, &christmas_eve) == MIDAIR_E_RANGE,
		       text);
		EXPECT(memcmp(&instant, &before, sizeof(before)) == 0, text);
	}
}

/* ---- what it means ------------------------------------------------------------------------ */

static const struct {
	const char *zone;
	int64_t now_s;
	const char *text;
	int result;
	int64_t second;
	long nanosecond;
} meanings[] = {
	/* 1798150470 is 2026-12-24 22:14:30 UTC, 23:14:30 in Berlin */
	{UTC, 1798150470, "2026-12-24 22:14:30", 0, 1798150470, 0},
	{UTC, 1798150470, "2026-12-24T22:14:30", 0, 1798150470, 0},
	{UTC, 1798150470, "2026-12-24t22:15", 0, 1798150500, 0},
	{UTC, 1798150470, "2026-12-24 22:14:30.000000001", 0, 1798150470, 1},
	{UTC, 1798150470, "2026-12-24 22:14:30.5", 0, 1798150470, 500000000},
	{BERLIN, 1798150470, "2026-12-24 23:14:30", 0, 1798150470, 0},
	{BERLIN, 1798150470, "2026-12-24 22:14:30", MIDAIR_E_RANGE, 0, 0},
	{BERLIN, 1798150470, "2026-12-24T22:14:30Z", 0, 1798150470, 0},
	{BERLIN, 1798150470, "2026-12-24 22:14:30z", 0, 1798150470, 0},
	{BERLIN, 1798150470, "2026-12-24T23:14:30+01:00", 0, 1798150470, 0},
	{BERLIN, 1798150470, "2026-12-24T18:44:30.25-03:30", 0, 1798150470, 250000000},
	{BERLIN, 1798150470, "2026-12-24T22:14:30-00:00", 0, 1798150470, 0},
	{BERLIN, 1798150470, "2026-12-25T22:13:30+23:59", 0, 1798150470, 0},
	{UTC, 1798150470, "2028-02-29 00:00:00", 0, 1835395200, 0},
	{UTC, 1798150470, "9999-12-31 23:59:59", 0, 253402300799, 0},
	{UTC, 0, "2000-02-29T00:00:00Z", 0, 951782400, 0},

	{UTC, 1798150470, "22:14:30", 0, 1798150470, 0},
	{UTC, 1798150470, "22:14:31", 0, 1798150471, 0},
	{UTC, 1798150470, "22:14:29", 0, 1798150469 + 86400, 0},
	{UTC, 1798150470, "22:14:29.999", 0, 1798150469 + 86400, 999000000},
	{UTC, 1798150470, "22:15", 0, 1798150500, 0},
	{UTC, 1798150470, "22:14", 0, 1798150440 + 86400, 0},
	{UTC, 1798150470, "00:00", 0, 1798156800, 0},
	{BERLIN, 1798150470, "23:14:30", 0, 1798150470, 0},
	{BERLIN, 1798150470, "22:14:30", 0, 1798150470 - 3600 + 86400, 0},
	{BERLIN, 1798150470, "22:14:30Z", 0, 1798150470, 0},
	{BERLIN, 1798150470, "07:14:30+09:00", 0, 1798150470, 0},
	{BERLIN, 1798150470, "07:14:29+09:00", 0, 1798150469 + 86400, 0},
	{NEPAL, 1798150470, "03:59:30", 0, 1798150470, 0},
	{NEPAL, 1798150470, "2026-12-25 03:59:30", 0, 1798150470, 0},
	/* from New Year's Eve into the next year */
	{UTC, 1798761599, "23:59:58", 0, 1798761598 + 86400, 0},

	{UTC, 1798150470, "@1798150470", 0, 1798150470, 0},
	{UTC, 1798150470, "@1798150470.123456789", 0, 1798150470, 123456789},
	{UTC, 1798150470, "@0001798150470", 0, 1798150470, 0},
	{UTC, 1798150470, "@253402300799", 0, 253402300799, 0},
	{UTC, 1798150470, "+0", 0, 1798150470, 0},
	{UTC, 1798150470, "+90", 0, 1798150560, 0},
	{UTC, 1798150470, "+1.000000001", 0, 1798150471, 1},
	{UTC, 1798150470, "+253402300799", 0, 255200451269, 0},

	/* The clocks go forward on 2027-03-28 at 01:00 UTC (1806195600): 02:30 does not exist. */
	{BERLIN, 1798150470, "2027-03-28 01:59:59", 0, 1806195599, 0},
	{BERLIN, 1798150470, "2027-03-28 02:00:00", MIDAIR_E_RANGE, 0, 0},
	{BERLIN, 1798150470, "2027-03-28 02:30:00", MIDAIR_E_RANGE, 0, 0},
	{BERLIN, 1798150470, "2027-03-28 03:00:00", 0, 1806195600, 0},
	{BERLIN, 1806195600 - 1800, "02:30", MIDAIR_E_RANGE, 0, 0},
	{BERLIN, 1806195600 - 86400, "01:00", 0, 1806195600 - 3600, 0},
	/* Back on 2027-10-31 at 01:00 UTC (1824944400): 02:30 comes twice, the first is meant. */
	{BERLIN, 1798150470, "2027-10-31 01:59:59", 0, 1824940799, 0},
	{BERLIN, 1798150470, "2027-10-31 02:00:00", 0, 1824940800, 0},
	{BERLIN, 1798150470, "2027-10-31 02:30:00", 0, 1824942600, 0},
	{BERLIN, 1798150470, "2027-10-31 03:00:00", 0, 1824948000, 0},
	{BERLIN, 1824944400, "02:30", 0, 1824944400 + 1800 + 86400, 0},
};

static void an_instant_follows_from_now_and_the_time_zone(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(meanings); i++) {
		const char *text = meanings[i].text;
		struct timespec now = {.tv_sec = meanings[i].now_s};
		struct midair_instant instant;

		use_zone(meanings[i].zone);
		EXPECT(midair_instant_parse(&instant, text, &now) == meanings[i].result, text);
		if (meanings[i].result)
			continue;
		EXPECT(instant.start.tv_sec == meanings[i].second, text);
		EXPECT(instant.start.tv_nsec == meanings[i].nanosecond, text);
		EXPECT(memcmp(&instant.until, &instant.start, sizeof(instant.start)) == 0,
		       text);
		EXPECT(instant.period_ms == 0 && !instant.near_edge, text);
	}
}

static void a_fraction_of_now_carries_into_the_next_second(void **state)
{
	struct timespec now = {.tv_sec = 1000, .tv_nsec = 999999999};
	struct midair_instant instant;

	(void)state;
	assert_int_equal(midair_instant_parse(&instant, "+1.000000001", &now), 0);
	assert_int_equal(instant.start.tv_sec, 1002);
	assert_int_equal(instant.start.tv_nsec, 0);
}

static void a_clock_that_cannot_be_is_out_of_range(void **state)
{
	static const struct timespec clocks[] = {
		{.tv_sec = -1},
		{.tv_sec = 1, .tv_nsec = -1},
		{.tv_sec = 1, .tv_nsec = 1000000000},
		{.tv_sec = INT64_MAX},
	};
	struct midair_instant instant;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(clocks); i++)
		assert_int_equal(midair_instant_parse(&instant, "+1", &clocks[i]),
				 MIDAIR_E_RANGE);
	/* the year 9999 is past what nanoseconds can count */
	assert_int_equal(midair_instant_parse(&instant, "next 1s",
					      &(struct timespec){.tv_sec = CALENDAR_UNIX_MAX}),
			 MIDAIR_E_RANGE);
}

/* How near the edges begin depends on this machine's clock; the middle of a slot does not. */
static void next_is_a_multiple_of_the_period_since_the_epoch(void **state)
{
	static const struct {
		const char *text;
		uint64_t period_ms;
	} periods[] = {
		{"next 1s", 1000},    {"next 1500ms", 1500},  {"next 2500000us", 2500},
		{"next 10s", 10000},  {"next 5m", 300000},    {"next 0.5h", 1800000},
		{"next 1h", 3600000}, {"next 24h", 86400000}, {"next 86400s", 86400000},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(periods); i++) {
		int64_t period_ns = (int64_t)periods[i].period_ms * 1000000;
		int64_t slot_ns = 1798150470000000000 / period_ns * period_ns;
		int64_t middle_ns = slot_ns + period_ns / 2;
		struct timespec now = {middle_ns / 1000000000, middle_ns % 1000000000};
		struct midair_instant instant;
		int64_t start_ns, until_ns;

		EXPECT(midair_instant_parse(&instant, periods[i].text, &now) == 0,
		       periods[i].text);
		start_ns = instant.start.tv_sec * 1000000000 + instant.start.tv_nsec;
		until_ns = instant.until.tv_sec * 1000000000 + instant.until.tv_nsec;
		EXPECT(start_ns == slot_ns + period_ns, periods[i].text);
		EXPECT(until_ns == slot_ns + 2 * period_ns, periods[i].text);
		EXPECT(instant.period_ms == periods[i].period_ms, periods[i].text);
		EXPECT(!instant.near_edge, periods[i].text);
	}
}

static void near_an_edge_the_instant_says_so(void **state)
{
	struct timespec now = {.tv_sec = 1798150470, .tv_nsec = 1};
	struct midair_instant instant;

	(void)state;
	assert_int_equal(midair_instant_parse(&instant, "next 10s", &now), 0);
	assert_true(instant.near_edge);
	assert_int_equal(instant.start.tv_sec, now.tv_sec);
	assert_int_equal(instant.start.tv_nsec, 1);
	assert_true(instant.until.tv_sec > now.tv_sec + 10);
}

/* ---- the calendar ------------------------------------------------------------------------- */

static void the_calendar_agrees_with_the_c_library(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 3339);
	for (int i = 0; i < 100000; i++) {
		/* from the year 1 to 9999 */
		int64_t unix_s = (int64_t)random_below(&random, 315537897600) - 62135596800;
		time_t time = (time_t)unix_s;
		struct calendar calendar = calendar_from_unix(unix_s);
		struct tm expected;

		assert_non_null(gmtime_r(&time, &expected));
		assert_int_equal(calendar.year, expected.tm_year + 1900);
		assert_int_equal(calendar.month, expected.tm_mon + 1);
		assert_int_equal(calendar.day, expected.tm_mday);
		assert_int_equal(calendar.hour, expected.tm_hour);
		assert_int_equal(calendar.minute, expected.tm_min);
		assert_int_equal(calendar.second, expected.tm_sec);
		assert_true(calendar_is_valid(&calendar));
		assert_true(calendar_to_unix(&calendar) == unix_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_another_form_is_a_syntax_error),
		cmocka_unit_test(what_does_not_exist_or_is_over_is_out_of_range),
		cmocka_unit_test(an_instant_follows_from_now_and_the_time_zone),
		cmocka_unit_test(a_fraction_of_now_carries_into_the_next_second),
		cmocka_unit_test(a_clock_that_cannot_be_is_out_of_range),
		cmocka_unit_test(next_is_a_multiple_of_the_period_since_the_epoch),
		cmocka_unit_test(near_an_edge_the_instant_says_so),
		cmocka_unit_test(the_calendar_agrees_with_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
