/* SPDX-License-Identifier: MIT */
/* moment: one line of both sides' timelines as text. */
#include <stdio.h>

#include "midair/midair.h"

static double milliseconds(int64_t time_ns)
{
	return (double)time_ns / 1e6;
}

const char *midair_moment_format(const struct midair_moment *moment,
				 char buffer[MIDAIR_MOMENT_TEXT_SIZE])
{
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	char times[64] = "";
	bool has_remote = moment->remote.family != MIDAIR_FAMILY_NONE;
	bool has_outcome = moment->outcome[0] != '\0';

	if (moment->count > 1)
		snprintf(times, sizeof(times), ", %u times until %.3f ms", moment->count,
			 milliseconds(moment->last_ns));
	snprintf(buffer, MIDAIR_MOMENT_TEXT_SIZE, "%-6s %11.3f ms %s%s%s%s%s%s",
		 moment->is_theirs ? "theirs" : "ours", milliseconds(moment->time_ns),
		 moment->what, has_remote ? " " : "",
		 has_remote ? midair_endpoint_format(&moment->remote, remote) : "",
		 has_outcome ? " " : "", moment->outcome, times);
	return buffer;
}
