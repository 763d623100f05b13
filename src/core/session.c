/* SPDX-License-Identifier: MIT */
#include "core/session_internal.h"

#include <string.h>

void session_init(struct session *session, const struct session_config *config)
{
	memset(session, 0, sizeof(*session));
	session->config = *config;
	session->phase = SESSION_WAITING;
	random_init(&session->random, config->seed);
}

static struct session_action *next_action(struct session_update *update)
{
	/* SESSION_ACTIONS_MAX is more than one event can lead to; the last place is overwritten
	 * rather than the memory behind it should that ever be wrong. */
	if (update->n_actions < SESSION_ACTIONS_MAX)
		update->n_actions++;
	return &update->actions[update->n_actions - 1];
}

void step_act(struct step *step, enum session_action_type type, uint32_t connection)
{
	*next_action(step->update) = (struct session_action){
		.type = type,
		.connection = connection,
	};
}

void step_report(struct step *step, const struct midair_event *report)
{
	struct session_action *action = next_action(step->update);
	const struct session *session = step->session;

	*action = (struct session_action){.type = SESSION_ACTION_REPORT, .report = *report};
	/* Before the start there is no instant to count from: the driver knows how long. */
	if (session->is_started)
		action->report.time_ns = (int64_t)(step->event->now_ns - session->start_ns);
}

static bool is_dial_open(const struct path *path)
{
	return path->state == PATH_OPENING || path->state == PATH_DIALLING ||
	       path->state == PATH_LANDED;
}

void session_drop_others(struct step *step, uint32_t keep)
{
	struct session *session = step->session;

	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		if (i == keep)
			continue;
		if (is_dial_open(&session->paths[i]))
			step_act(step, SESSION_ACTION_RESET, i);
		session->paths[i].state = PATH_DEAD;
	}
	proving_drop_caught(step, keep);
}

void session_fail(struct step *step, int result)
{
	session_drop_others(step, UINT32_MAX);
	step->session->phase = SESSION_FAILED;
	step_report(step, &(struct midair_event){
				  .type = MIDAIR_EVENT_FAILED,
				  .result = result,
			  });
}

static void start(struct step *step)
{
	struct session *session = step->session;

	bool is_waiting = session->phase == SESSION_WAITING;

	if (session->is_started || (!is_waiting && session->phase != SESSION_SETTLING))
		return;
	session->is_started = true;
	session->start_ns = step->event->now_ns;
	redial_init(&session->redial,
		    session->config.is_standing ? &redial_standing : &redial_meeting,
		    session->start_ns);
	if (is_waiting)
		session->phase = SESSION_TRYING;
	proving_start(step);
	/* What the listener caught before the start settles: only IPv6 could still be better. */
	for (uint32_t i = 0; i < session->config.n_peers; i++)
		if (is_waiting || session->config.peers[i].family == MIDAIR_IPV6)
			path_dial(step, i);
}

static uint64_t end_ns(const struct session *session)
{
	return session->is_started ? session->start_ns + session->config.timeout_ns
				   : SESSION_NO_DEADLINE;
}

/* Time that ran out while nothing could be sent is not the peer's doing. */
static int timeout_result(const struct session *session)
{
	int result = session_common_result(session);

	if (session->config.is_guessable && session->n_unproven > 0)
		return MIDAIR_E_AUTHENTICATION;
	if (session->config.is_direct_only)
		return MIDAIR_E_NO_DIRECT;
	return result < 0 || result == MIDAIR_E_NO_PATH ? result : MIDAIR_E_TIMEOUT;
}

static bool is_every_path_dead(const struct session *session)
{
	for (uint32_t i = 0; i < session->config.n_peers; i++)
		if (session->paths[i].state != PATH_DEAD)
			return false;
	return true;
}

/* When a session without a path gives up. */
static uint64_t patience_end_ns(const struct session *session)
{
	bool is_waiting = session->phase == SESSION_TRYING && session->config.n_peers > 0 &&
			  session->config.is_authenticated && is_every_path_dead(session) &&
			  proving_is_idle(session);

	return is_waiting ? session->start_ns + session->config.patience_ns
			  : SESSION_NO_DEADLINE;
}

void session_check_paths(struct step *step)
{
	if (step->event->now_ns >= patience_end_ns(step->session))
		session_fail(step, step->session->config.is_direct_only
					   ? MIDAIR_E_NO_DIRECT
					   : session_common_result(step->session));
}

static void time_passed(struct step *step)
{
	struct session *session = step->session;
	uint64_t now_ns = step->event->now_ns;
	bool is_end = now_ns >= end_ns(session);

	if (session->phase == SESSION_SETTLING && (now_ns >= session->settle_ns || is_end))
		landing_settled(step);
	if (session->phase == SESSION_TRYING && is_end)
		session_fail(step, timeout_result(session));
	proving_time(step);
	session_check_paths(step);
	if (session_is_trying(session))
		for (uint32_t i = 0; i < session->config.n_peers; i++)
			path_time(step, i);
}

/* A dial's outcome that reaches us after the path has ended is nobody's concern: the driver
 * was told to reset that socket. */
static bool is_current(const struct step *step)
{
	const struct session *session = step->session;
	uint32_t number = step->event->connection;

	return session_is_trying(session) && number < session->config.n_peers &&
	       is_dial_open(&session->paths[number]);
}

void session_step(struct session *session, const struct session_event *event,
		  struct session_update *update)
{
	struct step step = {.session = session, .event = event, .update = update};

	update->n_actions = 0;
	switch (event->type) {
	case SESSION_EVENT_START:
		start(&step);
		break;
	case SESSION_EVENT_TIME:
		time_passed(&step);
		break;
	case SESSION_EVENT_DIALLED:
		if (is_current(&step))
			path_dialled(&step);
		break;
	case SESSION_EVENT_UNSENT:
		if (is_current(&step))
			path_unsent(&step);
		break;
	case SESSION_EVENT_HALF_OPEN:
		if (is_current(&step))
			path_half_open(&step);
		break;
	case SESSION_EVENT_REFUSED:
		if (is_current(&step))
			path_refused(&step);
		break;
	case SESSION_EVENT_LANDED:
		if (is_current(&step))
			landing_own(&step);
		else
			step_act(&step, SESSION_ACTION_RESET, event->connection);
		break;
	case SESSION_EVENT_CAUGHT:
		landing_caught(&step);
		break;
	case SESSION_EVENT_LOST:
		landing_lost(&step);
		break;
	case SESSION_EVENT_PROVEN:
		proving_proven(&step);
		break;
	case SESSION_EVENT_UNPROVEN:
		proving_unproven(&step);
		break;
	case SESSION_EVENT_EXCHANGED:
		proving_exchanged(&step);
		break;
	case SESSION_EVENT_CANDIDATE:
		session_candidate(&step);
		break;
	case SESSION_EVENT_GIVE_UP:
		if (!session_has_ended(session))
			session_fail(&step, event->result);
		break;
	case SESSION_EVENT_MET_ELSEWHERE:
		if (session_has_ended(session))
			break;
		session_drop_others(&step, UINT32_MAX);
		session->phase = SESSION_CONNECTED;
		break;
	}
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t session_deadline(const struct session *session)
{
	uint64_t deadline_ns = earlier(end_ns(session), proving_deadline(session));

	if (session_has_ended(session))
		return SESSION_NO_DEADLINE;
	if (!session_is_trying(session))
		return deadline_ns;
	deadline_ns = earlier(deadline_ns, patience_end_ns(session));
	if (session->phase == SESSION_SETTLING && session->settle_ns < deadline_ns)
		deadline_ns = session->settle_ns;
	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		const struct path *path = &session->paths[i];

		if (path->state == PATH_PAUSING && path->redial_ns < deadline_ns)
			deadline_ns = path->redial_ns;
		if (path->state == PATH_DIALLING && path->look_ns < deadline_ns &&
		    (session->config.flags & MIDAIR_ONCE) == 0)
			deadline_ns = path->look_ns;
	}
	return deadline_ns;
}
