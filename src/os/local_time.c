/* SPDX-License-Identifier: MIT */
/*
 * local_time: not by mktime(), which silently moves a time that does not exist, and which for a
 * time that comes twice answers according to what it was asked before. Instead every offset that
 * is in force around the wanted time is tried, and a result counts when it reads back as the
 * calendar that was asked for.
 */
#include "os/local_time.h"

#include <errno.h>
#include <time.h>

#define S_PER_DAY INT64_C(86400)

static int offset_at(int64_t unix_s, int64_t *offset_s, struct calendar *calendar)
{
	time_t time = (time_t)unix_s;
	struct tm local;

	if (!localtime_r(&time, &local))
		return -errno;
	*offset_s = local.tm_gmtoff;
	*calendar = (struct calendar){
		.year = local.tm_year + 1900,
		.month = local.tm_mon + 1,
		.day = local.tm_mday,
		.hour = local.tm_hour,
		.minute = local.tm_min,
		.second = local.tm_sec,
	};
	return 0;
}

int local_time_from_unix(int64_t unix_s, struct calendar *calendar)
{
	struct calendar local;
	int64_t offset_s;
	int error = offset_at(unix_s, &offset_s, &local);

	if (!error)
		*calendar = local;
	return error;
}

/* Whether this offset makes the wanted time exist, and when. */
static int try_offset(const struct calendar *wanted, int64_t offset_s, int64_t *unix_s)
{
	int64_t candidate_s = calendar_to_unix(wanted) - offset_s;
	struct calendar local;
	int64_t ignored_s;
	int error = offset_at(candidate_s, &ignored_s, &local);

	if (error)
		return error;
	if (!calendar_equal(&local, wanted))
		return -ERANGE;
	*unix_s = candidate_s;
	return 0;
}

int local_time_to_unix(const struct calendar *calendar, int64_t *unix_s)
{
	/* offsets lie within 26 hours of each other and of UTC, and change weeks apart */
	static const int64_t distances_s[] = {-S_PER_DAY, S_PER_DAY};
	int64_t as_utc_s = calendar_to_unix(calendar);
	int64_t first_s = INT64_MAX;

	for (size_t i = 0; i < sizeof(distances_s) / sizeof(distances_s[0]); i++) {
		struct calendar ignored;
		int64_t offset_s = 0, found_s = 0;
		int error = offset_at(as_utc_s + distances_s[i], &offset_s, &ignored);

		if (!error)
			error = try_offset(calendar, offset_s, &found_s);
		if (error && error != -ERANGE)
			return error;
		if (!error && found_s < first_s)
			first_s = found_s;
	}
	if (first_s == INT64_MAX)
		return -ERANGE;
	*unix_s = first_s;
	return 0;
}
