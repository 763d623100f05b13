/* SPDX-License-Identifier: MIT */
/*
 * trace: what happened in a world, as text that reads as a story. Lines of a host are the
 * engine's own (midair_event_format()), with the world's clock and the host's name:
 *
 *	[     40.000 ms] a      SYN out, ...
 *
 * Lines of the wire tell of each segment where it comes to a box, and what the box did:
 *
 *	[     80.000 ms] a > b  SYN 203.0.113.1:1314 > 198.51.100.1:1314, dropped
 */
#ifndef MIDAIR_TESTS_SIM_TRACE_H
#define MIDAIR_TESTS_SIM_TRACE_H

#include "core/segment.h"

#define TRACE_SIZE (256 * 1024)

struct trace {
	bool is_on;
	size_t n_bytes;
	char text[TRACE_SIZE];
};

void trace_event(struct trace *trace, uint64_t now_ns, const char *host,
		 const struct midair_event *event);
void trace_wire(struct trace *trace, uint64_t now_ns, const char *from, const char *to,
		const struct segment *segment, const char *fate);
void trace_note(struct trace *trace, const char *note);

#endif
