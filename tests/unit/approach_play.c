/* SPDX-License-Identifier: MIT */
#include "tests/unit/approach_play.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct midair_endpoint endpoint_of(const char *text)
{
	struct midair_endpoint endpoint;

	if (midair_endpoint_parse(&endpoint, text) != 0)
		fail_msg("\"%s\" is no endpoint", text);
	return endpoint;
}

void play_init(struct play *play, enum play_kind kind, const char *servers)
{
	struct approach_config config = {
		.is_host = kind == PLAY_HOST,
		.is_reusable = kind == PLAY_SECRET,
		.wait_ns = 600000 * MS,
		.seed = 4,
	};
	char text[1024];
	char *rest = NULL;

	snprintf(text, sizeof(text), "%s", servers);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		config.servers[config.n_servers++] = endpoint_of(word);
	memset(play, 0, sizeof(*play));
	play->now_ns = PLAY_START_NS;
	approach_init(&play->approach, &config);
}

static void report_text(char *text, size_t size, const struct midair_event *report)
{
	const char *type = midair_event_type_name(report->type);

	if (report->type == MIDAIR_EVENT_SERVER_LOST)
		snprintf(text, size, "said %s %s", type, midair_result_name(report->result));
	else
		snprintf(text, size, "said %s", type);
}

static void action_text(char *text, size_t size, const struct approach_action *action)
{
	switch (action->type) {
	case APPROACH_ACTION_CONNECT:
		snprintf(text, size, "connect %u", action->server);
		break;
	case APPROACH_ACTION_GREET:
		snprintf(text, size, "greet %u%s", action->server,
			 action->is_allocating ? " allocating" : "");
		break;
	case APPROACH_ACTION_ASK:
		snprintf(text, size, "ask %u", action->server);
		break;
	case APPROACH_ACTION_EXCHANGE:
		snprintf(text, size, "exchange");
		break;
	case APPROACH_ACTION_BEGIN:
		snprintf(text, size, "begin");
		break;
	case APPROACH_ACTION_TELL:
		snprintf(text, size, "tell %u", action->server);
		break;
	case APPROACH_ACTION_OPEN:
		snprintf(text, size, "open");
		break;
	case APPROACH_ACTION_ACCOUNT:
		snprintf(text, size, "account %u", action->server);
		break;
	case APPROACH_ACTION_LEAVE:
		snprintf(text, size, "leave %u %s", action->server,
			 wire_reason_name(action->reason));
		break;
	case APPROACH_ACTION_CLOSE:
		snprintf(text, size, "close %u", action->server);
		break;
	case APPROACH_ACTION_ANSWER_RELAY:
		snprintf(text, size, "relay %u %s", action->server,
			 action->relay == WIRE_RELAY_YES ? "yes" : "no");
		break;
	case APPROACH_ACTION_HAND_OVER:
		snprintf(text, size, "hand over %u", action->server);
		break;
	case APPROACH_ACTION_REWIND:
		snprintf(text, size, "rewind");
		break;
	case APPROACH_ACTION_REPORT:
		report_text(text, size, &action->report);
		break;
	case APPROACH_ACTION_FAIL:
		snprintf(text, size, "fail %s", midair_result_name(action->result));
		break;
	}
}

/* The driver's side: which descriptors it would have open. */
static void execute(struct play *play, const struct approach_action *action)
{
	switch (action->type) {
	case APPROACH_ACTION_CONNECT:
		assert_false(play->is_open[action->server]);
		play->is_open[action->server] = true;
		break;
	case APPROACH_ACTION_CLOSE:
		assert_true(play->is_open[action->server]);
		play->is_open[action->server] = false;
		break;
	case APPROACH_ACTION_GREET:
	case APPROACH_ACTION_ASK:
	case APPROACH_ACTION_TELL:
	case APPROACH_ACTION_ACCOUNT:
	case APPROACH_ACTION_LEAVE:
	case APPROACH_ACTION_ANSWER_RELAY:
		assert_true(play->is_open[action->server]);
		break;
	case APPROACH_ACTION_HAND_OVER:
		assert_true(play->is_open[action->server]);
		play->is_open[action->server] = false;
		break;
	case APPROACH_ACTION_EXCHANGE:
		play->n_exchanged++;
		break;
	case APPROACH_ACTION_FAIL:
		play->n_failed++;
		break;
	case APPROACH_ACTION_BEGIN:
	case APPROACH_ACTION_OPEN:
	case APPROACH_ACTION_REWIND:
	case APPROACH_ACTION_REPORT:
		break;
	}
}

static void check_state(const struct play *play)
{
	const struct approach *approach = &play->approach;
	bool is_over = approach->phase == APPROACH_OVER;
	uint64_t deadline_ns = approach_deadline(approach);

	assert_true(play->update.n_actions < APPROACH_ACTIONS_MAX);
	assert_true(play->n_failed <= 1);
	assert_true(play->n_exchanged <=
		    (approach->config.is_reusable ? INTRODUCTIONS_MAX : 1u));
	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		assert_true(!is_over || !play->is_open[i]);
	/* Only the dials, which have a deadline of their own, may take over. */
	if (approach->phase >= APPROACH_REACHING && approach->phase <= APPROACH_PAUSING)
		assert_true(deadline_ns != APPROACH_NO_DEADLINE);
	assert_true(!is_over || deadline_ns == APPROACH_NO_DEADLINE);
}

const char *play_feed(struct play *play, struct approach_event *event)
{
	size_t length = 0;

	event->now_ns = play->now_ns;
	if (event->type == APPROACH_EVENT_UNREACHED || event->type == APPROACH_EVENT_LOST)
		play->is_open[event->server] = false;
	approach_step(&play->approach, event, &play->update);
	play->text[0] = '\0';
	for (uint32_t i = 0; i < play->update.n_actions; i++) {
		char part[128];

		execute(play, &play->update.actions[i]);
		action_text(part, sizeof(part), &play->update.actions[i]);
		length += (size_t)snprintf(play->text + length, sizeof(play->text) - length,
					   "%s%s", i == 0 ? "" : ", ", part);
	}
	check_state(play);
	return play->text;
}

const char *play_event(struct play *play, enum approach_event_type type, uint32_t server,
		       int result)
{
	static const struct wire_message peer = {.type = WIRE_PEER,
						 .peer = {.role = MIDAIR_ROLE_A}};

	return play_feed(play, &(struct approach_event){
				       .type = type,
				       .server = server,
				       .result = result,
				       .message = &peer, /* of EXCHANGED */
			       });
}

const char *play_message(struct play *play, uint32_t server, const struct wire_message *message)
{
	return play_feed(play, &(struct approach_event){
				       .type = APPROACH_EVENT_MESSAGE,
				       .server = server,
				       .message = message,
			       });
}

const char *play_type(struct play *play, enum wire_type type)
{
	struct wire_message message = {.type = type};

	if (type == WIRE_WELCOME) {
		message.welcome.version = WIRE_VERSION_MAX;
		message.welcome.observed = endpoint_of("198.51.100.1:4000");
	} else if (type == WIRE_ROOM) {
		message.room.lifetime_s = 600;
		message.room.number = play->approach.config.is_host ? 7 : 0;
		if (play->approach.room != 0)
			message.room.number = 0;
	} else if (type == WIRE_PEER) {
		message.peer.role = MIDAIR_ROLE_B;
		message.peer.observed = endpoint_of("203.0.113.1:4000");
	} else if (type == WIRE_LEFT) {
		message.reason = WIRE_REASON_GONE;
	} else if (type == WIRE_ERROR) {
		message.error = WIRE_ERROR_CLOSING;
	}
	return play_message(play, 0, &message);
}

const char *play_error(struct play *play, enum wire_error error)
{
	return play_message(play, 0,
			    &(struct wire_message){.type = WIRE_ERROR, .error = error});
}

const char *play_left(struct play *play, enum wire_reason reason)
{
	return play_message(play, 0,
			    &(struct wire_message){.type = WIRE_LEFT, .reason = reason});
}

const char *play_time(struct play *play)
{
	uint64_t deadline_ns = approach_deadline(&play->approach);

	assert_true(deadline_ns != APPROACH_NO_DEADLINE);
	assert_true(deadline_ns >= play->now_ns);
	play->now_ns = deadline_ns;
	return play_event(play, APPROACH_EVENT_TIME, 0, 0);
}

const char *play_time_after(struct play *play, uint64_t later_ns)
{
	play->now_ns += later_ns;
	return play_event(play, APPROACH_EVENT_TIME, 0, 0);
}

/* The next event on the straight way. */
static void advance(struct play *play, enum approach_phase target)
{
	switch (play->approach.phase) {
	case APPROACH_IDLE:
		play_event(play, APPROACH_EVENT_START, 0, 0);
		break;
	case APPROACH_REACHING:
		if (target == APPROACH_PAUSING)
			play_event(play, APPROACH_EVENT_UNREACHED, 0, -111);
		else
			play_event(play, APPROACH_EVENT_CONNECTED, 0, 0);
		break;
	case APPROACH_ENTERING:
		play_type(play, WIRE_WELCOME);
		play_type(play, WIRE_ROOM);
		break;
	case APPROACH_ALONE:
		play_type(play, WIRE_PEER);
		break;
	case APPROACH_EXCHANGING:
		play_event(play, APPROACH_EVENT_EXCHANGED, 0, 0);
		break;
	case APPROACH_INTRODUCED:
		play_type(play, WIRE_SEALED);
		play_event(play, APPROACH_EVENT_OPENED, 0,
			   target == APPROACH_LEAVING ? -74 : 0);
		break;
	case APPROACH_CONFIRMED:
		play_event(play,
			   target == APPROACH_PARTING ? APPROACH_EVENT_DIALS_FAILED
						      : APPROACH_EVENT_STOP,
			   0, 0);
		break;
	case APPROACH_PAUSING:
	case APPROACH_LEAVING:
	case APPROACH_PARTING:
		play_event(play, APPROACH_EVENT_STOP, 0, 0);
		break;
	case APPROACH_OVER:
		fail_msg("no way to phase %d", target);
		break;
	}
}

void play_until(struct play *play, enum approach_phase phase)
{
	while (play->approach.phase != phase)
		advance(play, phase);
}
