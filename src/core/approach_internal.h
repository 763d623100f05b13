/* SPDX-License-Identifier: MIT */
/* approach_internal: what the files of the approach's state machine share. */
#ifndef MIDAIR_CORE_APPROACH_INTERNAL_H
#define MIDAIR_CORE_APPROACH_INTERNAL_H

#include "core/approach.h"

/* One step's input and output, passed down. */
struct move {
	struct approach *approach;
	const struct approach_event *event;
	struct approach_update *update;
};

/* approach.c */
struct approach_action *move_act(struct move *move, enum approach_action_type type,
				 uint32_t server);
void move_report(struct move *move, const struct midair_event *report);
/* The attempt is over; the peer is told why unless it shall find out by itself (GONE). */
void approach_fail(struct move *move, int result, enum wire_reason reason);
/* The introduction came to nothing: once more, or over. */
void approach_retry(struct move *move, int result);

/* The attempt is over, for a reason that the peer shall know: the two tell each other what they
 * saw, as after dials that failed. Only once CONFIRMED. */
void approach_give_up(struct move *move, int result);

/* The peer has told what it saw of the attempt, which has failed. */
void approach_peer_accounted(struct move *move);

/* approach_reach.c: from addresses to one connection, the rendezvous, and back after a loss. */
void reach_init(struct approach *approach);
void reach_begin(struct move *move);
void reach_connected(struct move *move);
/* Also of a connection that was lost later. */
void reach_unreached(struct move *move);
/* The same of one that does not keep to the protocol, and is closed for it. */
void reach_broken(struct move *move);
void reach_time(struct move *move);
uint64_t reach_deadline(const struct approach *approach);
void reach_close_all(struct move *move);
/* For our address in the other family, by a new connection where the old one has ended. */
void reach_ask_again(struct move *move);
/* Before the introduction: pause, then begin again. */
void reach_lost(struct move *move, int result);

/* approach_room.c: what a server may say when. */
void room_message(struct move *move);
/* The server does not keep to the protocol. */
void room_breach(struct move *move);
void room_exchanged(struct move *move);
void room_opened(struct move *move);
void room_mapped(struct move *move);
void room_ask_again(struct move *move);

/* approach_relay.c */
void relay_reset(struct approach *approach);
void relay_introduced(struct move *move);
void relay_confirmed(struct move *move);
void relay_planned(struct move *move);
void relay_time(struct move *move);
void relay_message(struct move *move);
/* The server is gone, or the peer: result is for those who want nothing else. */
void relay_lost(struct move *move, int result);
/* The peer's attempt is over: it will not ask for the relay, nor agree to it. */
void relay_peer_failed(struct move *move);
/* So is ours: who asks is told so. */
void relay_forget(struct approach *approach);

static inline bool approach_is_before_introduction(const struct approach *approach)
{
	return approach->phase >= APPROACH_REACHING && approach->phase <= APPROACH_PAUSING;
}

static inline bool approach_is_introduced(const struct approach *approach)
{
	return approach->phase >= APPROACH_EXCHANGING && approach->phase <= APPROACH_CONFIRMED;
}

#endif
