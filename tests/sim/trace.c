/* SPDX-License-Identifier: MIT */
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void append(struct trace *trace,
							 const char *format, ...)
{
	size_t room = TRACE_SIZE - trace->n_bytes;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(trace->text + trace->n_bytes, room, format, arguments);
	va_end(arguments);
	/* a line that does not fit is left out whole */
	if (n > 0 && (size_t)n < room)
		trace->n_bytes += (size_t)n;
	else
		trace->text[trace->n_bytes] = '\0';
}

void trace_event(struct trace *trace, uint64_t now_ns, const char *host,
		 const struct midair_event *event)
{
	struct midair_event at = *event;
	char text[MIDAIR_EVENT_TEXT_SIZE];
	char *rest;

	if (!trace->is_on)
		return;
	at.time_ns = (int64_t)now_ns;
	midair_event_format(&at, text);
	rest = strchr(text, ']');
	if (!rest)
		return;
	*rest = '\0';
	append(trace, "%s] %-5s %s\n", text, host, rest + 1 + strspn(rest + 1, " "));
}

void trace_wire(struct trace *trace, uint64_t now_ns, const char *from, const char *to,
		const struct segment *segment, const char *fate)
{
	char source[MIDAIR_ENDPOINT_TEXT_SIZE];
	char destination[MIDAIR_ENDPOINT_TEXT_SIZE];
	char flags[SEGMENT_FLAGS_TEXT_SIZE];
	bool is_error = segment->kind == SEGMENT_ICMP_ERROR;
	const char *what = is_error ? segment_error_name(segment->error)
				    : segment_flags_format(segment->flags, flags);

	if (!trace->is_on)
		return;
	append(trace, "[%11.3f ms] %s > %s %s%s %s > %s%s%s\n", (double)now_ns / 1e6, from, to,
	       is_error ? "ICMP " : "", what,
	       midair_endpoint_format(is_error ? &segment->about_source : &segment->source,
				      source),
	       midair_endpoint_format(is_error ? &segment->about_destination
					       : &segment->destination,
				      destination),
	       *fate ? ", " : "", fate);
}

void trace_note(struct trace *trace, const char *note)
{
	if (trace->is_on)
		append(trace, "%s\n", note);
}
