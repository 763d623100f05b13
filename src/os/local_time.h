/* SPDX-License-Identifier: MIT */
/* local_time: the time zone that the environment names (TZ, /etc/localtime). */
#ifndef MIDAIR_OS_LOCAL_TIME_H
#define MIDAIR_OS_LOCAL_TIME_H

#include "core/calendar.h"

/* The local calendar of a Unix time. Returns 0 or -errno. */
int local_time_from_unix(int64_t unix_s, struct calendar *calendar);

/*
 * The Unix time of a valid local calendar. When the clocks are set back a local time comes twice:
 * this is the first. Returns 0, -ERANGE for a local time that does not exist because the clocks
 * were set forward over it, or another -errno.
 */
int local_time_to_unix(const struct calendar *calendar, int64_t *unix_s);

#endif
