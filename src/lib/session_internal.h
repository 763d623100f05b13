/* SPDX-License-Identifier: MIT */
/*
 * session_internal: a session's descriptors. Theory of operation
 *
 * session.c is the public face: the loop and the events to the caller. session_config.c makes a
 * session out of what the caller wants; session_result.c hands out what has come of it.
 * session_sockets.c executes what core/session decides: it opens, dials, resets and adopts
 * sockets, and turns what the kernel says of them into core events.
 * session_bind.c makes the sockets that hold the local port from the first moment to the last:
 * one for each family, listening unless the caller wants no listener. Every dial binds the same
 * port beside it (SO_REUSEPORT), so the port is never released and bound again.
 * session_prove.c lets the connections of an authenticated session prove that they lead to the
 * peer; session_greet.c does the part of it that a session with a secret and without a server has.
 *
 * A descriptor's tag in the loop is the connection's number in core; the listeners' tags follow
 * after the last caught one, and then the tags of a pairing.
 */
#ifndef MIDAIR_LIB_SESSION_INTERNAL_H
#define MIDAIR_LIB_SESSION_INTERNAL_H

#include "core/nat_report.h"
#include "core/session.h"
#include "core/timeline.h"
#include "crypto/secret.h"
#include "crypto/tls.h"
#include "lib/event_queue.h"
#include "os/loop.h"

#define N_CONNECTIONS (SESSION_CAUGHT_BASE + SESSION_CAUGHT_MAX)
#define HOLDER_IPV4   0u
#define HOLDER_IPV6   1u
#define N_HOLDERS     2u
#define HOLDER_TAG    N_CONNECTIONS
/* Tags from here on are the pairing's own (loop_watch_*(&session->loop, fd, PAIRING_TAG + n)). */
#define PAIRING_TAG (HOLDER_TAG + N_HOLDERS)

struct midair_session;
struct midair_stream;
struct proof;

/*
 * A pairing: what introduces the two sides to each other, before and beside the dials. The
 * session calls it from dispatch, and knows nothing else of it.
 */
struct pairing;
struct pairing_calls {
	/* One of the pairing's own descriptors is ready; tag counts from PAIRING_TAG. May be told of
	 * a descriptor that was closed by an earlier event of the same dispatch. */
	void (*on_descriptor)(struct midair_session *session, uint32_t tag);
	/* Monotonic; UINT64_MAX: none. */
	uint64_t (*deadline)(const struct midair_session *session);
	/* The deadline has passed. */
	void (*on_time)(struct midair_session *session);
	/* Once, when the session has connected or failed: say goodbye, close, wipe; and call
	 * session_judge(), now or, after on_descriptor or on_time, when there is no more to learn. */
	void (*on_over)(struct midair_session *session);
	/* With what an attempt ends whose dials ended with result. */
	int (*result)(const struct midair_session *session, int result);
	/* From midair_session_free(), after the session's own descriptors are closed. */
	void (*free)(struct pairing *pairing);
	/* A connection that was handed over is closed, or taken for the result. May be NULL. */
	void (*on_closed)(struct midair_session *session, uint32_t connection);
	/* The listener has caught a connection: true when the pairing has taken it. May be NULL. */
	bool (*on_caught)(struct midair_session *session, int fd);
};

struct midair_session {
	struct session core;
	struct loop loop;
	struct midair_config config; /* peers, secret are not used after session_new() */
	struct midair_endpoint
		local[N_HOLDERS]; /* family NONE: not in use; the port is known */
	bool is_family_wanted[N_HOLDERS];
	int holder_fds[N_HOLDERS];
	int fds[N_CONNECTIONS];
	/* Sockets that are open and bound, ready to dial without delay. */
	int prepared_fds[SESSION_PATHS_MAX];
	int adopted_fd;
	bool is_waiting;    /* for config.start */
	bool is_unstarted;  /* waits for session_start_authenticated() */
	bool is_over;	    /* its end has been dealt with */
	uint64_t opened_ns; /* of a pairing: its events count from here */
	struct event_queue events;

	/* Of an authenticated session: */
	bool is_server;		    /* role A; not known before the greeting of a meeting */
	uint8_t psk[TLS_PSK_BYTES]; /* of a pairing */
	struct greeter *greeter;    /* of a meeting with a secret; NULL: the PSK is there */
	struct proof *proofs[N_CONNECTIONS];
	bool has_answered; /* server: a connection that is not adopted before its Finished */
	struct midair_stream *stream; /* the result */
	struct tls *exporter;	      /* the result with MIDAIR_PLAIN: its keys */
	const char *reason;	      /* why the relay, or why no direct way; NULL: not known */
	bool can_relay;		      /* the server could forward */
	int adopt_result;	      /* why the result cannot be handed out; 0 */

	/* For when it fails: */
	struct timeline timeline;
	struct timeline told;	/* of ours, what a pairing's peer may know */
	struct timeline theirs; /* has_theirs */
	bool has_theirs;
	bool is_server_silent; /* a pairing's, in the middle of the attempt */
	bool is_judged;
	bool is_judgement_due;
	struct nat_report reports[2]; /* ours, the peer's; family NONE: nothing is known */
	int failure;		      /* of MIDAIR_EVENT_FAILED; 0: it has not failed */
	int64_t failed_ns;	      /* its time */

	struct pairing *pairing;
	const struct pairing_calls *pairing_calls; /* NULL: no pairing */
};

/* ---- for a pairing -------------------------------------------------------------------------- */

struct session_opening {
	/* Family NONE: any address of the wanted families. Port 0: the kernel's choice, the same
	 * number for both families. */
	struct midair_endpoint local;
	bool is_family_wanted[N_HOLDERS];
	uint32_t flags; /* MIDAIR_NO_LISTEN, MIDAIR_PLAIN */
	bool is_standing;
	void (*log)(void *context, const char *line);
	void *log_context;
};

/* A session that holds its port and listens, but has no peer and no key yet. The caller sets
 * pairing and pairing_calls in it, then the first dispatch comes. What is caught meanwhile is
 * held. Its local[] tells the ports. Returns 0 or what midair_session_new() returns. */
int session_open_unstarted(struct midair_session **session,
			   const struct session_opening *opening);

/* One more address of the peer, before or after the start; a known one is ignored, and one for
 * which there is no room. Reports MIDAIR_EVENT_CANDIDATE, but not for the first (PEER tells). */
void session_add_candidate(struct midair_session *session,
			   const struct midair_endpoint *remote);

/* The introduction has happened: dials what has been added, authenticates what has been caught.
 * Not before the session was unstarted, and once. Returns 0, MIDAIR_E_STATE. */
int session_start_authenticated(struct midair_session *session, bool is_server,
				const uint8_t psk[TLS_PSK_BYTES], uint64_t timeout_ns);

/* An established connection that the pairing has found by itself: to prove itself, like one that
 * the listener caught. The session owns fd in any case. dialled_ns: when our SYN left; 0: it was
 * not us who dialled. Returns its number (on_closed), or N_CONNECTIONS: it is closed. Not from
 * within the session's own events. */
uint32_t session_hand_over(struct midair_session *session, int fd, uint64_t dialled_ns);

/* The introduction came to nothing, another one may follow: closes all connections, forgets the
 * peer's addresses, and is unstarted again. Not from within the session's own events. */
void session_rewind(struct midair_session *session);

/* The two have met by the other session: its stream, or its descriptor and keys, are this one's, and
 * this one has connected. connected: the other's MIDAIR_EVENT_CONNECTED, told here again. */
void session_take_result(struct midair_session *session, struct midair_session *other,
			 const struct midair_event *connected);

/* Ends the session now, with MIDAIR_EVENT_FAILED and this result; nothing when it is over. */
void session_fail_with(struct midair_session *session, int result);

/* One more connection with the peer, by the server's relay: takes over the descriptor, whose next
 * bytes the caller has read already. Closes it when the session is over. */
void session_add_relayed(struct midair_session *session, int fd, const uint8_t *bytes,
			 size_t size);

/* So long after the start another way may still come, so dials that all failed are not the end. */
void session_set_patience(struct midair_session *session, uint64_t patience_ns);
/* What a session has by itself. */
extern const uint64_t session_patience_ns;

/* Tells the user, with the time filled in. */
void session_emit(struct midair_session *session, const struct midair_event *event);

static inline uint32_t holder_of(uint8_t family)
{
	return family == MIDAIR_IPV6 ? HOLDER_IPV6 : HOLDER_IPV4;
}

static inline bool session_is_over(const struct midair_session *session)
{
	return session->core.phase == SESSION_CONNECTED ||
	       session->core.phase == SESSION_FAILED;
}

/* ---- shared by the session's files only ------------------------------------------------------- */

/* session.c */
int64_t session_until_start_ns(const struct midair_session *session);
int session_wait_for_start(struct midair_session *session);

/* session_verdict.c */
/* Tells why it has failed, once; nothing when it has not. */
void session_judge(struct midair_session *session);
/* At the next dispatch, not the one that told of FAILED: who fetches events until that one shall
 * see it as the last. */
void session_tell_judgement(struct midair_session *session);

/* session_bind.c */
int session_bind(struct midair_session *session);
/* Opens the sockets of the first dials ahead of time. */
int session_prepare(struct midair_session *session);

/* session_sockets.c */
/* An event without a time happens now. */
void session_feed(struct midair_session *session, struct session_event *event);
void session_on_descriptor(struct midair_session *session, uint32_t tag);
void session_close_all(struct midair_session *session);

/* session_prove.c */
void prove_start(struct midair_session *session, uint32_t connection);
void prove_on_descriptor(struct midair_session *session, uint32_t connection);
/* What was received of it before it was a connection of the session's. */
void prove_feed(struct midair_session *session, uint32_t connection, const uint8_t *bytes,
		size_t size);
/* Before the connection's descriptor is closed or handed out otherwise. */
void prove_forget(struct midair_session *session, uint32_t connection);
/* The connection is the result: into a stream, or a descriptor and its keys. */
void prove_adopt(struct midair_session *session, uint32_t connection);

#endif
