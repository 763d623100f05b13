/* SPDX-License-Identifier: MIT */
/* What the server may say when, and what follows. See approach.h. */
#include "core/approach_internal.h"

#include <errno.h>

#define SECOND_NS UINT64_C(1000000000)
/* The peer is said to have another code, or to be gone, and what it told us has not come: believed
 * after this, for want of a better witness. The dials may prove otherwise. */
#define RUMOUR_NS (2 * SECOND_NS)
/* In a room that is entered again and again the server may have introduced us to somebody who has
 * long vanished without its notice, perhaps ourselves before a change of network. */
#define SILENCE_NS (5 * SECOND_NS)

/* How often to ask for our address in the other family while we wait: a NAT forgets a silent
 * mapping, and the address may change. The rendezvous has TCP's keep-alive. */
#define ASK_AGAIN_NS (25 * SECOND_NS)

static bool is_from_rendezvous(const struct move *move)
{
	return move->approach->at != APPROACH_NOWHERE &&
	       move->approach->at == move->event->server;
}

void room_breach(struct move *move)
{
	struct approach *approach = move->approach;

	if (is_from_rendezvous(move) && approach_is_before_introduction(approach)) {
		if (approach->has_been_reached)
			reach_lost(move, MIDAIR_E_PROTOCOL);
		else
			approach_fail(move, MIDAIR_E_PROTOCOL, WIRE_REASON_GONE);
		return;
	}
	/* It was only asked for our address, or the introduction is behind us: do without it. */
	reach_broken(move);
}

static void welcome(struct move *move)
{
	struct approach *approach = move->approach;
	const struct wire_welcome *message = &move->event->message->welcome;

	if (approach->phase != APPROACH_ENTERING || approach->has_welcome) {
		room_breach(move);
		return;
	}
	if (message->version < WIRE_VERSION_MIN || message->version > WIRE_VERSION_MAX) {
		approach_fail(move, MIDAIR_E_VERSION, WIRE_REASON_GONE);
		return;
	}
	approach->has_welcome = true;
	approach->can_relay = (message->capabilities & WIRE_CAN_RELAY) != 0;
	approach->round_trip_ns = move->event->now_ns - approach->greeted_ns;
	move_report(move, &(struct midair_event){
				  .type = MIDAIR_EVENT_SERVER,
				  .local = approach->locals[move->event->server],
				  .remote = approach->config.servers[move->event->server],
				  .mapped = message->observed,
			  });
	if (approach->config.relay == APPROACH_RELAY_ONLY && !approach->can_relay)
		approach_fail(move, MIDAIR_E_NO_RELAY, WIRE_REASON_GAVE_UP);
}

static int64_t until_expiry_ns(const struct move *move, uint32_t lifetime_s)
{
	const struct approach *approach = move->approach;
	uint64_t lifetime_ns = SECOND_NS * lifetime_s;
	uint64_t left_ns = approach->start_ns + approach->config.wait_ns - move->event->now_ns;

	return (int64_t)(lifetime_ns < left_ns ? lifetime_ns : left_ns);
}

static void room(struct move *move)
{
	struct approach *approach = move->approach;
	const struct wire_room *message = &move->event->message->room;
	bool is_allocating = approach->config.is_host && approach->room == 0;
	struct midair_event report = {.wait_ns = until_expiry_ns(move, message->lifetime_s)};

	if (approach->phase != APPROACH_ENTERING || !approach->has_welcome ||
	    is_allocating != (message->number != 0)) {
		room_breach(move);
		return;
	}
	approach->phase = APPROACH_ALONE;
	approach->alone_ns = move->event->now_ns;
	approach->patience_ns = move->event->now_ns + ASK_AGAIN_NS;
	approach->has_been_reached = true;
	if (is_allocating) {
		approach->room = message->number;
		report.type = MIDAIR_EVENT_CODE;
		move_report(move, &report);
	}
	report.type = MIDAIR_EVENT_PEER_WAIT;
	move_report(move, &report);
}

static void peer(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->phase != APPROACH_ALONE) {
		room_breach(move);
		return;
	}
	approach->phase = APPROACH_EXCHANGING;
	approach->patience_ns = APPROACH_NO_DEADLINE;
	approach->n_introductions++;
	approach->n_told = 0;
	approach->n_opened = 0;
	approach->has_accounted = false;
	approach->has_account = false;
	approach->is_peer_direct = false;
	approach->peer_result = 0;
	approach->has_peer_left = false;
	move_report(move, &(struct midair_event){
				  .type = MIDAIR_EVENT_PEER,
				  .remote = move->event->message->peer.observed,
				  .role = (enum midair_role)move->event->message->peer.role,
			  });
	move_act(move, APPROACH_ACTION_EXCHANGE, move->event->server)->message =
		move->event->message;
}

void room_ask_again(struct move *move)
{
	move->approach->patience_ns = move->event->now_ns + ASK_AGAIN_NS;
	reach_ask_again(move);
}

static void tell(struct move *move)
{
	struct approach *approach = move->approach;

	/* After RELAY nothing may be said. */
	if (approach->at == APPROACH_NOWHERE || approach->n_told == APPROACH_SEALED_MAX ||
	    approach->relay == RELAY_ASKED)
		return;
	approach->n_told++;
	move_act(move, APPROACH_ACTION_TELL, approach->at);
}

/* The dial comes first: our SYN takes the shorter way, and nothing waits for the other message. */
void room_exchanged(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->phase != APPROACH_EXCHANGING)
		return;
	if (move->event->result == -EBADMSG) {
		approach_retry(move, MIDAIR_E_PROTOCOL);
		return;
	}
	if (move->event->result != 0) {
		approach_fail(move, move->event->result, WIRE_REASON_GAVE_UP);
		return;
	}
	approach->phase = APPROACH_INTRODUCED;
	if (approach->config.is_reusable) {
		approach->result = MIDAIR_E_PEER_LEFT;
		approach->patience_ns = move->event->now_ns + SILENCE_NS;
	}
	relay_introduced(move);
	move_act(move, APPROACH_ACTION_BEGIN, move->event->server)->message =
		move->event->message;
	tell(move);
}

void room_mapped(struct move *move)
{
	struct approach *approach = move->approach;

	if (approach->phase == APPROACH_INTRODUCED || approach->phase == APPROACH_CONFIRMED)
		tell(move);
}

static void sealed(struct move *move)
{
	struct approach *approach = move->approach;

	bool is_turn = approach->phase == APPROACH_INTRODUCED ||
		       approach->phase == APPROACH_CONFIRMED ||
		       approach->phase == APPROACH_PARTING;

	if (!is_turn || approach->n_opened == APPROACH_SEALED_MAX + 1) {
		room_breach(move);
		return;
	}
	approach->n_opened++;
	move_act(move, APPROACH_ACTION_OPEN, move->event->server)->message =
		move->event->message;
}

void room_opened(struct move *move)
{
	struct approach *approach = move->approach;
	int result = move->event->result;

	if (result == 0 && move->event->is_account)
		approach_peer_accounted(move);
	/* A later one that does not open is the server's doing: the key is right. */
	if (approach->phase != APPROACH_INTRODUCED)
		return;
	if (result == -EBADMSG) {
		approach_fail(move, MIDAIR_E_WRONG_CODE, WIRE_REASON_WRONG_CODE);
		return;
	}
	if (result != 0) {
		approach_fail(move, result == -EPROTO ? MIDAIR_E_PROTOCOL : result,
			      WIRE_REASON_GAVE_UP);
		return;
	}
	approach->phase = APPROACH_CONFIRMED;
	move_report(move, &(struct midair_event){.type = MIDAIR_EVENT_CONFIRMED});
	relay_confirmed(move);
}

/* Once what the peer told us has opened, its code is known to be ours. */
static void heed_rumour(struct move *move, int result)
{
	struct approach *approach = move->approach;

	if (approach->phase != APPROACH_INTRODUCED)
		return;
	approach->result = result;
	approach->patience_ns = move->event->now_ns + RUMOUR_NS;
}

static void left(struct move *move)
{
	struct approach *approach = move->approach;

	if (!approach_is_introduced(approach) || approach->has_peer_left) {
		room_breach(move);
		return;
	}
	approach->has_peer_left = true;
	switch (move->event->message->reason) {
	case WIRE_REASON_DONE: /* its end of our connection is ahead of ours */
		break;
	case WIRE_REASON_GONE: /* perhaps it has only lost the server, and dials on */
		if (approach->config.is_reusable)
			heed_rumour(move, MIDAIR_E_PEER_LEFT);
		relay_lost(move, MIDAIR_E_PEER_LEFT);
		break;
	case WIRE_REASON_WRONG_CODE:
		heed_rumour(move, MIDAIR_E_WRONG_CODE);
		break;
	case WIRE_REASON_GAVE_UP:
		approach_retry(move, MIDAIR_E_PEER_LEFT);
		break;
	}
}

/* A limit is an answer for who comes; who was in already, and came back, tries again. */
static void busy(struct move *move)
{
	if (move->approach->has_been_reached)
		reach_lost(move, MIDAIR_E_BUSY);
	else
		approach_fail(move, MIDAIR_E_BUSY, WIRE_REASON_GONE);
}

/* A code ends with its room; a secret's room is opened again for as long as we wait. */
static void expired(struct move *move)
{
	if (move->approach->config.is_reusable)
		reach_lost(move, MIDAIR_E_NO_PEER);
	else
		approach_fail(move, MIDAIR_E_NO_PEER, WIRE_REASON_GONE);
}

static void error(struct move *move)
{
	/* Once introduced there is nothing that the server could refuse. */
	if (!approach_is_before_introduction(move->approach)) {
		move_act(move, APPROACH_ACTION_CLOSE, move->event->server);
		reach_unreached(move);
		return;
	}
	switch (move->event->message->error) {
	case WIRE_ERROR_VERSION:
		approach_fail(move, MIDAIR_E_VERSION, WIRE_REASON_GONE);
		break;
	case WIRE_ERROR_PROTOCOL:
		approach_fail(move, MIDAIR_E_PROTOCOL, WIRE_REASON_GONE);
		break;
	case WIRE_ERROR_ROOM_TAKEN:
		approach_fail(move, MIDAIR_E_ROOM_TAKEN, WIRE_REASON_GONE);
		break;
	case WIRE_ERROR_BUSY:
	case WIRE_ERROR_TOO_MANY:
		busy(move);
		break;
	case WIRE_ERROR_EXPIRED:
		expired(move);
		break;
	case WIRE_ERROR_SLOW:
	case WIRE_ERROR_CLOSING:
		reach_lost(move, -ECONNRESET);
		break;
	}
}

void room_message(struct move *move)
{
	if (move->approach->phase == APPROACH_LEAVING)
		return;
	if (!is_from_rendezvous(move)) {
		room_breach(move);
		return;
	}
	switch (move->event->message->type) {
	case WIRE_WELCOME:
		welcome(move);
		break;
	case WIRE_ROOM:
		room(move);
		break;
	case WIRE_PEER:
		peer(move);
		break;
	case WIRE_SEALED:
		sealed(move);
		break;
	case WIRE_LEFT:
		left(move);
		break;
	case WIRE_ERROR:
		error(move);
		break;
	case WIRE_RELAY_READY:
	case WIRE_RELAY_WANTED:
	case WIRE_RELAY_REFUSED:
		relay_message(move);
		break;
	case WIRE_HELLO:
	case WIRE_ENTER:
	case WIRE_LEAVE:
	/* a pairing asks for no probes */
	case WIRE_PROBE_INFO:
	case WIRE_PROBE:
	case WIRE_PROBES:
	case WIRE_PROBE_RESULT:
	case WIRE_RELAY:
		room_breach(move);
		break;
	}
}
