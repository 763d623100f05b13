/* SPDX-License-Identifier: MIT */
#include "core/calendar.h"

#define S_PER_DAY INT64_C(86400)
/* 400 years have always as many days: 97 of them are leap years. */
#define DAYS_PER_400_YEARS (INT64_C(400) * 365 + 97)

static bool is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_of_month(int64_t year, int32_t month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

/* Days from the 1st of January of the year 0, itself a leap year, to that of the given year. */
static int64_t days_before_year(int64_t year)
{
	return year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
}

bool calendar_is_valid(const struct calendar *c)
{
	return c->year >= 0 && c->year <= 9999 && c->month >= 1 && c->month <= 12 &&
	       c->day >= 1 && c->day <= days_of_month(c->year, c->month) && c->hour >= 0 &&
	       c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 &&
	       c->second <= 59;
}

int64_t calendar_to_unix(const struct calendar *c)
{
	int64_t day = days_before_year(c->year) - days_before_year(1970) + c->day - 1;

	for (int32_t month = 1; month < c->month; month++)
		day += days_of_month(c->year, month);
	return day * S_PER_DAY + c->hour * 3600 + c->minute * 60 + c->second;
}

struct calendar calendar_from_unix(int64_t unix_s)
{
	int64_t since_year_0_s = unix_s + days_before_year(1970) * S_PER_DAY;
	int64_t day = since_year_0_s / S_PER_DAY;
	int64_t second = since_year_0_s % S_PER_DAY;
	int64_t year = day * 400 / DAYS_PER_400_YEARS; /* right, or off by one */
	int32_t month = 1;

	while (days_before_year(year) > day)
		year--;
	while (days_before_year(year + 1) <= day)
		year++;
	day -= days_before_year(year);
	while (day >= days_of_month(year, month))
		day -= days_of_month(year, month++);
	return (struct calendar){
		.year = (int32_t)year,
		.month = month,
		.day = (int32_t)day + 1,
		.hour = (int32_t)(second / 3600),
		.minute = (int32_t)(second / 60 % 60),
		.second = (int32_t)(second % 60),
	};
}

bool calendar_equal(const struct calendar *a, const struct calendar *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day &&
	       a->hour == b->hour && a->minute == b->minute && a->second == b->second;
}
