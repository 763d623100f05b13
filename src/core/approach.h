/* SPDX-License-Identifier: MIT */
/*
 * approach: decides how to come together with one peer through a rendezvous server; the client's
 * side. Pure: events in, actions out, no syscall, no clock, no key.
 *
 * Theory of operation
 *
 *	REACHING -> ENTERING -> ALONE -> EXCHANGING -> INTRODUCED -> CONFIRMED -> OVER
 *	    ^           |         |                         |            |
 *	    +- PAUSING <+---------+                         |            +-> PARTING -> OVER (no way)
 *	                                                    +-> LEAVING -> OVER (wrong code)
 *
 * REACHING dials the server's addresses in the manner of RFC 8305, with one difference: the first
 * address of each family is dialled at once, because both connections are wanted. One becomes the
 * rendezvous; for PREFERENCE_NS it is the first address's family, so that two ends with both
 * families get the same. The first of the other family is asked for our address there (STUN), and
 * kept open: it holds the NAT's mapping.
 * ENTERING has said HELLO and ENTER in one flight, and waits for WELCOME and ROOM.
 * ALONE waits for the introduction (PEER). Up to here a lost server is dialled again after a
 * pause, and the same room entered again, with the same shares.
 * EXCHANGING ends the key exchange. From here on the code is spent, whatever happens: a second
 * introduction would be a second guess. Only a room of a long-lived secret is entered again, and
 * only INTRODUCTIONS_MAX times. The server is not needed any more: when it is lost, the dials go
 * on.
 * INTRODUCED has dialled the peer and told it our addresses, CONFIRMED has opened what the peer
 * told. A first message that does not open is a wrong code: LEAVING says so and waits a moment
 * for the server to have read it. With what we told, the peer can tell whether its guess was right,
 * and leave without a word: an attempt with a code that ends as INTRODUCED is "unconfirmed", which
 * fits as well an honest peer that was cut off.
 * Beside a standing hole (hole_first_ns) the server is dialled as always, but greeted only when the
 * hole has had its time.
 * PARTING: the dials have failed, or there is no way. Each side has told the other what it saw of the
 * attempt, and waits a moment for what the other saw, which says more of why there was no way than one
 * side knows. Whoever allows no relay says so: the other side need not wait for it, nor for a dial.
 *
 * The server may lie in everything that is not sealed. The worst that it reaches is a failed
 * attempt: every connection is authenticated by the pairing's key (core/session).
 *
 * The driver executes the actions in order and feeds the outcome back. A connection to a server is
 * known by the server's place in the configuration. After UNREACHED and LOST it is closed, after
 * every other event still open. Actions for one that is closed do nothing.
 */
#ifndef MIDAIR_CORE_APPROACH_H
#define MIDAIR_CORE_APPROACH_H

#include "core/random.h"
#include "core/wire.h"
#include "midair/midair.h"

#define APPROACH_NO_DEADLINE UINT64_MAX
/* One event leads to at most: a close and a dial for each server, and a few more. */
#define APPROACH_ACTIONS_MAX (2 * MIDAIR_SERVERS_MAX + 8)
/* Each introduction is one guess at the secret for whoever is introduced. */
#define INTRODUCTIONS_MAX 5
/* Sealed messages of one peer: the first, and later addresses and reports. */
#define APPROACH_SEALED_MAX 8

/* One is what a peer has to ask; each is answered, so a server must not have us answer for ever. */
#define APPROACH_WANTED_MAX 4

/* Whether the server may forward. */
enum approach_relay {
	APPROACH_RELAY_ALLOWED = 0,
	APPROACH_RELAY_NEVER,
	APPROACH_RELAY_ONLY,
};

struct approach_config {
	struct midair_endpoint servers[MIDAIR_SERVERS_MAX];
	uint32_t n_servers;
	bool is_host;	  /* the server shall give out a room */
	bool is_reusable; /* the room is a long-lived secret's */
	enum approach_relay relay;
	uint64_t wait_ns; /* from the start to the introduction */
	/* A standing hole is dialled beside: for so long the server is told nothing, and who is not
	 * reached by it may still be reached. 0: there is none. */
	uint64_t hole_first_ns;
	uint64_t seed; /* of the pauses' jitter */
};

enum approach_event_type {
	APPROACH_EVENT_START,
	APPROACH_EVENT_TIME,	  /* approach_deadline() has passed */
	APPROACH_EVENT_CONNECTED, /* server, local */
	APPROACH_EVENT_UNREACHED, /* server, result: no connection came about (-errno) */
	APPROACH_EVENT_LOST,	  /* server, result: it ended (-ECONNRESET) or broke (-errno) */
	APPROACH_EVENT_GARBAGE,	  /* server: what it sent is not the protocol */
	APPROACH_EVENT_MESSAGE,	  /* server, message */
	/* server: the answer to ASK has come; or more is known of us that the peer shall know */
	APPROACH_EVENT_MAPPED,
	/* message: PEER. The answer to EXCHANGE: 0, -EBADMSG: no such share, -errno */
	APPROACH_EVENT_EXCHANGED,
	/* The answer to OPEN: 0, -EBADMSG: not our key's, -EPROTO; is_account: the peer's attempt has
	 * failed, with peer_result, and it told what it saw; is_peer_direct: it allows no relay */
	APPROACH_EVENT_OPENED,
	/* way, reason, is_sure, hold_ns: what both sides' NATs let one expect; once CONFIRMED */
	APPROACH_EVENT_PLANNED,
	APPROACH_EVENT_CONNECTED_TO_PEER, /* the dials are over, we are together */
	APPROACH_EVENT_DIALS_FAILED,	  /* the dials are over, in vain */
	APPROACH_EVENT_STOP,		  /* the caller gives up */
};

struct approach_event {
	enum approach_event_type type;
	uint64_t now_ns; /* never goes back */
	uint32_t server;
	int result;
	struct midair_endpoint local;
	const struct wire_message *message;
	enum midair_way way;
	const char *reason; /* way NONE: why; static storage */
	uint64_t hold_ns;   /* how long the dials of the way wait */
	bool is_sure;
	bool is_account;
	bool is_peer_direct;
	int peer_result; /* of midair.h; 0: not known */
};

enum approach_action_type {
	APPROACH_ACTION_CONNECT, /* server; answer CONNECTED or UNREACHED */
	/* server: send HELLO and ENTER, is_allocating: with WIRE_ENTER_ALLOCATE */
	APPROACH_ACTION_GREET,
	APPROACH_ACTION_ASK,	  /* server: STUN; answer MAPPED */
	APPROACH_ACTION_EXCHANGE, /* message: PEER; answer EXCHANGED */
	APPROACH_ACTION_BEGIN,	  /* message: PEER; dial its endpoint, the keys are there */
	APPROACH_ACTION_TELL,	  /* server: send our addresses that it was not told, sealed */
	APPROACH_ACTION_OPEN,	  /* message: SEALED; answer OPENED, dial what is in it */
	APPROACH_ACTION_ACCOUNT,  /* server: send what we saw of the attempt, sealed */
	APPROACH_ACTION_LEAVE,	  /* server, reason: send it */
	APPROACH_ACTION_CLOSE,	  /* server: with RST */
	APPROACH_ACTION_ANSWER_RELAY, /* server, relay: send RELAY */
	/* server: what follows the message on its connection is the peer's. No contact any more. */
	APPROACH_ACTION_HAND_OVER,
	/* Stop dialling, forget the keys: the room will be entered again. */
	APPROACH_ACTION_REWIND,
	APPROACH_ACTION_REPORT, /* tell the user */
	APPROACH_ACTION_FAIL,	/* result: the attempt is over */
};

struct approach_action {
	enum approach_action_type type;
	uint32_t server;
	bool is_allocating;
	enum wire_reason reason;
	enum wire_relay relay;
	int result;
	const struct wire_message *message; /* the event's */
	struct midair_event report;
};

struct approach_update {
	uint32_t n_actions;
	struct approach_action actions[APPROACH_ACTIONS_MAX];
};

enum approach_phase {
	APPROACH_IDLE, /* before the start */
	APPROACH_REACHING,
	APPROACH_ENTERING,
	APPROACH_ALONE,
	APPROACH_PAUSING,
	APPROACH_EXCHANGING,
	APPROACH_INTRODUCED,
	APPROACH_CONFIRMED,
	APPROACH_LEAVING,
	APPROACH_PARTING,
	APPROACH_OVER,
};

enum contact_state {
	CONTACT_IDLE,
	CONTACT_CONNECTING,
	CONTACT_STANDING, /* connected, not yet needed */
	CONTACT_GREETED,  /* the rendezvous */
	CONTACT_ASKED,	  /* for our address */
	CONTACT_ENDED,
};

/* Of the introduction. */
enum relay_state {
	RELAY_OFF,
	RELAY_POSSIBLE,
	RELAY_ASKED,
	RELAY_STANDS,
};

#define APPROACH_NOWHERE UINT32_MAX

struct approach {
	struct approach_config config;
	enum approach_phase phase;
	struct random random;
	uint64_t start_ns;
	uint64_t round_ns; /* REACHING: when this round began */
	uint64_t next_ns;  /* REACHING: when to dial the next address */
	/* ENTERING, PAUSING, INTRODUCED: when something must have happened; LEAVING, PARTING: until
	 * when to wait; ALONE: when to ask for our address again. */
	uint64_t patience_ns;
	uint64_t alone_ns; /* ALONE: since when */
	enum contact_state contacts[MIDAIR_SERVERS_MAX];
	struct midair_endpoint locals[MIDAIR_SERVERS_MAX];
	uint8_t order[MIDAIR_SERVERS_MAX]; /* of dialling */
	uint32_t n_dialled;		   /* of order */
	uint32_t at;			   /* the rendezvous, or APPROACH_NOWHERE */
	uint32_t n_losses;		   /* in a row */
	bool has_been_reached;
	bool has_welcome;
	bool has_peer_left; /* as the server says, once */
	bool has_accounted;
	bool has_account;    /* the peer's */
	bool is_peer_direct; /* as it told, or answered to our wish for the relay */
	int peer_result;     /* has_account; 0: not known */
	uint32_t room;	     /* of a host; 0: none yet */
	uint32_t n_introductions;
	uint32_t n_told;
	uint32_t n_opened;
	uint32_t n_wanted;
	bool can_relay;		/* the server, as WELCOME has it */
	uint64_t greeted_ns;	/* when HELLO was sent */
	uint64_t round_trip_ns; /* to the server and back, as WELCOME came */
	uint64_t introduced_ns;
	enum relay_state relay;
	uint64_t relay_ns; /* POSSIBLE: when to ask for it */
	const char *relay_reason;
	const char *plan_reason; /* way NONE */
	enum midair_way way;	 /* as planned; PLAIN before */
	uint64_t hold_ns;	 /* as planned */
	bool is_sure;
	/* The latest failure of a connection; LEAVING, INTRODUCED: how it ends. */
	int result;
};

/* config is taken as checked: 1 to MIDAIR_SERVERS_MAX servers. */
void approach_init(struct approach *approach, const struct approach_config *config);

/* Takes one event, writes the actions that it leads to. */
void approach_step(struct approach *approach, const struct approach_event *event,
		   struct approach_update *update);

/* The server may yet forward: who finds no direct way shall wait for that. */
static inline bool approach_may_relay(const struct approach *approach)
{
	return approach->relay != RELAY_OFF;
}

/* How an attempt that ends now with result really ends. Who was introduced by a code, and has
 * shown nothing that only the code's holder can make, may have used what we told it to guess: that
 * comes first, whatever else was in the way. */
int approach_result(const struct approach *approach, int result);

/* The code of why the relay, or why there is no direct way; NULL. */
const char *approach_reason(const struct approach *approach);

/* When a TIME event is due, on the same clock; APPROACH_NO_DEADLINE for never. */
uint64_t approach_deadline(const struct approach *approach);

#endif
