/* SPDX-License-Identifier: MIT */
#include "os/clock.h"

#include <errno.h>
#include <sys/timex.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t clock_now_ns(void)
{
	struct timespec now = {0};

	/* cannot fail for this clock and a valid address */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_coarse_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timespec clock_realtime(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

int clock_quality(struct midair_clock_quality *quality)
{
	struct timex kernel = {.modes = 0};
	int state = adjtimex(&kernel);

	if (state < 0)
		return -errno;
	*quality = (struct midair_clock_quality){
		.synchronised = state != TIME_ERROR && !(kernel.status & STA_UNSYNC),
		/* both in microseconds, whatever STA_NANO says of the other fields */
		.estimated_error_us = kernel.esterror,
		.maximum_error_us = kernel.maxerror,
	};
	return 0;
}
