/* SPDX-License-Identifier: MIT */
/*
 * From landed connections to the one that is adopted.
 *
 * Both ends must adopt the same connection although they see the landings in different order
 * and cannot talk about it. What both can see alike is the family: IPv6 before IPv4. Within one
 * family one address of ours faces one of the peer's, so the first is the only one. So an IPv6
 * landing is adopted at once, and an IPv4 landing waits for an IPv6 path that is still being
 * dialled: for one round trip, by which the two ends may differ, and SETTLE_MARGIN_NS for what
 * the two families' ways may differ. The same holds for what the listener catches before our own
 * start: the peer has begun, and waits for IPv6 as well.
 *
 * A dial to another address of this machine can be answered by our own listener. Such a landing
 * is held for the settling time too, and ends as a self-connection when its other end is caught.
 */
#include "core/endpoint.h"
#include "core/session_internal.h"

#include <errno.h>

#define SETTLE_MARGIN_NS UINT64_C(50000000)

static bool may_ipv6_follow(const struct session *session)
{
	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		enum path_state state = session->paths[i].state;
		int result = session->paths[i].result;
		/* A taken tuple is a good sign: our listener may be about to catch the peer. */
		bool is_able = result == 0 || result == -EADDRNOTAVAIL;

		if (session->config.peers[i].family == MIDAIR_IPV6 && is_able &&
		    (state == PATH_IDLE || state == PATH_OPENING || state == PATH_DIALLING ||
		     state == PATH_PAUSING))
			return true;
	}
	return false;
}

static struct midair_event facts(const struct step *step)
{
	const struct session_event *event = step->event;
	const struct session *session = step->session;
	struct midair_event report = {
		.type = MIDAIR_EVENT_LANDED,
		.local = event->local,
		.remote = event->remote,
		.crossing = event->crossing,
		.round_trip_us = event->round_trip_us,
	};

	if (event->connection < session->config.n_peers) {
		const struct path *path = &session->paths[event->connection];

		report.try_number = path->tries;
		if (report.round_trip_us == 0)
			report.round_trip_us =
				(uint32_t)((event->now_ns - path->dialled_ns) / 1000);
	}
	return report;
}

static void adopt(struct step *step, uint32_t connection, struct midair_event report)
{
	struct session *session = step->session;

	session_drop_others(step, connection);
	report.type = MIDAIR_EVENT_CONNECTED;
	report.path = MIDAIR_PATH_DIRECT;
	if (session->is_started)
		report.elapsed_ns = (int64_t)(step->event->now_ns - session->start_ns);
	step_act(step, SESSION_ACTION_ADOPT, connection);
	step_report(step, &report);
	session->phase = SESSION_CONNECTED;
}

static void settle(struct step *step, uint32_t connection, const struct midair_event *report)
{
	struct session *session = step->session;
	uint64_t round_trip_ns = UINT64_C(1000) * report->round_trip_us;

	session->phase = SESSION_SETTLING;
	session->settle_ns = step->event->now_ns + round_trip_ns + SETTLE_MARGIN_NS;
	session->best = connection;
	session->landing = *report;
	step_report(step, report);
}

/* The peer has two addresses of one family and both lead here: the first one stands. Should it
 * be lost before it is adopted, revive() dials the other one again. */
static void drop_landed(struct step *step, uint32_t connection)
{
	struct session *session = step->session;

	step_act(step, SESSION_ACTION_RESET, connection);
	if (connection < session->config.n_peers)
		session->paths[connection].state = PATH_IDLE;
}

static void land(struct step *step, uint32_t connection)
{
	struct session *session = step->session;
	struct midair_event report = facts(step);
	bool is_ipv6 = report.remote.family == MIDAIR_IPV6;

	if (session->phase == SESSION_SETTLING) {
		if (!is_ipv6) {
			drop_landed(step, connection);
			return;
		}
		if (session->best >= SESSION_CAUGHT_BASE || step->event->may_be_self)
			step_act(step, SESSION_ACTION_RESET, session->best);
		if (step->event->may_be_self)
			settle(step, connection, &report);
		else
			adopt(step, connection, report);
	} else if ((!is_ipv6 && may_ipv6_follow(session)) || step->event->may_be_self) {
		settle(step, connection, &report);
	} else {
		adopt(step, connection, report);
	}
}

/* The paths that stood back for a landing that is gone. */
static void revive(struct step *step)
{
	struct session *session = step->session;

	for (uint32_t i = 0; i < session->config.n_peers && session->is_started; i++) {
		if (session->paths[i].state == PATH_IDLE)
			path_dial(step, i);
		else if (session->paths[i].state == PATH_LANDED && i != session->best)
			path_pause(step, i);
	}
}

/* Nobody else can ever be reached on this path. */
static void refuse_self(struct step *step, uint32_t number)
{
	struct session *session = step->session;
	bool is_best = session->phase == SESSION_SETTLING && session->best == number;

	if (is_best) {
		session->phase = SESSION_TRYING;
		revive(step);
	}
	step_act(step, SESSION_ACTION_RESET, number);
	step_report(step, &(struct midair_event){
				  .type = MIDAIR_EVENT_REFUSED,
				  .remote = session->config.peers[number],
				  .refusal = MIDAIR_REFUSED_BY_SELF,
				  .result = MIDAIR_E_SELF,
				  .try_number = session->paths[number].tries,
			  });
	path_give_up(step, number, MIDAIR_E_SELF);
}

void landing_own(struct step *step)
{
	const struct session_event *event = step->event;

	if (midair_endpoint_equal(&event->local, &event->remote)) {
		refuse_self(step, event->connection);
		return;
	}
	step->session->paths[event->connection].state = PATH_LANDED;
	if (step->session->config.is_authenticated)
		proving_landed(step);
	else
		land(step, event->connection);
}

/* The path whose dial has this caught connection as its other end, or n_peers. */
static uint32_t path_from_us(const struct session *session, const struct session_event *event)
{
	uint32_t i = 0;

	for (; i < session->config.n_peers; i++) {
		const struct path *path = &session->paths[i];

		if ((path->state == PATH_DIALLING || path->state == PATH_LANDED) &&
		    midair_endpoint_equal(&path->local, &event->remote) &&
		    midair_endpoint_equal(&session->config.peers[i], &event->local))
			break;
	}
	return i;
}

bool has_named_address(const struct session *session, const struct midair_endpoint *remote)
{
	for (uint32_t i = 0; i < session->config.n_peers; i++)
		if (endpoint_is_same_address(&session->config.peers[i], remote))
			return true;
	return false;
}

static bool is_welcome(const struct session *session, const struct midair_endpoint *remote)
{
	bool is_any_port = (session->config.flags & MIDAIR_ANY_PORT) != 0;

	if (session->config.is_from_anywhere)
		return true;
	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		const struct midair_endpoint *peer = &session->config.peers[i];

		if (endpoint_is_same_address(peer, remote) &&
		    (is_any_port || peer->port == remote->port))
			return true;
	}
	return false;
}

void landing_caught(struct step *step)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;
	bool is_over = session_has_ended(session);
	uint32_t ours = is_over ? session->config.n_peers : path_from_us(session, event);

	if (ours < session->config.n_peers) {
		step_act(step, SESSION_ACTION_RESET, event->connection);
		refuse_self(step, ours);
		return;
	}
	if (!is_over && is_welcome(session, &event->remote) &&
	    !midair_endpoint_equal(&event->local, &event->remote)) {
		if (session->config.is_authenticated)
			proving_landed(step);
		else
			land(step, event->connection);
		return;
	}
	step_act(step, SESSION_ACTION_RESET, event->connection);
	if (!is_over)
		step_report(step, &(struct midair_event){
					  .type = MIDAIR_EVENT_STRANGER,
					  .local = event->local,
					  .remote = event->remote,
				  });
}

void landing_lost(struct step *step)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;

	if (session->config.is_authenticated) {
		proving_lost(step);
		return;
	}
	if (session->phase != SESSION_SETTLING || session->best != event->connection)
		return;
	session->phase = session->is_started ? SESSION_TRYING : SESSION_WAITING;
	step_act(step, SESSION_ACTION_RESET, event->connection);
	step_report(step, &(struct midair_event){
				  .type = MIDAIR_EVENT_REFUSED,
				  .remote = session->landing.remote,
				  .refusal = MIDAIR_REFUSED_BY_RESET,
				  .result = event->result,
				  .try_number = session->landing.try_number,
			  });
	revive(step);
	if (event->connection >= session->config.n_peers)
		return;
	if ((session->config.flags & MIDAIR_ONCE) != 0)
		path_give_up(step, event->connection, MIDAIR_E_REFUSED);
	else
		path_pause(step, event->connection);
}

void landing_settled(struct step *step)
{
	struct session *session = step->session;
	struct midair_event report = session->landing;

	adopt(step, session->best, report);
}
