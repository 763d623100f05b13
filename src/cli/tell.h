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
	const char *command;  /* "meet", for the start of an error line */
	bool is_pairing;      /* by a server: its steps are told, and each SYN is not */
	bool is_waiting_told; /* TELL_WORDS: what recurs is told once */
	int64_t waiting_ns;   /* not 0: to be told, unless the peer is there already */
	uint32_t n_refused;
	uint32_t n_strangers;
	uint32_t n_unproven;
	uint32_t n_lost;
	/* Our end as the server saw it, for the path: IPv4, IPv6. */
	struct midair_endpoint mapped[2];
	const char *server; /* as the user named it, for the path; NULL: its address */
};

void tell_event(struct tell *tell, const struct midair_event *event);

/* Nothing more has happened for now: what was held back is told. */
void tell_pause(struct tell *tell);

/* For midair_config.log with TELL_TRACE. */
void tell_trace_line(void *context, const char *line);

/* The clock, before it is waited for; warns when it is not good enough. */
void tell_clock(struct tell *tell, const struct midair_instant *instant, uint32_t flags);

/* The code, and the command for the other machine, ready to be pasted. Even TELL_NOTHING tells
 * the code, since nobody could come without it. */
void tell_code(struct tell *tell, const struct midair_event *event, const char *code,
	       const char *command);

/* How an encrypted connection runs. connected: MIDAIR_EVENT_CONNECTED. protocol: of
 * midair_stream_protocol(). */
void tell_path(struct tell *tell, const struct midair_event *connected, const char *protocol);

/* What a STUN server said of our end; result not 0: why it said nothing. */
void tell_mapped(struct tell *tell, const char *server, const struct midair_endpoint *local,
		 const struct midair_endpoint *mapped, int result);

/* The end of a connection. result: of midair_relay(). */
void tell_closed(struct tell *tell, int result, const struct midair_relay_result *moved);

/* An error: one line that says what failed, why, and what to do. */
void tell_error(struct tell *tell, const char *what, int result);

/* The same for an attempt that has failed, and below it why and what would help; with TELL_TRACE
 * what both sides saw. session NULL: the error alone. In JSON the error comes last. */
void tell_failure(struct tell *tell, const char *what, int result,
		  const struct midair_session *session);

#endif
