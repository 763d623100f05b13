/* SPDX-License-Identifier: MIT */
#include "tests/unit/session_play.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

struct midair_endpoint play_endpoint(const char *text)
{
	struct midair_endpoint endpoint;

	if (midair_endpoint_parse(&endpoint, text) != 0)
		fail_msg("\"%s\" is no endpoint", text);
	return endpoint;
}

struct midair_endpoint play_local_of(const struct play *play, uint32_t path)
{
	bool is_ipv6 = play->session.config.peers[path].family == MIDAIR_IPV6;

	return play_endpoint(is_ipv6 ? PLAY_LOCAL6 : PLAY_LOCAL);
}

static void init(struct play *play, const char *peers, struct session_config config)
{
	char text[1024];
	char *rest = NULL;

	config.timeout_ns = 60000 * MS;
	config.seed = 4;
	snprintf(text, sizeof(text), "%s", peers);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		config.peers[config.n_peers++] = play_endpoint(word);
	memset(play, 0, sizeof(*play));
	play->now_ns = PLAY_START_NS;
	session_init(&play->session, &config);
}

void play_init(struct play *play, const char *peers, uint32_t flags)
{
	init(play, peers, (struct session_config){.flags = flags});
}

void play_init_pairing(struct play *play, const char *peers)
{
	init(play, peers,
	     (struct session_config){
		     .is_authenticated = true,
		     .is_from_anywhere = true,
		     .patience_ns = 5000 * MS,
	     });
}

void play_init_secret(struct play *play, const char *peers, uint32_t flags)
{
	init(play, peers,
	     (struct session_config){
		     .flags = flags,
		     .is_authenticated = true,
		     .has_key = true,
		     .is_guessable = true,
	     });
}

void play_start_dialling(struct play *play)
{
	play_start(play);
	for (uint32_t i = 0; i < play->session.config.n_peers; i++)
		play_dialled(play, i);
}

void play_init_dialling(struct play *play, const char *peers, uint32_t flags)
{
	play_init(play, peers, flags);
	play_start_dialling(play);
}

static void report_text(char *text, size_t size, const struct midair_event *report)
{
	const char *type = midair_event_type_name(report->type);

	switch (report->type) {
	case MIDAIR_EVENT_DIAL:
		snprintf(text, size, "said %s try %u", type, report->try_number);
		break;
	case MIDAIR_EVENT_REFUSED:
		snprintf(text, size, "said %s %s", type, midair_refusal_name(report->refusal));
		break;
	case MIDAIR_EVENT_LANDED:
	case MIDAIR_EVENT_CONNECTED:
		snprintf(text, size, "said %s %s", type,
			 midair_crossing_name(report->crossing));
		break;
	case MIDAIR_EVENT_FAILED:
	case MIDAIR_EVENT_UNPROVEN:
		snprintf(text, size, "said %s %s", type, midair_result_name(report->result));
		break;
	case MIDAIR_EVENT_NONE:
	case MIDAIR_EVENT_BOUND:
	case MIDAIR_EVENT_LISTENING:
	case MIDAIR_EVENT_WAITING:
	case MIDAIR_EVENT_STRANGER:
	case MIDAIR_EVENT_SERVER:
	case MIDAIR_EVENT_SERVER_LOST:
	case MIDAIR_EVENT_CODE:
	case MIDAIR_EVENT_PEER_WAIT:
	case MIDAIR_EVENT_PEER:
	case MIDAIR_EVENT_CANDIDATE:
	case MIDAIR_EVENT_CONFIRMED:
	case MIDAIR_EVENT_AUTHENTICATED:
	case MIDAIR_EVENT_VERDICT:
	case MIDAIR_EVENT_PLAN:
	case MIDAIR_EVENT_RELAY:
	case MIDAIR_EVENT_HOLE:
		snprintf(text, size, "said %s", type);
		break;
	}
}

/* Does what a driver would, and holds the session to its promises. */
static void execute(struct play *play, const struct session_action *action, char *text,
		    size_t size)
{
	switch (action->type) {
	case SESSION_ACTION_DIAL:
		snprintf(text, size, "dial %u", action->connection);
		/* one live dial for a tuple */
		assert_false(play->is_open[action->connection]);
		play->is_open[action->connection] = true;
		break;
	case SESSION_ACTION_AUTHENTICATE:
		snprintf(text, size, "prove %u", action->connection);
		assert_true(play->is_open[action->connection]);
		assert_false(play->is_proving[action->connection]);
		play->is_proving[action->connection] = true;
		break;
	case SESSION_ACTION_RESET:
		snprintf(text, size, "reset %u", action->connection);
		play->is_open[action->connection] = false;
		play->is_proving[action->connection] = false;
		break;
	case SESSION_ACTION_ADOPT:
		snprintf(text, size, "adopt %u", action->connection);
		assert_true(play->is_open[action->connection]);
		assert_int_equal(play->n_adopted++, 0);
		break;
	case SESSION_ACTION_LOOK:
		snprintf(text, size, "look %u", action->connection);
		assert_true(play->is_open[action->connection]);
		break;
	case SESSION_ACTION_STOP_LISTENING:
		snprintf(text, size, "stop listening");
		assert_int_equal(play->n_stopped++, 0);
		break;
	case SESSION_ACTION_REPORT:
		report_text(text, size, &action->report);
		break;
	}
}

static void check_end(const struct play *play)
{
	bool is_over = play->session.phase == SESSION_CONNECTED ||
		       play->session.phase == SESSION_FAILED;
	uint32_t n_open = 0;

	for (size_t i = 0; i < N_ITEMS(play->is_open); i++)
		n_open += play->is_open[i];
	assert_int_equal(play->n_adopted, play->session.phase == SESSION_CONNECTED);
	if (is_over) {
		assert_int_equal(n_open, play->n_adopted);
		assert_true(session_deadline(&play->session) == SESSION_NO_DEADLINE);
	}
}

const char *play_feed(struct play *play, struct session_event *event)
{
	size_t length = 0;

	event->now_ns = play->now_ns;
	session_step(&play->session, event, &play->update);
	assert_true(play->update.n_actions < SESSION_ACTIONS_MAX);
	play->text[0] = '\0';
	for (uint32_t i = 0; i < play->update.n_actions; i++) {
		char part[64];

		execute(play, &play->update.actions[i], part, sizeof(part));
		length += (size_t)snprintf(play->text + length, sizeof(play->text) - length,
					   "%s%s", i == 0 ? "" : ", ", part);
	}
	check_end(play);
	return play->text;
}

const char *play_start(struct play *play)
{
	return play_feed(play, &(struct session_event){.type = SESSION_EVENT_START});
}

const char *play_dialled(struct play *play, uint32_t path)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_DIALLED,
				       .connection = path,
				       .local = play_local_of(play, path),
			       });
}

const char *play_unsent(struct play *play, uint32_t path, int result)
{
	play->is_open[path] = false;
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_UNSENT,
				       .connection = path,
				       .result = result,
			       });
}

const char *play_refused(struct play *play, uint32_t path)
{
	play->is_open[path] = false;
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_REFUSED,
				       .connection = path,
				       .refusal = MIDAIR_REFUSED_BY_RESET,
			       });
}

const char *play_half_open(struct play *play, uint32_t path)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_HALF_OPEN,
				       .connection = path,
			       });
}

const char *play_landed(struct play *play, uint32_t path)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_LANDED,
				       .connection = path,
				       .local = play_local_of(play, path),
				       .remote = play->session.config.peers[path],
				       .crossing = MIDAIR_ANSWERED,
				       .round_trip_us = 10000,
			       });
}

const char *play_caught(struct play *play, uint32_t number, const char *remote)
{
	struct midair_endpoint endpoint = play_endpoint(remote);
	bool is_ipv6 = endpoint.family == MIDAIR_IPV6;

	play->is_open[SESSION_CAUGHT_BASE + number] = true;
	return play_feed(play,
			 &(struct session_event){
				 .type = SESSION_EVENT_CAUGHT,
				 .connection = SESSION_CAUGHT_BASE + number,
				 .local = play_endpoint(is_ipv6 ? PLAY_LOCAL6 : PLAY_LOCAL),
				 .remote = endpoint,
				 .crossing = MIDAIR_CAUGHT,
				 .round_trip_us = 10000,
			 });
}

const char *play_lost(struct play *play, uint32_t connection)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_LOST,
				       .connection = connection,
			       });
}

const char *play_proven(struct play *play, uint32_t connection)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_PROVEN,
				       .connection = connection,
			       });
}

const char *play_unproven(struct play *play, uint32_t connection, int result)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_UNPROVEN,
				       .connection = connection,
				       .result = result,
			       });
}

const char *play_exchanged(struct play *play, uint32_t connection)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_EXCHANGED,
				       .connection = connection,
			       });
}

const char *play_candidate(struct play *play, const char *remote)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_CANDIDATE,
				       .remote = play_endpoint(remote),
			       });
}

const char *play_time(struct play *play)
{
	play->now_ns = session_deadline(&play->session);
	assert_true(play->now_ns != SESSION_NO_DEADLINE);
	return play_feed(play, &(struct session_event){.type = SESSION_EVENT_TIME});
}

const char *play_time_after(struct play *play, uint64_t later_ns)
{
	play->now_ns += later_ns;
	return play_feed(play, &(struct session_event){.type = SESSION_EVENT_TIME});
}
