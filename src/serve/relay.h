/* SPDX-License-Identifier: MIT */
/*
 * relay: pairs whose bytes the server forwards.
 *
 * Theory of operation
 *
 * When both of a pair have asked, the worker of the second one becomes the owner of both
 * connections: it takes them out of their workers' epolls, under the server's lock. From then on
 * nobody else touches them, and their bytes move without the lock. The other worker may have an
 * event of its own in hand; it sees by the place's tag that the connection is not its own any more.
 *
 * The loop is edge-triggered: an event makes its pair due, and once in a turn of the loop every pair
 * that is due gets its share, so one that has much to move does not keep the others waiting. A pair
 * that has used up its rate rests until it has earned some more.
 *
 * A pair ends with both FINs passed on, or with RST for both. The owner looks at the deadlines.
 */
#ifndef MIDAIR_SERVE_RELAY_H
#define MIDAIR_SERVE_RELAY_H

#include "core/relay_meter.h"
#include "core/rendezvous.h"
#include "midair/midair.h"
#include "os/forward.h"
#include "os/silence.h"

/* The most that relay-rooms can be. */
#define SERVE_RELAYS_MAX 65536u

enum relay_end {
	RELAY_DONE,  /* both directions have ended whole */
	RELAY_RESET, /* a connection broke, or fell silent */
	RELAY_BYTES, /* a limit: relay-kib, relay-s, relay-idle-s */
	RELAY_TIME,
	RELAY_IDLE,
	RELAY_CLOSING, /* the server ends */
};
#define RELAY_N_ENDS (RELAY_CLOSING + 1)

struct relay {
	uint32_t connections[2]; /* role A's, role B's */
	struct forward ways[2];	 /* from A, from B */
	struct relay_meter meter;
	struct midair_endpoint remotes[2];
	uint32_t room; /* its number, for the log */
	uint32_t generation;
	uint32_t
		older; /* in the worker's list: number + 1, 0: none. Of the free: the next one */
	uint32_t newer;
	uint32_t next_due; /* the same */
	bool is_due;
	bool is_broken;
	uint64_t resume_ms; /* rests until then; 0: does not */
	uint64_t begin_ms;
	uint64_t active_ms; /* when a byte moved last */
	uint64_t end_ms;
	uint64_t idle_ms;   /* allowed */
	uint64_t listen_ms; /* when to look for silence */
	struct silence silences[2];
};

/* Of a server. */
struct relays {
	struct relay *table;
	uint32_t n_touched;
	uint32_t free; /* number + 1 */
	_Atomic uint64_t n_ends[RELAY_N_ENDS];
	_Atomic uint64_t n_bytes;
};

/* Of a worker. */
struct relay_list {
	uint32_t newest; /* number + 1 */
	uint32_t due;
	uint32_t n_resting;
	uint32_t n_bulk;    /* directions */
	uint64_t looked_ms; /* at the deadlines */
};

struct server;
struct worker;

const char *relay_end_name(enum relay_end end);

/* Reserves the table. Returns 0 or -ENOMEM. */
int relay_init(struct server *server);

/* For RENDEZVOUS_RELAY; the caller has the lock. */
void relay_begin(struct worker *worker, const struct rendezvous_action *action);

void relay_handle(struct worker *worker, uint64_t tag, uint32_t events);
/* Once in each turn of the worker's loop. */
void relay_turn(struct worker *worker, uint64_t now_ms);
/* How long the loop may wait; at most timeout_ms. */
int relay_timeout_ms(const struct worker *worker, int timeout_ms);
/* Ends all of the worker's. */
void relay_end_all(struct worker *worker);

#endif
