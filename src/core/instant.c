/* SPDX-License-Identifier: MIT */
#include "core/instant.h"

#include <string.h>

#include "core/duration.h"
#include "core/slot.h"

#define NS_PER_MS UINT64_C(1000000)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* Exactly n digits, as dates and times have them. */
static bool take_digits(const char **text, int n_digits, int32_t *value)
{
	int32_t sum = 0;

	for (int i = 0; i < n_digits; i++) {
		if (!is_digit((*text)[i]))
			return false;
		sum = sum * 10 + ((*text)[i] - '0');
	}
	*text += n_digits;
	*value = sum;
	return true;
}

/* One digit or more. A number above CALENDAR_UNIX_MAX comes out as one above it. */
static bool take_number(const char **text, int64_t *value)
{
	int64_t sum = 0;

	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		sum = sum * 10 + (**text - '0');
		if (sum > CALENDAR_UNIX_MAX)
			sum = CALENDAR_UNIX_MAX + 1;
	}
	*value = sum;
	return true;
}

/* An optional fraction of a second, one to nine digits. */
static bool take_fraction(const char **text, uint32_t *nanosecond)
{
	uint32_t sum = 0;
	uint32_t unit = 100000000;

	*nanosecond = 0;
	if (!take_char(text, '.'))
		return true;
	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		if (unit == 0)
			return false;
		sum += (uint32_t)(**text - '0') * unit;
		unit /= 10;
	}
	*nanosecond = sum;
	return true;
}

static bool take_date(const char **text, struct calendar *calendar)
{
	return take_digits(text, 4, &calendar->year) && take_char(text, '-') &&
	       take_digits(text, 2, &calendar->month) && take_char(text, '-') &&
	       take_digits(text, 2, &calendar->day);
}

static bool take_time(const char **text, struct calendar *calendar, uint32_t *nanosecond)
{
	if (!take_digits(text, 2, &calendar->hour) || !take_char(text, ':') ||
	    !take_digits(text, 2, &calendar->minute))
		return false;
	if (!take_char(text, ':'))
		return true;
	return take_digits(text, 2, &calendar->second) && take_fraction(text, nanosecond);
}

struct offset {
	bool is_given;
	bool is_west;
	int32_t hours;
	int32_t minutes;
};

/* An optional offset from UTC: "Z", "+01:00", "-03:30". */
static bool take_offset(const char **text, struct offset *offset)
{
	if (take_char(text, 'Z') || take_char(text, 'z')) {
		offset->is_given = true;
		return true;
	}
	offset->is_west = **text == '-';
	if (!take_char(text, '+') && !take_char(text, '-'))
		return true;
	offset->is_given = true;
	return take_digits(text, 2, &offset->hours) && take_char(text, ':') &&
	       take_digits(text, 2, &offset->minutes);
}

/* The time and the offset, up to the end of the text. */
static int read_time(struct instant_text *instant, const char *text)
{
	struct offset offset = {.is_given = false};
	struct calendar checked;

	if (!take_time(&text, &instant->calendar, &instant->nanosecond) ||
	    !take_offset(&text, &offset) || *text != '\0')
		return MIDAIR_E_SYNTAX;
	checked = instant->calendar;
	if (instant->kind == INSTANT_TIME_OF_DAY)
		checked.month = checked.day = 1; /* some day that exists */
	if (!calendar_is_valid(&checked) || offset.hours > 23 || offset.minutes > 59)
		return MIDAIR_E_RANGE;
	instant->has_offset = offset.is_given;
	instant->offset_s =
		(offset.hours * 3600 + offset.minutes * 60) * (offset.is_west ? -1 : 1);
	return 0;
}

static int read_date(struct instant_text *instant, const char *text)
{
	instant->kind = INSTANT_DATE;
	if (!take_date(&text, &instant->calendar))
		return MIDAIR_E_SYNTAX;
	if (!take_char(&text, ' ') && !take_char(&text, 'T') && !take_char(&text, 't'))
		return MIDAIR_E_SYNTAX;
	return read_time(instant, text);
}

static int read_seconds(struct instant_text *instant, const char *text)
{
	if (!take_number(&text, &instant->second) ||
	    !take_fraction(&text, &instant->nanosecond) || *text != '\0')
		return MIDAIR_E_SYNTAX;
	return instant->second > CALENDAR_UNIX_MAX ? MIDAIR_E_RANGE : 0;
}

static int read_period(struct instant_text *instant, const char *text)
{
	uint64_t period_ns;
	int error = duration_parse(&period_ns, text, strlen(text));

	if (error)
		return error;
	instant->kind = INSTANT_PERIOD;
	instant->period_ms = period_ns / NS_PER_MS;
	if (period_ns % NS_PER_MS != 0 || instant->period_ms < SLOT_PERIOD_MIN_MS ||
	    instant->period_ms > SLOT_PERIOD_MAX_MS)
		return MIDAIR_E_RANGE;
	return 0;
}

static int read_any(struct instant_text *instant, const char *text)
{
	if (take_char(&text, '@')) {
		instant->kind = INSTANT_UNIX;
		return read_seconds(instant, text);
	}
	if (take_char(&text, '+')) {
		instant->kind = INSTANT_RELATIVE;
		return read_seconds(instant, text);
	}
	if (strncmp(text, "next ", 5) == 0)
		return read_period(instant, text + 5);
	if (strcspn(text, "-:") == strlen("2026"))
		return read_date(instant, text);
	instant->kind = INSTANT_TIME_OF_DAY;
	return read_time(instant, text);
}

int instant_read(struct instant_text *instant, const char *text)
{
	struct instant_text read = {.kind = INSTANT_DATE};
	int error = read_any(&read, text);

	if (!error)
		*instant = read;
	return error;
}
