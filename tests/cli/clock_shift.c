/* SPDX-License-Identifier: MIT */
/* Preloaded into the command: a wall clock that is wrong by CLOCK_SHIFT_S seconds. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	const char *shift = getenv("CLOCK_SHIFT_S");
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && clock == CLOCK_REALTIME && shift != NULL)
		now->tv_sec += strtol(shift, NULL, 10);
	return result;
}
