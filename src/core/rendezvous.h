/* SPDX-License-Identifier: MIT */
/*
 * rendezvous: what a rendezvous server does, without sockets. Bytes of a connection go in,
 * actions come out. Pure; the memory is the caller's, and is touched only where it is used.
 *
 * Theory of operation
 *
 *	         HELLO             ENTER           the second's ENTER
 *	SILENT ---------> GREETED --------> WAITING -----------------> INTRODUCED
 *	   |                                   \____________  ____________/
 *	   | a STUN request                        LEAVE    \/   any state: ERROR
 *	   v                                                |
 *	 STUN (answers and nothing else)                 ENDING ---> closed by the client, or by us
 *	                                                             when linger_ms have passed
 *
 * Each connection has one deadline: speak_ms from its arrival until it has entered a room, the
 * room's time while it waits (kept by the registry), pair_s after the introduction, stun_idle_s
 * after the last STUN request, linger_ms once it is ENDING.
 *
 * When the table is full, the oldest of those that are ENDING goes, then of those that have not
 * entered a room, then of those that asked by STUN. Who waits or has met is never sent away; if
 * there is nobody else, the new connection is refused. A few places beyond n_connections are for
 * those whose end is decided and not carried out yet.
 *
 * Nothing is kept here of what has not become a whole message, nor of what has not been read. So
 * a connection costs sizeof(struct visit), a room, an entry of quota, and nothing else.
 */
#ifndef MIDAIR_CORE_RENDEZVOUS_H
#define MIDAIR_CORE_RENDEZVOUS_H

#include "core/bucket.h"
#include "core/quota.h"
#include "core/registry.h"
#include "core/serve_limits.h"
#include "core/wire.h"

/* Places for connections that are told to go and still have to be closed. */
#define RENDEZVOUS_SPARE   256u
#define RENDEZVOUS_TICK_MS 100u

enum visit_state {
	VISIT_NONE = 0, /* of zeroed memory */
	VISIT_SILENT,
	VISIT_GREETED,
	VISIT_STUN,
	VISIT_WAITING,
	VISIT_INTRODUCED,
	VISIT_ASKING,  /* for the relay, and the peer has not yet */
	VISIT_RELAYED, /* what it sends is the peer's; its sockets' owner ends it */
	VISIT_ENDING,  /* was told the end, or has said it */
	VISIT_DROPPED, /* shall be closed at once */
};
#define VISIT_N_STATES (VISIT_DROPPED + 1)

struct visit {
	struct midair_endpoint remote;
	struct bucket messages;
	uint32_t room;
	uint32_t payer; /* entry of quota */
	uint32_t older; /* of its class: number + 1, 0: none. Of the free: the next one */
	uint32_t newer;
	uint32_t sealed_bytes;
	uint16_t n_sealed;
	uint16_t n_stun;
	uint8_t n_probes;
	uint8_t n_dials; /* of those, not decided yet */
	uint8_t state;	 /* enum visit_state */
	uint8_t role;	 /* enum midair_role */
};

struct rendezvous_config {
	uint32_t n_connections;
	uint32_t n_tombstones;
	struct hash_key key;
	uint64_t seed;
	struct serve_limits limits;
};

/* Only ever go up. */
struct rendezvous_counters {
	uint64_t connections;
	uint64_t introductions;
	uint64_t rooms;
	uint64_t returns;
	uint64_t sealed_messages;
	uint64_t sealed_bytes;
	uint64_t stun_answers;
	uint64_t evictions;
	uint64_t probes[WIRE_PROBE_UNABLE + 1]; /* by enum wire_probe_outcome */
	uint64_t relays;
	uint64_t relay_refusals[WIRE_REFUSAL_PEER + 1];
	uint64_t errors[WIRE_ERROR_CLOSING + 1];
	uint64_t left[WIRE_REASON_GAVE_UP + 1];
};

struct rendezvous_order {
	uint32_t oldest; /* number + 1 */
	uint32_t newest;
};

/* Dials for PROBE at a time, in all and of one connection. */
#define RENDEZVOUS_DIALS_MAX	  256u
#define RENDEZVOUS_DIALS_EACH_MAX 4u
#define RENDEZVOUS_DIAL_MS	  1500u
/* From the silent port: shorter than the client takes to send its SYN again, which would otherwise
 * meet ours at our end. */
#define RENDEZVOUS_DIAL_SILENT_MS 800u

struct rendezvous_dial {
	uint32_t connection; /* number + 1, 0: free */
	uint16_t token;
	uint8_t kind;
	uint64_t begin_ms;
};

/* What the sockets can do; all zero: no probes. By family: IPv4, IPv6. */
struct rendezvous_probes {
	bool is_able;
	uint16_t second_port;
	uint16_t silent_port;
	uint16_t refusing_port;
	struct midair_endpoint alternatives[2];
};

struct rendezvous {
	struct rendezvous_config config;
	struct rendezvous_probes probes; /* zero after init, the server's to set */
	struct rendezvous_dial dials[RENDEZVOUS_DIALS_MAX];
	uint32_t n_dials;
	struct bucket all_probes;
	bool has_relay; /* false after init, the server's to set */
	uint32_t n_relays;
	struct rendezvous_counters counters;
	struct visit *visits;
	uint32_t n_places;
	uint32_t n_touched;
	uint32_t n_used;
	uint32_t free; /* number + 1 */
	uint32_t counts[VISIT_N_STATES];
	struct rendezvous_order orders[VISIT_N_STATES];
	struct quota quota;
	struct quota networks; /* the /48s of IPv6 */
	struct registry registry;
	struct wheel wheel;
};

size_t rendezvous_bytes(const struct rendezvous_config *config);
/* memory: zeroed, aligned for uint64_t. */
void rendezvous_init(struct rendezvous *rendezvous, void *memory,
		     const struct rendezvous_config *config, uint64_t now_ms);

enum rendezvous_action_type {
	RENDEZVOUS_SEND,    /* these bytes; what does not fit is the reader's fault: close */
	RENDEZVOUS_FINISH,  /* nothing more will be sent: FIN */
	RENDEZVOUS_DROP,    /* close at once, with RST */
	RENDEZVOUS_DIAL,    /* a PROBE's: rendezvous_dialled() tells what came of it */
	RENDEZVOUS_HANG_UP, /* the dial is of no use any more: close it, say nothing */
	RENDEZVOUS_RELAY,   /* forward between connection and other: rendezvous_relayed() */
};

struct rendezvous_action {
	enum rendezvous_action_type type;
	uint32_t connection;
	uint32_t other;		       /* RELAY: role B's; connection is role A's */
	uint32_t dial;		       /* DIAL, HANG_UP: its number */
	enum wire_probe_kind kind;     /* DIAL */
	struct midair_endpoint remote; /* DIAL: the connection's own other end, and no other */
	uint32_t size;
	uint8_t bytes[WIRE_MESSAGE_MAX];
};

/* For the log: what an operator may want to know. */
enum rendezvous_note_type {
	RENDEZVOUS_NOTE_NONE = 0,
	RENDEZVOUS_NOTE_WAITS,	    /* number (0: a name), remote */
	RENDEZVOUS_NOTE_RETURNS,    /* number, remote */
	RENDEZVOUS_NOTE_INTRODUCED, /* number, remote (role B), peer (role A) */
	RENDEZVOUS_NOTE_LEFT,	    /* number, remote, reason */
	RENDEZVOUS_NOTE_ERROR,	    /* remote, error: what it was told */
	RENDEZVOUS_NOTE_EVICTED,    /* remote: had to make room */
	RENDEZVOUS_NOTE_RELAYED,    /* number, remote (role B), peer (role A) */
};

struct rendezvous_note {
	enum rendezvous_note_type type;
	uint32_t number;
	enum wire_error error;
	enum wire_reason reason;
	struct midair_endpoint remote;
	struct midair_endpoint peer;
};

/* No event leads to more: an ERROR and FIN to one, one message to another, and the end of its
 * dials. */
#define RENDEZVOUS_ACTIONS_MAX (4 + RENDEZVOUS_DIALS_EACH_MAX)
#define RENDEZVOUS_NOTES_MAX   2

struct rendezvous_update {
	uint32_t n_actions;
	uint32_t n_notes;
	struct rendezvous_note notes[RENDEZVOUS_NOTES_MAX];
	struct rendezvous_action actions[RENDEZVOUS_ACTIONS_MAX];
};

/* All that follow set update anew. */

/* Somebody has connected. Returns 0 and its number, or the WIRE_ERROR_* that it is to be told
 * before it is closed; it has no number then. */
int rendezvous_arrive(struct rendezvous *rendezvous, uint64_t now_ms,
		      const struct midair_endpoint *remote, uint32_t *connection,
		      struct rendezvous_update *update);

/* What has arrived of a connection and has not been taken yet. Takes at most one message and
 * returns its size; 0: it is not whole yet. */
size_t rendezvous_input(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			const uint8_t *bytes, size_t size, struct rendezvous_update *update);

/* The connection has ended, whoever ended it: its number is free from now on. */
void rendezvous_gone(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		     struct rendezvous_update *update);

/* What came of a dial: error is an enum wire_probe_error. A number that is free is ignored. */
void rendezvous_dialled(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t dial,
			enum wire_probe_outcome outcome, uint8_t error,
			struct rendezvous_update *update);

/* What came of RELAY: whether from now on the two connections' bytes are forwarded. If so, each ends
 * by rendezvous_gone() alone, both at once. */
void rendezvous_relayed(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			uint32_t other, bool has_begun, struct rendezvous_update *update);

/* One deadline that has passed. False: none. */
bool rendezvous_expire(struct rendezvous *rendezvous, uint64_t now_ms,
		       struct rendezvous_update *update);

/* The server ends: tells the connection with that number, if there is one. False: there is none
 * with this number or a higher one. */
bool rendezvous_close(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      struct rendezvous_update *update);

#endif
