/* SPDX-License-Identifier: MIT */
#include "core/approach_internal.h"

#include <string.h>

#define MS UINT64_C(1000000)

/* A server that was never reached for this long will not be: say so while somebody looks. */
#define REACH_PATIENCE_NS (10000 * MS)
/* For the server to read that we leave, and to close. */
#define LEAVE_PATIENCE_NS (300 * MS)
/* For the peer's account of a failed attempt. */
#define PART_PATIENCE_NS (500 * MS)

void approach_init(struct approach *approach, const struct approach_config *config)
{
	memset(approach, 0, sizeof(*approach));
	approach->config = *config;
	approach->phase = APPROACH_IDLE;
	random_init(&approach->random, config->seed);
	reach_init(approach);
	relay_reset(approach);
}

struct approach_action *move_act(struct move *move, enum approach_action_type type,
				 uint32_t server)
{
	struct approach_update *update = move->update;
	struct approach_action *action;

	/* APPROACH_ACTIONS_MAX is more than one event can lead to; the last place is overwritten
	 * rather than the memory behind it should that ever be wrong. */
	if (update->n_actions < APPROACH_ACTIONS_MAX)
		update->n_actions++;
	action = &update->actions[update->n_actions - 1];
	*action = (struct approach_action){.type = type, .server = server};
	return action;
}

void move_report(struct move *move, const struct midair_event *report)
{
	struct approach_action *action =
		move_act(move, APPROACH_ACTION_REPORT, APPROACH_NOWHERE);

	action->report = *report;
	action->report.time_ns = (int64_t)(move->event->now_ns - move->approach->start_ns);
}

static void leave(struct move *move, enum wire_reason reason)
{
	if (move->approach->at != APPROACH_NOWHERE && reason != WIRE_REASON_GONE)
		move_act(move, APPROACH_ACTION_LEAVE, move->approach->at)->reason = reason;
}

static void end(struct move *move, int result)
{
	reach_close_all(move);
	move->approach->phase = APPROACH_OVER;
	move_act(move, APPROACH_ACTION_FAIL, APPROACH_NOWHERE)->result = result;
}

/* WRONG_CODE says more, PROTOCOL was sealed with the code's key, and an errno is our machine's. */
int approach_result(const struct approach *approach, int result)
{
	bool is_silent =
		approach->phase == APPROACH_INTRODUCED && !approach->config.is_reusable;

	if (!is_silent || result <= 0 || result == MIDAIR_E_WRONG_CODE ||
	    result == MIDAIR_E_PROTOCOL)
		return result;
	return MIDAIR_E_UNCONFIRMED;
}

void approach_fail(struct move *move, int result, enum wire_reason reason)
{
	struct approach *approach = move->approach;

	result = approach_result(approach, result);
	leave(move, reason);
	if (reason == WIRE_REASON_WRONG_CODE && approach->at != APPROACH_NOWHERE) {
		/* An RST at once might overtake it. */
		approach->phase = APPROACH_LEAVING;
		approach->patience_ns = move->event->now_ns + LEAVE_PATIENCE_NS;
		approach->result = result;
		return;
	}
	end(move, result);
}

static uint64_t wait_end_ns(const struct approach *approach)
{
	uint64_t wait_ns = approach->config.wait_ns;

	if (!approach->has_been_reached && approach->config.hole_first_ns == 0 &&
	    wait_ns > REACH_PATIENCE_NS)
		wait_ns = REACH_PATIENCE_NS;
	return approach->start_ns + wait_ns;
}

void approach_retry(struct move *move, int result)
{
	struct approach *approach = move->approach;
	bool is_worth_it = approach->config.is_reusable &&
			   approach->phase != APPROACH_CONFIRMED &&
			   approach->n_introductions < INTRODUCTIONS_MAX &&
			   move->event->now_ns < wait_end_ns(approach);

	if (!is_worth_it) {
		approach_fail(move, result, WIRE_REASON_GONE);
		return;
	}
	move_act(move, APPROACH_ACTION_REWIND, APPROACH_NOWHERE);
	reach_lost(move, result);
}

static void start(struct move *move)
{
	if (move->approach->phase != APPROACH_IDLE)
		return;
	move->approach->start_ns = move->event->now_ns;
	reach_begin(move);
}

/* Without a reason: whoever sees the peer go finds out by itself whether there was a path. */
static void finish(struct move *move, enum wire_reason reason)
{
	leave(move, reason);
	reach_close_all(move);
	move->approach->phase = APPROACH_OVER;
}

static void wait_is_over(struct move *move)
{
	bool was_reached = move->approach->has_been_reached;

	approach_fail(move, was_reached ? MIDAIR_E_NO_PEER : MIDAIR_E_SERVER,
		      WIRE_REASON_GAVE_UP);
}

static void patience_is_over(struct move *move)
{
	struct approach *approach = move->approach;

	switch (approach->phase) {
	case APPROACH_ENTERING:
		reach_lost(move, MIDAIR_E_TIMEOUT);
		break;
	case APPROACH_PAUSING:
		reach_begin(move);
		break;
	case APPROACH_INTRODUCED:
		approach->patience_ns = APPROACH_NO_DEADLINE;
		if (approach->result == MIDAIR_E_WRONG_CODE)
			approach_fail(move, MIDAIR_E_WRONG_CODE, WIRE_REASON_WRONG_CODE);
		else
			approach_retry(move, approach->result);
		break;
	case APPROACH_LEAVING:
		end(move, approach->result);
		break;
	case APPROACH_ALONE:
		room_ask_again(move);
		break;
	case APPROACH_PARTING:
		finish(move, WIRE_REASON_GONE);
		break;
	case APPROACH_IDLE:
	case APPROACH_REACHING:
	case APPROACH_EXCHANGING:
	case APPROACH_CONFIRMED:
	case APPROACH_OVER:
		break;
	}
}

static void time_passed(struct move *move)
{
	struct approach *approach = move->approach;
	uint64_t now_ns = move->event->now_ns;

	if (approach_is_before_introduction(approach) && now_ns >= wait_end_ns(approach))
		wait_is_over(move);
	else if (approach->phase == APPROACH_REACHING)
		reach_time(move);
	else if (approach->phase == APPROACH_CONFIRMED)
		relay_time(move);
	else if (now_ns >= approach->patience_ns)
		patience_is_over(move);
}

/* Nothing else may be said to the server between RELAY and its answer. */
static bool may_account(const struct approach *approach)
{
	bool is_known =
		approach->phase == APPROACH_CONFIRMED || approach->phase == APPROACH_PARTING;

	return is_known && approach->at != APPROACH_NOWHERE && !approach->has_peer_left &&
	       approach->relay != RELAY_ASKED;
}

static void send_account(struct move *move)
{
	struct approach *approach = move->approach;

	if (!may_account(approach) || approach->has_accounted)
		return;
	approach->has_accounted = true;
	move_act(move, APPROACH_ACTION_ACCOUNT, approach->at);
}

/* The attempt has failed: the two tell each other what they saw. */
static void part_after_accounts(struct move *move)
{
	struct approach *approach = move->approach;

	relay_forget(approach);
	send_account(move);
	if (!may_account(approach) || approach->has_account) {
		finish(move, WIRE_REASON_GONE);
		return;
	}
	approach->phase = APPROACH_PARTING;
	approach->patience_ns = move->event->now_ns + PART_PATIENCE_NS;
}

void approach_give_up(struct move *move, int result)
{
	move_act(move, APPROACH_ACTION_FAIL, APPROACH_NOWHERE)->result = result;
	part_after_accounts(move);
}

/* The peer waits for ours, but no longer than we would. */
void approach_peer_accounted(struct move *move)
{
	struct approach *approach = move->approach;

	approach->has_account = true;
	approach->peer_result = move->event->peer_result;
	approach->is_peer_direct = move->event->is_peer_direct;
	if (approach->phase == APPROACH_CONFIRMED)
		relay_peer_failed(move);
	send_account(move);
	if (approach->phase == APPROACH_PARTING)
		finish(move, WIRE_REASON_GONE);
}

void approach_step(struct approach *approach, const struct approach_event *event,
		   struct approach_update *update)
{
	struct move move = {.approach = approach, .event = event, .update = update};

	update->n_actions = 0;
	if (approach->phase == APPROACH_OVER)
		return;
	switch (event->type) {
	case APPROACH_EVENT_START:
		start(&move);
		break;
	case APPROACH_EVENT_TIME:
		time_passed(&move);
		break;
	case APPROACH_EVENT_CONNECTED:
		reach_connected(&move);
		break;
	case APPROACH_EVENT_UNREACHED:
	case APPROACH_EVENT_LOST:
		reach_unreached(&move);
		break;
	case APPROACH_EVENT_GARBAGE:
		room_breach(&move);
		break;
	case APPROACH_EVENT_MESSAGE:
		room_message(&move);
		break;
	case APPROACH_EVENT_MAPPED:
		room_mapped(&move);
		break;
	case APPROACH_EVENT_EXCHANGED:
		room_exchanged(&move);
		break;
	case APPROACH_EVENT_OPENED:
		room_opened(&move);
		break;
	case APPROACH_EVENT_PLANNED:
		relay_planned(&move);
		break;
	case APPROACH_EVENT_CONNECTED_TO_PEER:
		finish(&move, WIRE_REASON_DONE);
		break;
	case APPROACH_EVENT_DIALS_FAILED:
		part_after_accounts(&move);
		break;
	case APPROACH_EVENT_STOP:
		finish(&move, approach->phase == APPROACH_PARTING ? WIRE_REASON_GONE
								  : WIRE_REASON_GAVE_UP);
		break;
	}
	if (approach->phase == APPROACH_PARTING && approach->at == APPROACH_NOWHERE)
		finish(&move, WIRE_REASON_GONE);
	if (approach->phase == APPROACH_LEAVING && approach->at == APPROACH_NOWHERE)
		end(&move, approach->result);
}

static uint64_t phase_deadline(const struct approach *approach)
{
	switch (approach->phase) {
	case APPROACH_REACHING:
		return reach_deadline(approach);
	case APPROACH_ENTERING:
	case APPROACH_ALONE:
	case APPROACH_PAUSING:
	case APPROACH_INTRODUCED:
	case APPROACH_LEAVING:
	case APPROACH_PARTING:
		return approach->patience_ns;
	case APPROACH_CONFIRMED:
		return approach->relay_ns;
	case APPROACH_IDLE:
	case APPROACH_EXCHANGING:
	case APPROACH_OVER:
		break;
	}
	return APPROACH_NO_DEADLINE;
}

uint64_t approach_deadline(const struct approach *approach)
{
	uint64_t deadline_ns = phase_deadline(approach);

	if (approach_is_before_introduction(approach) && wait_end_ns(approach) < deadline_ns)
		deadline_ns = wait_end_ns(approach);
	return deadline_ns;
}
