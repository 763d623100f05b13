/* SPDX-License-Identifier: MIT */
/* meet_lane: one port pair of an attempt, and the session that tries it. */
#ifndef MIDAIR_CLI_MEET_LANE_H
#define MIDAIR_CLI_MEET_LANE_H

#include "cli/meet_options.h"
#include "cli/meet_peer.h"
#include "cli/secret.h"
#include "cli/tell.h"
#include "midair/midair.h"

#define MEET_LANE_FAMILIES 2

struct meet_lane {
	int64_t slot;			  /* 0 when the port is fixed */
	struct midair_session *session;	  /* NULL: not open */
	struct midair_endpoint local;	  /* as it is bound: the port is known */
	struct midair_event connected;	  /* type NONE: not yet */
	int64_t connected_ms;		  /* CLOCK_MONOTONIC */
	int failure;			  /* not 0: FAILED */
	int stun_fds[MEET_LANE_FAMILIES]; /* keep a NAT's mapping while they are open */
};

/* What all lanes of an attempt share. */
struct meet_world {
	struct meet_options options;
	struct meet_peer peer;
	struct secret_text secret;
	struct midair_endpoint stun[MIDAIR_SERVERS_MAX];
	size_t n_stun;
	struct tell tell;
};

void meet_lane_init(struct meet_lane *lane);

/* Binds the slot's port (or the fixed one), asks the STUN server and starts. Returns 0 or what
 * midair_session_new() said, untold; lane->local is set in either case. */
int meet_lane_open(struct meet_lane *lane, struct meet_world *world, int64_t slot,
		   uint32_t timeout_ms);
void meet_lane_close(struct meet_lane *lane);

/* Tells and keeps what has happened; CONNECTED and FAILED are left to be told by who chooses. */
void meet_lane_collect(struct meet_lane *lane, struct tell *tell);

/* Asks from this end, for each of its families, and tells. fds: what stays open, or NULL. Returns
 * 0, or the first failure when nobody answered. */
int meet_lane_ask(struct meet_world *world, const struct midair_endpoint *local,
		  unsigned int families, int fds[MEET_LANE_FAMILIES]);

#endif
