/* SPDX-License-Identifier: MIT */
/*
 * volley: the paced dials of one side of a plan. Pure: events in, actions out, like session.h.
 *
 * Theory of operation
 *
 * A volley holds up to n_targets * n_volleys dials, each from a local port (the session's own, a
 * fresh one, or a fresh one for each dial) to a port of the peer's address. They go out, at once or
 * after the plan's wait, at VOLLEY_RATE, in batches, so that neither the NATs' tables nor whoever looks for port scans sees a burst; the
 * second volley begins VOLLEY_PAUSE_NS after the first is out, when nobody has met by then. A dial
 * is held until the end: it is what the peer's SYN meets. A refused one goes to the end of the
 * line and is dialled again when its turn comes: EXACT and WINDOW the same pair, RANDOM another
 * port, for the peer's box has moved on as well; a WINDOW from many ports goes on with the next
 * target, as our own outer ports do. Where the plan says so, one that nobody answers is
 * closed and joins the line too. VOLLEY_SYNS_MAX bounds the whole.
 *
 * What lands is handed to the authenticated session, like a connection that its listener caught;
 * the volley forgets it (a proof that fails is reported as REFUSED, and the dial goes back into
 * the line). When the session is over, or has what it wants, STOP ends the volley: the driver
 * closes every dial that is still open, with RST.
 *
 * The driver must not aim a volley where candidates_may_dial_observed() forbids to dial. Every
 * step is O(1) for each dial that it concerns.
 */
#ifndef MIDAIR_CORE_VOLLEY_H
#define MIDAIR_CORE_VOLLEY_H

#include "core/plan.h"
#include "core/random.h"

#define VOLLEY_DIALS_MAX (PLAN_DESTINATIONS_MAX * PLAN_VOLLEYS_MAX)
/* SYNs of one side in all, redials included. */
#define VOLLEY_SYNS_MAX 8192u
/* Dials of one batch. One event leads to as many, to as many that are closed, and to the end. */
#define VOLLEY_BATCH	   16u
#define VOLLEY_ACTIONS_MAX (2 * VOLLEY_BATCH + 1)
#define VOLLEY_BATCH_NS	   UINT64_C(5000000)
#define VOLLEY_NO_DEADLINE UINT64_MAX

struct volley_config {
	struct plan_side side;
	struct midair_endpoint peer; /* its mapped address; the port is not used */
	/* Dials that may be open at once, as descriptors allow; 0: as many as planned. */
	uint32_t n_open_max;
	uint32_t n_volleys;  /* 0: as planned */
	uint64_t timeout_ns; /* from START to the end */
	uint64_t seed;
};

enum volley_event_type {
	VOLLEY_EVENT_START,
	VOLLEY_EVENT_TIME,    /* volley_deadline() has passed */
	VOLLEY_EVENT_UNSENT,  /* dial, result: this machine could not send it; it is closed */
	VOLLEY_EVENT_REFUSED, /* dial: it is closed */
	VOLLEY_EVENT_LANDED,  /* dial: the session has it */
	VOLLEY_EVENT_STOP,
};

struct volley_event {
	enum volley_event_type type;
	uint64_t now_ns; /* never goes back */
	uint32_t dial;
	int result;
};

enum volley_action_type {
	/* dial: open a socket from local port number `port` (0: the session's; from 1: fresh ones,
	 * bound when first used and kept) to remote; listen on a fresh port too where the plan's
	 * side says so. Answer UNSENT, REFUSED, LANDED, or nothing. */
	VOLLEY_ACTION_DIAL,
	/* dial: close it silently; it comes again later. */
	VOLLEY_ACTION_CLOSE,
	/* Close what is open, nothing more will come. Given once. */
	VOLLEY_ACTION_END,
};

struct volley_action {
	enum volley_action_type type;
	uint32_t dial; /* below VOLLEY_DIALS_MAX */
	uint32_t port; /* at most VOLLEY_DIALS_MAX */
	struct midair_endpoint remote;
};

struct volley_update {
	uint32_t n_actions;
	struct volley_action actions[VOLLEY_ACTIONS_MAX];
};

enum volley_dial_state {
	VOLLEY_DIAL_WAITING, /* in the line, or not yet in it */
	VOLLEY_DIAL_OPEN,
	VOLLEY_DIAL_LANDED,
	VOLLEY_DIAL_DEAD, /* could not be sent */
};

struct volley_dial {
	uint16_t remote_port;
	uint8_t state; /* enum volley_dial_state */
	uint8_t n_unsent;
	uint16_t next; /* open dials by the time of their SYN */
	uint16_t previous;
	uint64_t sent_ns;
};

struct volley {
	struct volley_config config;
	bool is_started;
	bool is_over;
	struct random random;
	uint64_t start_ns;
	uint64_t next_ns;   /* of the next batch */
	uint64_t second_ns; /* when the next volley may begin */
	uint32_t n_planned; /* dials that this and the earlier volleys have */
	uint32_t n_begun;   /* of those, dials that have been in the line */
	uint32_t n_open;
	uint32_t n_syns;
	uint16_t oldest; /* open dial, or VOLLEY_DIALS_MAX */
	uint16_t youngest;
	/* The line of refused dials: a ring. */
	uint32_t line_first;
	uint32_t line_length;
	uint16_t line[VOLLEY_DIALS_MAX];
	struct volley_dial dials[VOLLEY_DIALS_MAX];
	uint8_t taken[65536 / 8]; /* RANDOM: ports that were drawn */
};

/* config is taken as checked, but for the side's numbers, which are limited to the budget. */
void volley_init(struct volley *volley, const struct volley_config *config);

void volley_step(struct volley *volley, const struct volley_event *event,
		 struct volley_update *update);

/* When a TIME event is due; VOLLEY_NO_DEADLINE for never. */
uint64_t volley_deadline(const struct volley *volley);

/* A landed or open dial's local port number, as in the action. */
uint32_t volley_port(const struct volley *volley, uint32_t dial);

#endif
