/* SPDX-License-Identifier: MIT */
/*
 * When to have the server forward. See approach.h.
 *
 * Theory of operation
 *
 *	OFF -> POSSIBLE (introduced) -> ASKED (confirmed, and it is time) -> STANDS (READY)
 *	 ^________|___________________________|  refused, the server lost, the peer gone
 *
 * It is time at once when there is no direct way, when only the relay is allowed, and when the peer
 * asks; otherwise after what a direct connection takes by the way that was planned. Not before the
 * peer's code is confirmed: until RELAY_READY nothing else may be said to the server, and a wrong
 * code would have to be.
 */
#include <errno.h>

#include "core/approach_internal.h"
#include "core/reason.h"

#define MS UINT64_C(1000000)

/* From the introduction. In this time the dials of a plain way have met over any ordinary path,
 * also with a SYN lost, since they are repeated; those at foreseen ports (99 of 100 within half a second at
 * 80 ms), and those at many ports (99 of 100 within 1.3 s), which are all out by then. Where a way
 * turns out to be none, because of what could not be measured, nobody waits longer for the relay. */
#define PLAIN_NS    (1200 * MS)
#define BIRTHDAY_NS (1400 * MS)
/* Far from the server, and so perhaps from the peer. */
#define ROUND_TRIPS    6u
#define ROUND_TRIPS_NS (5000 * MS)

void relay_reset(struct approach *approach)
{
	approach->relay = RELAY_OFF;
	approach->relay_ns = APPROACH_NO_DEADLINE;
	approach->relay_reason = NULL;
	approach->way = MIDAIR_WAY_PLAIN;
	approach->hold_ns = 0;
}

static bool is_allowed(const struct approach *approach)
{
	return approach->can_relay && approach->config.relay != APPROACH_RELAY_NEVER;
}

/* Only the relay is left, where it is: the peer's SYNs, if it sends any, cannot meet ours. */
static bool is_hopeless(const struct approach *approach)
{
	return (approach->way == MIDAIR_WAY_NONE && approach->is_sure) ||
	       approach->peer_result == MIDAIR_E_NO_DIRECT;
}

static uint64_t patience_ns(const struct approach *approach)
{
	uint64_t far_ns = ROUND_TRIPS * approach->round_trip_ns;

	if (far_ns > ROUND_TRIPS_NS)
		far_ns = ROUND_TRIPS_NS;
	if (approach->config.relay == APPROACH_RELAY_ONLY)
		return 0;
	switch (approach->way) {
	case MIDAIR_WAY_NONE:
		if (approach->is_sure)
			return 0;
		break;
	case MIDAIR_WAY_BIRTHDAY:
		return approach->hold_ns + (far_ns > BIRTHDAY_NS ? far_ns : BIRTHDAY_NS);
	case MIDAIR_WAY_PREDICT:
	case MIDAIR_WAY_PLAIN:
	case MIDAIR_WAY_ONE_WAY:
		break;
	}
	return far_ns > PLAIN_NS ? far_ns : PLAIN_NS;
}

/* The peer knows why, and shall not wait for one that never comes. */
static void decline(struct move *move)
{
	if (move->approach->at != APPROACH_NOWHERE)
		move_act(move, APPROACH_ACTION_ANSWER_RELAY, move->approach->at)->relay =
			WIRE_RELAY_NO;
}

static void ask_when_due(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->relay != RELAY_POSSIBLE || approach->phase != APPROACH_CONFIRMED ||
	    approach->at == APPROACH_NOWHERE || move->event->now_ns < approach->relay_ns)
		return;
	approach->relay = RELAY_ASKED;
	approach->relay_ns = APPROACH_NO_DEADLINE;
	move_report(move, &(struct midair_event){
				  .type = MIDAIR_EVENT_RELAY,
				  .remote = approach->config.servers[approach->at],
				  .reason = approach->relay_reason,
			  });
	move_act(move, APPROACH_ACTION_ANSWER_RELAY, approach->at)->relay = WIRE_RELAY_YES;
}

void relay_introduced(struct move *move)
{
	struct approach *approach = move->approach;
	bool is_only = approach->config.relay == APPROACH_RELAY_ONLY;

	relay_reset(approach);
	approach->n_wanted = 0;
	approach->introduced_ns = move->event->now_ns;
	if (!is_allowed(approach))
		return;
	approach->relay = RELAY_POSSIBLE;
	approach->relay_ns = approach->introduced_ns + patience_ns(approach);
	approach->relay_reason = is_only ? REASON_RELAY_ONLY : REASON_NOT_IN_TIME;
}

void relay_confirmed(struct move *move)
{
	ask_when_due(move);
}

void relay_time(struct move *move)
{
	ask_when_due(move);
}

void relay_planned(struct move *move)
{
	struct approach *approach = move->approach;
	const struct approach_event *event = move->event;

	if (!approach_is_introduced(approach))
		return;
	approach->way = event->way;
	approach->hold_ns = event->hold_ns;
	approach->is_sure = event->is_sure;
	approach->plan_reason = event->reason;
	if (approach->relay == RELAY_POSSIBLE) {
		if (event->way == MIDAIR_WAY_NONE)
			approach->relay_reason = event->reason;
		approach->relay_ns = approach->introduced_ns + patience_ns(approach);
		ask_when_due(move);
	} else if (approach->relay == RELAY_OFF && approach->phase == APPROACH_CONFIRMED &&
		   is_hopeless(approach)) {
		approach_give_up(move, MIDAIR_E_NO_DIRECT);
	}
}

const char *approach_reason(const struct approach *approach)
{
	if (approach->relay == RELAY_ASKED || approach->relay == RELAY_STANDS)
		return approach->relay_reason;
	return approach->way == MIDAIR_WAY_NONE ? approach->plan_reason : NULL;
}

/* How it ends is known already: only the goodbye is under way. */
static bool is_decided(const struct approach *approach)
{
	return approach->phase == APPROACH_LEAVING || approach->phase == APPROACH_PARTING;
}

/* That the peer's code is another one, which nobody will prove or disprove any more. */
static bool has_rumour(const struct approach *approach)
{
	return approach->phase == APPROACH_INTRODUCED &&
	       approach->result == MIDAIR_E_WRONG_CODE;
}

static void report_none(struct move *move, int result)
{
	const struct approach *approach = move->approach;

	move_report(move,
		    &(struct midair_event){
			    .type = MIDAIR_EVENT_RELAY,
			    .remote = approach->config.servers[move->event->server],
			    .result = result,
			    .reason = approach->is_peer_direct ? REASON_PEER_DIRECT : NULL,
		    });
}

/* Without the relay the dials alone are left, or nothing is. */
static void go_without(struct move *move, int result)
{
	struct approach *approach = move->approach;

	approach->relay = RELAY_OFF;
	approach->relay_ns = APPROACH_NO_DEADLINE;
	if (approach->config.relay == APPROACH_RELAY_ONLY)
		approach_fail(move, result, WIRE_REASON_GAVE_UP);
	else if (approach->phase == APPROACH_CONFIRMED && is_hopeless(approach))
		approach_give_up(move, MIDAIR_E_NO_DIRECT);
}

void relay_lost(struct move *move, int result)
{
	struct approach *approach = move->approach;

	if ((approach->relay != RELAY_POSSIBLE && approach->relay != RELAY_ASKED) ||
	    is_decided(approach))
		return;
	if (has_rumour(approach))
		result = MIDAIR_E_WRONG_CODE;
	if (approach->is_peer_direct)
		report_none(move, MIDAIR_E_NO_RELAY);
	go_without(move, result);
}

/* Whoever has asked for the relay may say nothing before the answer, which comes. */
void relay_peer_failed(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->relay == RELAY_POSSIBLE)
		relay_lost(move, MIDAIR_E_NO_RELAY);
	else if (approach->relay == RELAY_OFF && is_hopeless(approach))
		approach_give_up(move, MIDAIR_E_NO_DIRECT);
}

void relay_forget(struct approach *approach)
{
	if (approach->relay == RELAY_POSSIBLE)
		approach->relay = RELAY_OFF;
}

static void refused(struct move *move)
{
	struct approach *approach = move->approach;
	enum wire_refusal refusal = move->event->message->refusal;
	int result = refusal == WIRE_REFUSAL_BUSY ? MIDAIR_E_BUSY : MIDAIR_E_NO_RELAY;

	/* One whose attempt has failed agrees to nothing, and has told what it allows. */
	if (refusal == WIRE_REFUSAL_PEER && !approach->has_account)
		approach->is_peer_direct = true;
	report_none(move, result);
	go_without(move, result);
	/* Nothing else was left. */
	if (approach->phase == APPROACH_CONFIRMED && approach->way == MIDAIR_WAY_NONE)
		approach_give_up(move, MIDAIR_E_NO_DIRECT);
}

static void wanted(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->n_wanted++ == APPROACH_WANTED_MAX) {
		room_breach(move);
		return;
	}
	if (approach->relay == RELAY_OFF) {
		decline(move);
	} else if (approach->relay == RELAY_POSSIBLE) {
		if (move->event->now_ns < approach->relay_ns)
			approach->relay_reason = REASON_PEER_ASKED;
		approach->relay_ns = move->event->now_ns;
		ask_when_due(move);
	}
}

/* From here on the connection is one of the peer's: no server that we could talk to. */
static void ready(struct move *move)
{
	struct approach *approach = move->approach;

	approach->relay = RELAY_STANDS;
	approach->contacts[move->event->server] = CONTACT_ENDED;
	approach->at = APPROACH_NOWHERE;
	move_act(move, APPROACH_ACTION_HAND_OVER, move->event->server);
}

void relay_message(struct move *move)
{
	const struct approach *approach = move->approach;
	enum wire_type type = move->event->message->type;
	bool is_introduced =
		approach->phase == APPROACH_INTRODUCED || approach->phase == APPROACH_CONFIRMED;

	if ((is_introduced || approach->phase == APPROACH_PARTING) && type == WIRE_RELAY_WANTED)
		wanted(move);
	else if (is_introduced && approach->relay == RELAY_ASKED && type == WIRE_RELAY_READY)
		ready(move);
	else if (is_introduced && approach->relay == RELAY_ASKED && type == WIRE_RELAY_REFUSED)
		refused(move);
	else
		room_breach(move);
}
