/* SPDX-License-Identifier: MIT */
#include "core/clock_judge.h"

static const char *const verdict_names[] = {
	[CLOCK_GOOD] = "good",
	[CLOCK_DOUBTFUL] = "doubtful",
	[CLOCK_UNSYNCHRONISED] = "unsynchronised",
};
_Static_assert(sizeof(verdict_names) / sizeof(verdict_names[0]) == CLOCK_UNSYNCHRONISED + 1,
	       "one name for each verdict");

enum clock_verdict clock_judge(const struct midair_clock_quality *quality, int64_t forgiven_us)
{
	if (!quality->synchronised)
		return CLOCK_UNSYNCHRONISED;
	if (quality->maximum_error_us > forgiven_us ||
	    quality->estimated_error_us > forgiven_us)
		return CLOCK_DOUBTFUL;
	return CLOCK_GOOD;
}

const char *clock_verdict_name(enum clock_verdict verdict)
{
	return verdict_names[verdict];
}
