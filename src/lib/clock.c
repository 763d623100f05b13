/* SPDX-License-Identifier: MIT */
#include "os/clock.h"

#include <assert.h>

#include "core/clock_judge.h"

int midair_clock_read(struct midair_clock_quality *quality)
{
	return clock_quality(quality);
}

static_assert((int)MIDAIR_CLOCK_GOOD == (int)CLOCK_GOOD &&
		      (int)MIDAIR_CLOCK_DOUBTFUL == (int)CLOCK_DOUBTFUL &&
		      (int)MIDAIR_CLOCK_UNSYNCHRONISED == (int)CLOCK_UNSYNCHRONISED,
	      "the public verdicts are core's");

enum midair_clock_verdict midair_clock_judge(const struct midair_clock_quality *quality,
					     uint32_t flags)
{
	int64_t forgiven_us =
		(flags & MIDAIR_ONCE) != 0 ? CLOCK_FORGIVEN_ONCE_US : CLOCK_FORGIVEN_REDIAL_US;

	return (enum midair_clock_verdict)clock_judge(quality, forgiven_us);
}

const char *midair_clock_verdict_name(enum midair_clock_verdict verdict)
{
	return clock_verdict_name((enum clock_verdict)verdict);
}
