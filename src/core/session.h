/* SPDX-License-Identifier: MIT */
/*
 * session: decides how to meet one peer. Pure: events in, actions out, no syscall, no clock.
 *
 * Theory of operation
 *
 * A session has one local port and up to SESSION_PATHS_MAX paths, one for each address of the
 * peer. A path holds at most one dial, so there is never more than one SYN in flight for a
 * 4-tuple. Each path goes through
 *
 *	IDLE -> DIALLING -> (refused) -> PAUSING -> DIALLING -> ... -> LANDED
 *	                 \-> (cannot send, for too long) -> DEAD
 *
 * DIALLING is held until the session's deadline: the waiting SYN_SENT socket is what the peer's
 * SYN meets. A refusal is redialled after the pause that redial.h decides. A landed connection
 * is checked (is it the named peer, is it ourselves) and then wins, unless a path of better rank
 * may still land within the settling time. Exactly one connection is ever adopted; every other
 * one is reset.
 *
 * An authenticated session (session_prove.c) adopts whatever proves first that its other end is
 * the peer, from whatever address it comes; until then nothing ends the other dials.
 *
 * The driver executes the actions in order, and feeds the outcome back as events. Connections
 * are small integers: a path's number for our own dials, SESSION_CAUGHT_BASE + n for the
 * connections that the listener caught (the driver numbers them).
 */
#ifndef MIDAIR_CORE_SESSION_H
#define MIDAIR_CORE_SESSION_H

#include "core/random.h"
#include "core/redial.h"
#include "midair/midair.h"

#define SESSION_PATHS_MAX MIDAIR_PEERS_MAX
/* Numbers of caught connections start here. */
#define SESSION_CAUGHT_BASE 32u
/* Caught connections that may wait for a decision at once; more are reset by the driver. */
#define SESSION_CAUGHT_MAX  32u
#define SESSION_CONNECTIONS (SESSION_CAUGHT_BASE + SESSION_CAUGHT_MAX)
/* One event leads to at most: a report and a reset for each connection, and the end. */
#define SESSION_ACTIONS_MAX (4 * SESSION_PATHS_MAX + 2 * SESSION_CAUGHT_MAX + 8)
/* Connections on which whoever is at the other end may try one guess at the secret. */
#define SESSION_GUESSES_MAX 16u
/* Who answers speaks the protocol, and has another secret: so often, then it is the peer. */
#define SESSION_WRONG_MAX   3u
#define SESSION_NO_DEADLINE UINT64_MAX

struct session_config {
	struct midair_endpoint peers[SESSION_PATHS_MAX];
	uint32_t n_peers;
	uint32_t flags; /* MIDAIR_ONCE, MIDAIR_ANY_PORT */
	/* Every connection that lands must prove that it is the peer (AUTHENTICATE), whoever has
	 * the address that it comes from. */
	bool is_authenticated;
	/* Authenticated: AUTHENTICATE can be done before the start too. */
	bool has_key;
	/* Authenticated: a caught connection may come from any address, for the peer's NAT may show
	 * another one than we know. Otherwise from the peers' alone, as without authentication. */
	bool is_from_anywhere;
	/* Authenticated: each proof is a guess for whoever is at the other end (EXCHANGED), and
	 * their number is limited. */
	bool is_guessable;
	/* Authenticated: no other way than a direct one is allowed, and that is what failed then. */
	bool is_direct_only;
	/* The peer may come any time, not now: dialled gently (redial.h). */
	bool is_standing;
	/* Authenticated: so long after the start another CANDIDATE may follow, so a session without
	 * a path that works goes on. */
	uint64_t patience_ns;
	uint64_t timeout_ns; /* from the start event to the end */
	uint64_t seed;	     /* of the pauses' jitter */
};

enum session_event_type {
	SESSION_EVENT_START,   /* the instant of the first SYN has come */
	SESSION_EVENT_TIME,    /* session_deadline() has passed */
	SESSION_EVENT_DIALLED, /* connection, local: the SYN is out */
	SESSION_EVENT_UNSENT,  /* connection, result: this machine could not send it (-errno) */
	SESSION_EVENT_REFUSED, /* connection, refusal, result: the dial's socket is closed */
	SESSION_EVENT_LANDED,  /* connection, local, remote, crossing, round_trip_us */
	SESSION_EVENT_CAUGHT,  /* the same, for a connection from the listener */
	SESSION_EVENT_HALF_OPEN, /* connection, the answer to LOOK: the peer's SYN has come */
	SESSION_EVENT_LOST,   /* connection, result: a landed one ended before it was adopted */
	SESSION_EVENT_PROVEN, /* connection: its other end is the peer, and takes no other one */
	SESSION_EVENT_UNPROVEN,	 /* connection, result: its other end is not the peer */
	SESSION_EVENT_CANDIDATE, /* remote: one more address of the peer */
	/* connection: about to tell its other end what a guess at the secret can be checked with. A
	 * RESET says no. */
	SESSION_EVENT_EXCHANGED,
	SESSION_EVENT_GIVE_UP, /* result: the session shall fail */
	/* The two have met by another session: its result is this one's. */
	SESSION_EVENT_MET_ELSEWHERE,
};

struct session_event {
	enum session_event_type type;
	uint64_t now_ns; /* never goes back */
	uint32_t connection;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	enum midair_refusal refusal;
	enum midair_crossing crossing;
	/* LANDED, CAUGHT: as the kernel measured it; 0: it could not. For a dial the session then
	 * takes the time since the SYN: each way to be established takes one round trip. */
	uint32_t round_trip_us;
	/* LANDED: the remote address is this machine's, so our own listener may have answered. It
	 * shows as a CAUGHT connection a moment later. */
	bool may_be_self;
	/* CAUGHT: forwarded by the server, whose address remote is. PROVEN of such a one:
	 * round_trip_us is to be added to the time of the proof for the round trip to the peer. */
	bool is_relayed;
	int result;
};

enum session_action_type {
	SESSION_ACTION_DIAL, /* open a socket to the path's peer; answer DIALLED or UNSENT */
	SESSION_ACTION_LOOK, /* answer HALF_OPEN if the dial is in SYN_RECV, or nothing */
	/* Let the connection prove itself; answer PROVEN, UNPROVEN or LOST. */
	SESSION_ACTION_AUTHENTICATE,
	SESSION_ACTION_RESET,  /* close the connection with RST (a held dial: silently) */
	SESSION_ACTION_ADOPT,  /* this connection is the result; restore its options */
	SESSION_ACTION_REPORT, /* tell the user */
	/* Stop listening, drop handshakes that are under way; the port stays bound. */
	SESSION_ACTION_STOP_LISTENING,
};

struct session_action {
	enum session_action_type type;
	uint32_t connection;
	struct midair_event report;
};

struct session_update {
	uint32_t n_actions;
	struct session_action actions[SESSION_ACTIONS_MAX];
};

enum session_phase {
	SESSION_WAITING, /* before the start event */
	SESSION_TRYING,
	SESSION_SETTLING, /* one landed (perhaps before the start), a better path may follow */
	SESSION_CONNECTED,
	SESSION_FAILED,
};

enum path_state {
	PATH_IDLE,
	PATH_OPENING, /* told to dial, not yet answered */
	PATH_DIALLING,
	PATH_PAUSING,
	PATH_LANDED,
	PATH_DEAD,
};

struct path {
	enum path_state state;
	uint32_t tries;
	struct midair_endpoint local; /* of the latest SYN */
	uint64_t dialled_ns;	      /* when the latest SYN went out */
	uint64_t look_ns;	      /* DIALLING: when to look at it next */
	uint64_t half_open_since_ns;  /* the peer's SYN was first seen; 0: not yet */
	uint64_t redial_ns;	      /* PAUSING: when to dial again */
	uint64_t unsent_since_ns;     /* first of an unbroken row of UNSENT */
	uint64_t taken_since_ns;      /* the same, of those that said EADDRNOTAVAIL */
	uint32_t n_unproven;	      /* connections that were not the peer's */
	uint32_t n_lost;	      /* connections that ended before they proved anything */
	int result;		      /* the latest UNSENT's -errno; DEAD: why */
};

enum landing_state {
	LANDING_NONE,
	LANDING_HELD,	 /* until the start */
	LANDING_PROVING, /* AUTHENTICATE has been asked for */
};

/* A connection of an authenticated session on the way from landed to adopted. */
struct landing {
	enum landing_state state;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	enum midair_crossing crossing;
	uint32_t round_trip_us;
	bool is_relayed;
	uint64_t landed_ns;
	uint64_t until_ns; /* PROVING: dropped then */
};

struct session {
	struct session_config config;
	enum session_phase phase;
	bool is_started;
	bool has_stopped_listening;
	uint64_t start_ns;
	uint64_t settle_ns;	     /* SETTLING: when to stop waiting for a better path */
	uint32_t best;		     /* SETTLING: the landed connection so far */
	struct midair_event landing; /* its facts; CONNECTED: of the result */
	struct redial redial;
	struct random random;
	struct path paths[SESSION_PATHS_MAX];
	struct landing landings[SESSION_CONNECTIONS];
	uint32_t n_unproven; /* connections that were not the peer's */
	uint32_t n_guesses;
	uint32_t n_wrong; /* proofs that failed for another secret */
};

/* config is taken as checked: 1 to SESSION_PATHS_MAX peers (authenticated: 0 too) with an address
 * and a port. */
void session_init(struct session *session, const struct session_config *config);

/* Takes one event, writes the actions that it leads to. */
void session_step(struct session *session, const struct session_event *event,
		  struct session_update *update);

/* When a TIME event is due, on the same clock; SESSION_NO_DEADLINE for never. */
uint64_t session_deadline(const struct session *session);

/* All SESSION_CAUGHT_MAX places are taken and one more connection waits at the listener: the one
 * that may go (the driver answers UNPROVEN for it, MIDAIR_E_LIMIT), or SESSION_CONNECTIONS: none,
 * the new one may. Strangers must not keep the peer out: the oldest one goes, and one from an
 * address that is not the peer's before one that is. */
uint32_t session_expendable(const struct session *session);

/* Whether a landed connection's other end has an address of the peer's, whatever the port, or is
 * the relay that both have agreed upon. */
bool session_is_named(const struct session *session, uint32_t connection);

#endif
