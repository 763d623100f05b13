/* SPDX-License-Identifier: MIT */
/* Events into core/approach, and what it decides. See pair_internal.h. */
#include <errno.h>
#include <stdlib.h>

#include "lib/pair_internal.h"
#include "os/clock.h"

static void exchange(struct pairing *pairing, const struct approach_action *action)
{
	pair_feed(pairing, &(struct approach_event){
				   .type = APPROACH_EVENT_EXCHANGED,
				   .server = action->server,
				   .result = pair_exchange(pairing, &action->message->peer),
				   .message = action->message,
			   });
}

static void begin(struct pairing *pairing)
{
	int result = pair_begin(pairing);

	if (result != 0)
		session_fail_with(pairing->session, result);
}

/* The peer's addresses first: they are what usually leads to it. */
static void hear(struct pairing *pairing, struct introduction *introduction)
{
	pair_dial(pairing, introduction);
	pair_hear(pairing, introduction);
	pair_plan(pairing);
}

static void open_sealed(struct pairing *pairing, const struct approach_action *action)
{
	struct introduction introduction;
	struct approach_event event = {.type = APPROACH_EVENT_OPENED, .server = action->server};

	event.result = pair_open(pairing, &action->message->sealed, &introduction);
	event.is_account = event.result == 0 && pairing->is_account;
	if (event.is_account) {
		event.is_peer_direct = pairing->session->theirs.is_direct_only;
		event.peer_result = timeline_result(&pairing->session->theirs);
	}
	pair_feed(pairing, &event);
	if (event.result == 0 && pairing->approach.phase == APPROACH_CONFIRMED)
		hear(pairing, &introduction);
}

static void leave(struct pairing *pairing, const struct approach_action *action)
{
	const struct wire_message message = {.type = WIRE_LEAVE, .reason = action->reason};

	pair_send(pairing, action->server, &message, 1);
}

static void answer_relay(struct pairing *pairing, const struct approach_action *action)
{
	const struct wire_message message = {.type = WIRE_RELAY, .relay = action->relay};

	pair_send(pairing, action->server, &message, 1);
}

static void report(struct pairing *pairing, const struct midair_event *event)
{
	if (pairing->session == NULL)
		return;
	if (event->type == MIDAIR_EVENT_CODE) {
		pairing->code.room = pairing->approach.room;
		code_format(&pairing->code, pairing->code_text);
	}
	session_emit(pairing->session, event);
}

static void execute(struct pairing *pairing, const struct approach_action *action)
{
	/* An action before this one may have ended it all. */
	if (pairing->approach.phase == APPROACH_OVER && action->type == APPROACH_ACTION_CONNECT)
		return;
	switch (action->type) {
	case APPROACH_ACTION_CONNECT:
		pair_connect(pairing, action->server);
		break;
	case APPROACH_ACTION_GREET:
		pair_greet(pairing, action->server, action->is_allocating);
		break;
	case APPROACH_ACTION_ASK:
		pair_ask(pairing, action->server);
		break;
	case APPROACH_ACTION_EXCHANGE:
		exchange(pairing, action);
		break;
	case APPROACH_ACTION_BEGIN:
		begin(pairing);
		break;
	case APPROACH_ACTION_TELL:
		pair_tell(pairing, action->server);
		pair_plan(pairing);
		break;
	case APPROACH_ACTION_OPEN:
		open_sealed(pairing, action);
		break;
	case APPROACH_ACTION_ACCOUNT:
		pair_account(pairing, action->server);
		break;
	case APPROACH_ACTION_LEAVE:
		leave(pairing, action);
		break;
	case APPROACH_ACTION_CLOSE:
		pair_close(pairing, action->server);
		break;
	case APPROACH_ACTION_ANSWER_RELAY:
		answer_relay(pairing, action);
		break;
	case APPROACH_ACTION_HAND_OVER:
		pair_hand_over(pairing, action->server);
		break;
	case APPROACH_ACTION_REWIND:
		pair_plan_forget(pairing);
		session_rewind(pairing->session);
		break;
	case APPROACH_ACTION_REPORT:
		report(pairing, &action->report);
		break;
	case APPROACH_ACTION_FAIL:
		session_fail_with(pairing->session, action->result);
		break;
	}
}

/* What the server said of where we are. */
static void note(struct pairing *pairing, const struct approach_event *event)
{
	const struct approach *approach = &pairing->approach;
	const struct midair_endpoint *observed;

	if (event->type != APPROACH_EVENT_MESSAGE || event->message->type != WIRE_WELCOME ||
	    approach->at != event->server || approach->phase != APPROACH_ENTERING)
		return;
	observed = &event->message->welcome.observed;
	pairing->version = event->message->welcome.version;
	pairing->can_probe = (event->message->welcome.capabilities & WIRE_CAN_PROBE) != 0;
	pairing->view.server = approach->config.servers[event->server];
	pairing->view.observed[observed->family == MIDAIR_IPV6] = *observed;
}

/* As long as the relay may come, dials that have failed are not the end. */
static void adjust(struct pairing *pairing)
{
	bool is_waiting = approach_may_relay(&pairing->approach);

	pairing->session->reason = approach_reason(&pairing->approach);
	pairing->session->can_relay = pairing->approach.can_relay;
	session_set_patience(pairing->session,
			     is_waiting ? pairing->timeout_ns : session_patience_ns);
}

/* Nothing more will come through the server. */
static void finish(struct pairing *pairing)
{
	if (!pairing->session->is_over || pairing->approach.phase != APPROACH_OVER)
		return;
	pair_wipe(pairing);
	session_judge(pairing->session);
}

void pair_feed(struct pairing *pairing, struct approach_event *event)
{
	struct approach_update update;

	event->now_ns = clock_now_ns();
	approach_step(&pairing->approach, event, &update);
	note(pairing, event);
	if (pairing->session != NULL)
		adjust(pairing);
	for (uint32_t i = 0; i < update.n_actions; i++)
		execute(pairing, &update.actions[i]);
	if (pairing->session != NULL)
		finish(pairing);
}

static void on_descriptor(struct midair_session *session, uint32_t tag)
{
	if (tag >= PAIR_MAPPING_TAG && tag < PAIR_MAPPING_TAG + N_HOLDERS)
		pair_map_ready(session->pairing, tag - PAIR_MAPPING_TAG);
	else if (tag == PAIR_SURVEY_TAG)
		pair_survey_ready(session->pairing);
	else if (tag == PAIR_HOLE_TAG)
		pair_hole_ready(session->pairing);
	else if (tag >= PAIR_VOLLEY_TAG)
		pair_plan_ready(session->pairing, tag - PAIR_VOLLEY_TAG);
	else
		pair_server_ready(session->pairing, tag);
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

static uint64_t look_deadline(const struct pairing *pairing)
{
	return pairing->has_looked ? UINT64_MAX : pairing->look_ns;
}

/* At our NAT, with the server's help, and at the router: not while the hole may do without. */
static void look_when_due(struct pairing *pairing)
{
	if (pairing->session->is_over || clock_now_ns() < look_deadline(pairing))
		return;
	pairing->has_looked = true;
	pair_survey(pairing);
	pair_map(pairing);
}

/* The hole first: nothing shall delay its SYN. */
static void start(struct pairing *pairing)
{
	pairing->look_ns = clock_now_ns() + pairing->approach.config.hole_first_ns;
	pair_hole_dial(pairing);
	/* A connection may have been caught, and have proved itself, before our own start. */
	if (!session_is_over(pairing->session))
		pair_feed(pairing, &(struct approach_event){.type = APPROACH_EVENT_START});
}

static uint64_t deadline(const struct midair_session *session)
{
	const struct pairing *pairing = session->pairing;

	/* The start happens in dispatch as well. */
	if (session->is_over)
		return approach_deadline(&pairing->approach);
	if (pairing->approach.phase == APPROACH_IDLE)
		return 0;
	return earlier(earlier(approach_deadline(&pairing->approach), look_deadline(pairing)),
		       earlier(pair_survey_deadline(pairing), pair_plan_deadline(pairing)));
}

/* At the end of the dials: what was told at the introduction. After the patience for the peer's
 * account: our own, which went out at its beginning. */
static void note_silence(struct midair_session *session)
{
	const struct approach *approach = &session->pairing->approach;

	if (approach->at != APPROACH_NOWHERE)
		session->is_server_silent =
			!pair_is_acknowledged(session->pairing, approach->at);
}

static void on_time(struct midair_session *session)
{
	struct pairing *pairing = session->pairing;

	if (pairing->approach.phase == APPROACH_PARTING)
		note_silence(session);
	if (pairing->approach.phase == APPROACH_IDLE)
		start(pairing);
	else
		pair_feed(pairing, &(struct approach_event){.type = APPROACH_EVENT_TIME});
	look_when_due(pairing);
	pair_survey_time(pairing);
	pair_plan_time(pairing);
	/* While the SYNs are on their way. GREET tells of a failure. */
	if (pairing->approach.phase == APPROACH_REACHING)
		pair_prepare_shares(pairing);
}

static void on_closed(struct midair_session *session, uint32_t connection)
{
	pair_plan_closed(session->pairing, connection);
}

static bool on_caught(struct midair_session *session, int fd)
{
	return pair_hole_catch(session->pairing, fd);
}

static void on_over(struct midair_session *session)
{
	bool is_connected = session->core.phase == SESSION_CONNECTED;

	if (is_connected)
		pair_hole_keep(session->pairing);
	pair_hole_close(session->pairing);
	if (!is_connected)
		note_silence(session);
	pair_account_keep(session->pairing);
	pair_plan_forget(session->pairing);
	pair_survey_over(session->pairing);
	pair_feed(session->pairing,
		  &(struct approach_event){
			  .type = is_connected ? APPROACH_EVENT_CONNECTED_TO_PEER
					       : APPROACH_EVENT_DIALS_FAILED,
		  });
	pair_map_over(session->pairing);
}

static int final_result(const struct midair_session *session, int result)
{
	return approach_result(&session->pairing->approach, result);
}

static void free_pairing(struct pairing *pairing)
{
	if (pairing->session != NULL) {
		pair_hole_close(pairing);
		pair_plan_forget(pairing);
		pair_survey_over(pairing);
	}
	pairing->session = NULL;
	pair_feed(pairing, &(struct approach_event){.type = APPROACH_EVENT_STOP});
	for (uint32_t i = 0; i < MIDAIR_SERVERS_MAX; i++)
		pair_close(pairing, i);
	pair_map_free(pairing);
	pair_wipe(pairing);
	secret_forget(pairing, sizeof(*pairing));
	free(pairing);
}

const struct pairing_calls pairing_calls = {
	.on_descriptor = on_descriptor,
	.deadline = deadline,
	.on_time = on_time,
	.on_over = on_over,
	.result = final_result,
	.free = free_pairing,
	.on_closed = on_closed,
	.on_caught = on_caught,
};
