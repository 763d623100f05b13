/* SPDX-License-Identifier: MIT */
/*
 * tell: what a command says while it works, on standard error: sentences, the engine's trace, or
 * JSON lines. Standard output belongs to the payload.
 */
#ifndef MIDAIR_CLI_TELL_H
#define MIDAIR_CLI_TELL_H

#include "midair/midair.h"

enum tell_mode {
	TELL_WORDS = 0,
	TELL_NOTHING, /* but errors */
	TELL_TRACE,
	TELL_JSON,
};

struct tell {
	enum tell_mode mode;
	const char *command; /* "meet", for the start of an error line */
	/* TELL_WORDS: what recurs is told once. */
	uint32_t n_refused;
	uint32_t n_strangers;
};

void tell_event(struct tell *tell, const struct midair_event *event);

/* For midair_config.log with TELL_TRACE. */
void tell_trace_line(void *context, const char *line);

/* The clock, before it is waited for; warns when it is not good enough. */
void tell_clock(struct tell *tell, const struct midair_instant *instant, uint32_t flags);

/* The end of a connection. result: of midair_relay(). */
void tell_closed(struct tell *tell, int result, const struct midair_relay_result *moved);

/* An error: one line that says what failed, why, and what to do. */
void tell_error(struct tell *tell, const char *what, int result);

#endif
