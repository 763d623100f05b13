/* SPDX-License-Identifier: MIT */
/*
 * Authenticated sessions: from landed connections to the first that proves to lead to the peer.
 *
 * Theory of operation
 *
 * A connection that has landed is not yet the peer's: a web server may have the address by now,
 * anybody may have found our listener, and a NAT may show the peer at an address that nobody
 * named. So each one, dialled or caught, is asked to prove itself, all of them at once, and the
 * dials on the other paths go on meanwhile. The first PROVEN is adopted, whatever its family.
 * That both ends adopt the same one is the proof's doing, not a matter of time: role A answers
 * one connection alone, and role B takes nothing else for proven.
 *
 * What does not prove itself in time is dropped. Its path is dialled again: soon after a
 * connection that was lost, since a NAT that refuses the peer's SYN late does that to honest
 * ones, but with a growing pause after an answer that was not the peer's, so that no foreign
 * server is hammered.
 *
 * Where a secret that people chose is proved to whoever answers (is_guessable), each exchange
 * gives the other end one guess: after SESSION_GUESSES_MAX the session makes no more.
 */
#include <errno.h>

#include "core/bytes.h"
#include "core/session_internal.h"

/* Some packets may be lost and repeated, and the peer may be introduced a little later than we: a
 * connection that it has adopted by then must still stand. */
#define PROOF_PATIENCE_NS     UINT64_C(5000000000)
#define PROOF_ROUND_TRIPS     3u
#define ROUND_TRIP_US_LIMIT   2000000u
#define FOREIGN_PAUSE_NS      UINT64_C(200000000)
#define FOREIGN_PAUSE_DOUBLES 6u
/* Connections of one path that may be lost before its pauses grow too. */
#define LOST_QUICKLY 3u

static bool is_open(const struct session *session)
{
	return session->phase == SESSION_WAITING || session->phase == SESSION_TRYING;
}

static struct landing *open_landing(struct step *step)
{
	uint32_t number = step->event->connection;

	if (!is_open(step->session) || number >= SESSION_CONNECTIONS ||
	    step->session->landings[number].state == LANDING_NONE)
		return NULL;
	return &step->session->landings[number];
}

static struct midair_event facts_of(const struct session *session, uint32_t connection,
				    enum midair_event_type type)
{
	const struct landing *landing = &session->landings[connection];

	return (struct midair_event){
		.type = type,
		.local = landing->local,
		.remote = landing->remote,
		.crossing = landing->crossing,
		.round_trip_us = landing->round_trip_us,
		.path = landing->is_relayed ? MIDAIR_PATH_RELAYED : MIDAIR_PATH_DIRECT,
		.try_number = connection < session->config.n_peers
				      ? session->paths[connection].tries
				      : 0,
	};
}

static void prove(struct step *step, uint32_t connection)
{
	struct landing *landing = &step->session->landings[connection];
	uint32_t round_trip_us = landing->round_trip_us < ROUND_TRIP_US_LIMIT
					 ? landing->round_trip_us
					 : ROUND_TRIP_US_LIMIT;

	landing->state = LANDING_PROVING;
	landing->until_ns = step->event->now_ns + PROOF_PATIENCE_NS +
			    PROOF_ROUND_TRIPS * UINT64_C(1000) * round_trip_us;
	step_act(step, SESSION_ACTION_AUTHENTICATE, connection);
}

void proving_landed(struct step *step)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;
	struct landing *landing = &session->landings[event->connection];
	struct midair_event report;

	*landing = (struct landing){
		.state = LANDING_HELD,
		.local = event->local,
		.remote = event->remote,
		.crossing = event->crossing,
		.round_trip_us = event->round_trip_us,
		.is_relayed = event->is_relayed,
		.landed_ns = event->now_ns,
	};
	if (event->round_trip_us == 0 && event->connection < session->config.n_peers) {
		uint64_t since_ns =
			event->now_ns - session->paths[event->connection].dialled_ns;

		landing->round_trip_us = (uint32_t)(since_ns / 1000);
	}
	report = facts_of(session, event->connection, MIDAIR_EVENT_LANDED);
	step_report(step, &report);
	if (session->is_started || session->config.has_key)
		prove(step, event->connection);
}

void proving_start(struct step *step)
{
	struct session *session = step->session;

	for (uint32_t i = SESSION_CAUGHT_BASE; i < SESSION_CONNECTIONS; i++)
		if (session->landings[i].state == LANDING_HELD)
			prove(step, i);
}

void proving_proven(struct step *step)
{
	struct session *session = step->session;
	uint32_t connection = step->event->connection;
	const struct landing *landing = open_landing(step);
	struct midair_event report;

	if (landing == NULL || landing->state != LANDING_PROVING)
		return;
	session_drop_others(step, connection);
	step_act(step, SESSION_ACTION_ADOPT, connection);
	report = facts_of(session, connection, MIDAIR_EVENT_AUTHENTICATED);
	report.elapsed_ns = (int64_t)(step->event->now_ns - landing->landed_ns);
	if (landing->is_relayed)
		report.round_trip_us =
			(uint32_t)(report.elapsed_ns / 1000) + step->event->round_trip_us;
	step_report(step, &report);
	report.type = MIDAIR_EVENT_CONNECTED;
	report.elapsed_ns =
		session->is_started ? (int64_t)(step->event->now_ns - session->start_ns) : 0;
	step_report(step, &report);
	session->landing = report;
	session->phase = SESSION_CONNECTED;
}

/* From a connection that failed to prove anything back to the next SYN. */
static void pause_path(struct step *step, uint32_t number, bool is_foreign)
{
	struct session *session = step->session;
	struct path *path = &session->paths[number];
	uint32_t n = 0;

	if (is_foreign)
		n = ++path->n_unproven;
	else if (++path->n_lost > LOST_QUICKLY)
		n = path->n_lost - LOST_QUICKLY;
	path_pause(step, number);
	if (n > 0) {
		uint64_t pause_ns =
			FOREIGN_PAUSE_NS
			<< (n - 1 < FOREIGN_PAUSE_DOUBLES ? n - 1 : FOREIGN_PAUSE_DOUBLES);

		path->redial_ns += pause_ns + random_below(&session->random, pause_ns / 4);
	}
}

bool proving_is_idle(const struct session *session)
{
	for (uint32_t i = 0; i < SESSION_CONNECTIONS; i++)
		if (session->landings[i].state != LANDING_NONE)
			return false;
	return true;
}

/* Nobody is left to be convinced, or to convince. */
static bool is_out_of_guesses(const struct session *session)
{
	return session->config.is_guessable &&
	       (session->n_wrong >= SESSION_WRONG_MAX ||
		(session->n_guesses >= SESSION_GUESSES_MAX && proving_is_idle(session)));
}

static void drop(struct step *step, uint32_t connection, int result, bool is_foreign)
{
	struct session *session = step->session;
	struct midair_event report = facts_of(session, connection, MIDAIR_EVENT_UNPROVEN);
	bool was_proving = session->landings[connection].state == LANDING_PROVING;

	report.result = result;
	report.elapsed_ns =
		(int64_t)(step->event->now_ns - session->landings[connection].landed_ns);
	session->landings[connection].state = LANDING_NONE;
	if (connection < session->config.n_peers)
		session->paths[connection].state = PATH_IDLE;
	step_act(step, SESSION_ACTION_RESET, connection);
	/* Whoever came and went before there was anything to ask has not failed. */
	if (was_proving) {
		session->n_unproven++;
		step_report(step, &report);
	}
	if (result == MIDAIR_E_AUTHENTICATION)
		session->n_wrong++;
	if (is_out_of_guesses(session)) {
		session_fail(step, MIDAIR_E_AUTHENTICATION);
		return;
	}
	if (report.path == MIDAIR_PATH_RELAYED && session->config.n_peers == 0)
		session_fail(step, MIDAIR_E_LOST); /* there was nothing else */
	else if (connection >= session->config.n_peers)
		session_check_paths(step);
	else if ((session->config.flags & MIDAIR_ONCE) != 0)
		path_give_up(step, connection, MIDAIR_E_AUTHENTICATION);
	else
		pause_path(step, connection, is_foreign);
}

void proving_unproven(struct step *step)
{
	if (open_landing(step) != NULL)
		drop(step, step->event->connection, step->event->result, true);
}

void proving_lost(struct step *step)
{
	if (open_landing(step) != NULL)
		drop(step, step->event->connection, step->event->result, false);
}

void proving_exchanged(struct step *step)
{
	struct session *session = step->session;

	if (open_landing(step) == NULL || !session->config.is_guessable)
		return;
	if (session->n_guesses < SESSION_GUESSES_MAX)
		session->n_guesses++;
	else
		drop(step, step->event->connection, MIDAIR_E_LIMIT, true);
}

void proving_time(struct step *step)
{
	struct session *session = step->session;

	for (uint32_t i = 0; i < SESSION_CONNECTIONS && is_open(session); i++)
		if (session->landings[i].state == LANDING_PROVING &&
		    step->event->now_ns >= session->landings[i].until_ns)
			drop(step, i, -ETIMEDOUT, true);
}

uint64_t proving_deadline(const struct session *session)
{
	uint64_t deadline_ns = SESSION_NO_DEADLINE;

	for (uint32_t i = 0; i < SESSION_CONNECTIONS; i++)
		if (session->landings[i].state == LANDING_PROVING &&
		    session->landings[i].until_ns < deadline_ns)
			deadline_ns = session->landings[i].until_ns;
	return deadline_ns;
}

void proving_drop_caught(struct step *step, uint32_t keep)
{
	struct session *session = step->session;

	for (uint32_t i = SESSION_CAUGHT_BASE; i < SESSION_CONNECTIONS; i++) {
		if (i == keep || session->landings[i].state == LANDING_NONE)
			continue;
		session->landings[i].state = LANDING_NONE;
		step_act(step, SESSION_ACTION_RESET, i);
	}
}

bool proving_has_tuple(const struct session *session, uint32_t number)
{
	for (uint32_t i = SESSION_CAUGHT_BASE; i < SESSION_CONNECTIONS; i++)
		if (session->landings[i].state != LANDING_NONE &&
		    midair_endpoint_equal(&session->landings[i].remote,
					  &session->config.peers[number]))
			return true;
	return false;
}

void session_candidate(struct step *step)
{
	const struct midair_endpoint *remote = &step->event->remote;
	struct session *session = step->session;
	uint32_t number = session->config.n_peers;

	if (!is_open(session) || number == SESSION_PATHS_MAX || !bytes_is_reachable(remote))
		return;
	for (uint32_t i = 0; i < number; i++)
		if (midair_endpoint_equal(&session->config.peers[i], remote))
			return;
	session->config.peers[number] = *remote;
	session->config.n_peers++;
	if (number > 0)
		step_report(step, &(struct midair_event){
					  .type = MIDAIR_EVENT_CANDIDATE,
					  .remote = *remote,
				  });
	if (session->is_started)
		path_dial(step, number);
}

bool session_is_named(const struct session *session, uint32_t connection)
{
	const struct landing *landing = &session->landings[connection];

	return landing->is_relayed || has_named_address(session, &landing->remote);
}

uint32_t session_expendable(const struct session *session)
{
	uint32_t expendable = SESSION_CONNECTIONS;
	bool is_named = false;

	for (uint32_t i = SESSION_CAUGHT_BASE; i < SESSION_CONNECTIONS; i++) {
		const struct landing *landing = &session->landings[i];
		bool is_peers = session_is_named(session, i);

		if (landing->state == LANDING_NONE)
			continue;
		if (expendable == SESSION_CONNECTIONS || (is_named && !is_peers) ||
		    (is_named == is_peers &&
		     landing->landed_ns < session->landings[expendable].landed_ns)) {
			expendable = i;
			is_named = is_peers;
		}
	}
	return is_named ? SESSION_CONNECTIONS : expendable;
}
