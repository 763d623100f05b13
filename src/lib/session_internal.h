/* SPDX-License-Identifier: MIT */
/*
 * session_internal: a session's descriptors. Theory of operation
 *
 * session.c is the public face: configuration, the loop, events to the caller.
 * session_sockets.c executes what core/session decides: it opens, dials, resets and adopts
 * sockets, and turns what the kernel says of them into core events.
 * session_bind.c makes the sockets that hold the local port from the first moment to the last:
 * one for each family, listening unless the caller wants no listener. Every dial binds the same
 * port beside it (SO_REUSEPORT), so the port is never released and bound again.
 *
 * A descriptor's tag in the loop is the connection's number in core; the listeners' tags follow
 * after the last caught one.
 */
#ifndef MIDAIR_LIB_SESSION_INTERNAL_H
#define MIDAIR_LIB_SESSION_INTERNAL_H

#include "core/session.h"
#include "lib/event_queue.h"
#include "os/loop.h"

#define N_CONNECTIONS (SESSION_CAUGHT_BASE + SESSION_CAUGHT_MAX)
#define HOLDER_IPV4   0u
#define HOLDER_IPV6   1u
#define N_HOLDERS     2u
#define HOLDER_TAG    N_CONNECTIONS

struct midair_session {
	struct session core;
	struct loop loop;
	struct midair_config config;		 /* peers is not used after session_init() */
	struct midair_endpoint local[N_HOLDERS]; /* family NONE: not in use */
	int holder_fds[N_HOLDERS];
	int fds[N_CONNECTIONS];
	/* Sockets that are open and bound, ready to dial without delay. */
	int prepared_fds[SESSION_PATHS_MAX];
	int adopted_fd;
	bool is_waiting; /* for config.start */
	struct event_queue events;
};

/* session_bind.c */
int session_bind(struct midair_session *session);
/* Opens the sockets of the first dials ahead of time. */
int session_prepare(struct midair_session *session);

/* session_sockets.c */
/* An event without a time happens now. */
void session_feed(struct midair_session *session, struct session_event *event);
void session_on_descriptor(struct midair_session *session, uint32_t tag);
void session_close_all(struct midair_session *session);

/* session.c */
void session_emit(struct midair_session *session, const struct midair_event *event);

static inline uint32_t holder_of(uint8_t family)
{
	return family == MIDAIR_IPV6 ? HOLDER_IPV6 : HOLDER_IPV4;
}

#endif
