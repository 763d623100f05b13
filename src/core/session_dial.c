/* SPDX-License-Identifier: MIT */
/* A path's way: dial, hold, be refused, pause, dial again. See session.h. */
#include "core/address_kind.h"
#include "core/session_internal.h"

#include <errno.h>

/* A dial that this machine cannot send (no route, the tuple is taken) may become possible: a
 * link comes up, a socket in TIME_WAIT goes. Tried this often, for this long. */
#define UNSENT_PAUSE_NS	   UINT64_C(20000000)
#define UNSENT_PATIENCE_NS UINT64_C(2000000000)
/* A refusal within this time is a neighbour's; after so many tries it is believed. */
#define NEAR_NS	   UINT64_C(500000)
#define NEAR_TRIES 16u
/* Long enough for a handshake over any path, even with one packet lost (RFC 6298: 1 s). */
#define LISTENER_PATIENCE_NS UINT64_C(1300000000)

/* A held dial is looked at now and then. One that the peer's SYN has met (SYN_RECV) should be
 * established a moment later; when it is not, for several repetitions of its SYN-ACK, then a box
 * on the way has lost track: it refused the peer's repeated SYN, the peer redialled with a new
 * number, and nobody takes a SYN-ACK with the old one any more. Only a new SYN helps. */
#define LOOK_PAUSE_NS	      UINT64_C(1000000000)
#define HALF_OPEN_PATIENCE_NS UINT64_C(5000000000)

static void wait_for_tuple(struct step *step, struct path *path)
{
	path->state = PATH_PAUSING;
	path->redial_ns = step->event->now_ns + UNSENT_PAUSE_NS +
			  random_below(&step->session->random, UNSENT_PAUSE_NS);
}

void path_dial(struct step *step, uint32_t number)
{
	if (proving_has_tuple(step->session, number)) {
		wait_for_tuple(step, &step->session->paths[number]);
		return;
	}
	step->session->paths[number].state = PATH_OPENING;
	step_act(step, SESSION_ACTION_DIAL, number);
}

void path_dialled(struct step *step)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;
	struct path *path = &session->paths[event->connection];

	if (path->state != PATH_OPENING)
		return;
	path->state = PATH_DIALLING;
	path->local = event->local;
	path->dialled_ns = event->now_ns;
	path->look_ns = event->now_ns + LOOK_PAUSE_NS;
	path->half_open_since_ns = 0;
	path->result = 0;
	path->tries++;
	step_report(step, &(struct midair_event){
				  .type = MIDAIR_EVENT_DIAL,
				  .local = event->local,
				  .remote = session->config.peers[event->connection],
				  .try_number = path->tries,
			  });
}

int session_common_result(const struct session *session)
{
	int result = session->paths[0].result;

	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		if (session->paths[i].result == MIDAIR_E_REFUSED)
			return MIDAIR_E_REFUSED;
		if (session->paths[i].result == 0)
			return 0;
		if (session->paths[i].result != result)
			result = MIDAIR_E_NO_PATH;
	}
	return result;
}

void path_give_up(struct step *step, uint32_t number, int result)
{
	struct session *session = step->session;

	session->paths[number].state = PATH_DEAD;
	session->paths[number].result = result;
	session->landings[number].state = LANDING_NONE;
	if (session->config.is_authenticated) {
		session_check_paths(step);
		return;
	}
	for (uint32_t i = 0; i < session->config.n_peers; i++)
		if (session->paths[i].state != PATH_DEAD)
			return;
	/* A connection that the listener caught may still be settling. */
	if (session->phase == SESSION_SETTLING)
		landing_settled(step);
	else
		session_fail(step, session_common_result(session));
}

static bool is_icmp(enum midair_refusal refusal)
{
	return refusal == MIDAIR_REFUSED_BY_UNREACHABLE || refusal == MIDAIR_REFUSED_BY_FILTER;
}

/* The tokens of both ends come at the same instants when both began at one. Several paths take
 * them in turn: with the stretch that redial.h gives, which is made for one path, an address's
 * turn at one end may never overlap its turn at the other. */
static uint64_t out_of_step_ns(struct step *step, uint64_t pause_ns)
{
	return pause_ns > REDIAL_QUICK_PAUSE_NS ? random_below(&step->session->random, pause_ns)
						: 0;
}

void path_pause(struct step *step, uint32_t number)
{
	struct session *session = step->session;
	struct path *path = &session->paths[number];
	uint64_t now_ns = step->event->now_ns;

	path->state = PATH_PAUSING;
	if (is_icmp(step->event->refusal))
		path->redial_ns =
			redial_urgent_pause_ns(&session->redial, now_ns, &session->random);
	else
		path->redial_ns = redial_pause_ns(&session->redial, now_ns, &session->random);
	if (session->config.is_authenticated && session->config.n_peers > 1)
		path->redial_ns += out_of_step_ns(step, path->redial_ns);
	path->redial_ns += now_ns;
}

static void report_refusal(struct step *step, enum midair_refusal refusal)
{
	const struct session_event *event = step->event;
	const struct path *path = &step->session->paths[event->connection];
	bool was_sent = path->state == PATH_DIALLING;

	step_report(step,
		    &(struct midair_event){
			    .type = MIDAIR_EVENT_REFUSED,
			    .remote = step->session->config.peers[event->connection],
			    .refusal = refusal,
			    .result = event->result,
			    .try_number = path->tries,
			    .elapsed_ns =
				    was_sent ? (int64_t)(event->now_ns - path->dialled_ns) : 0,
		    });
}

/* EADDRNOTAVAIL is no answer that ONCE has to respect: the tuple is taken, perhaps by the peer's
 * own SYN, whose handshake with our listener is still under way. */
static bool is_hopeless(const struct session *session, const struct path *path,
			const struct session_event *event)
{
	bool is_once = (session->config.flags & MIDAIR_ONCE) != 0;

	return (is_once && event->result != -EADDRNOTAVAIL) ||
	       event->now_ns - path->unsent_since_ns >= UNSENT_PATIENCE_NS;
}

/* The peer's SYN that came between two dials reached our listener, whose SYN-ACK has another
 * number than the SYN that went out before: a NAT may swallow it, and the handshake that never
 * ends keeps the tuple from us. An honest one is over by now. */
static void free_tuple(struct step *step, const struct path *path)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;

	if (event->result != -EADDRNOTAVAIL || session->has_stopped_listening ||
	    (session->config.flags & MIDAIR_NO_LISTEN) != 0 ||
	    event->now_ns - path->taken_since_ns < LISTENER_PATIENCE_NS)
		return;
	session->has_stopped_listening = true;
	step_act(step, SESSION_ACTION_STOP_LISTENING, event->connection);
}

void path_unsent(struct step *step)
{
	const struct session_event *event = step->event;
	struct session *session = step->session;
	struct path *path = &session->paths[event->connection];

	if (path->result == 0)
		path->unsent_since_ns = event->now_ns;
	/* The same answer 50 times a second is told once. */
	if (path->result != event->result) {
		path->taken_since_ns = event->now_ns;
		report_refusal(step, MIDAIR_REFUSED_LOCALLY);
	}
	path->result = event->result;
	if (is_hopeless(session, path, event)) {
		path_give_up(step, event->connection, event->result);
		return;
	}
	free_tuple(step, path);
	wait_for_tuple(step, path);
}

/* Not this machine's own addresses, where the peer may be about to listen; nor a carrier's, where
 * a NAT may stand between, which refuses for the peer. */
static bool is_of_neighbour(const struct midair_endpoint *endpoint)
{
	enum address_kind kind = address_kind(endpoint);

	return (kind == ADDRESS_PRIVATE && !address_is_of_carrier(endpoint)) ||
	       kind == ADDRESS_LINK;
}

/* A neighbour's refusal: no NAT refuses here what the peer's listener would have taken, so the
 * peer is elsewhere, and this candidate must not use up the SYNs that the others need. */
static void slow_down_near(struct step *step, uint32_t number)
{
	const struct session *session = step->session;
	struct path *path = &step->session->paths[number];

	if (session->config.is_authenticated && session->config.n_peers > 1 &&
	    path->state == PATH_PAUSING && path->tries > NEAR_TRIES &&
	    is_of_neighbour(&session->config.peers[number]) &&
	    step->event->now_ns - path->dialled_ns < NEAR_NS)
		path->redial_ns +=
			UNSENT_PAUSE_NS + random_below(&step->session->random, UNSENT_PAUSE_NS);
}

void path_refused(struct step *step)
{
	uint32_t number = step->event->connection;

	report_refusal(step, step->event->refusal);
	if ((step->session->config.flags & MIDAIR_ONCE) != 0)
		path_give_up(step, number, MIDAIR_E_REFUSED);
	else
		path_pause(step, number);
	slow_down_near(step, number);
}

void path_half_open(struct step *step)
{
	const struct session_event *event = step->event;
	struct path *path = &step->session->paths[event->connection];

	if (path->state != PATH_DIALLING)
		return;
	if (path->half_open_since_ns == 0)
		path->half_open_since_ns = event->now_ns;
	if (event->now_ns - path->half_open_since_ns < HALF_OPEN_PATIENCE_NS)
		return;
	step_act(step, SESSION_ACTION_RESET, event->connection);
	report_refusal(step, MIDAIR_REFUSED_BY_SILENCE);
	path_pause(step, event->connection);
}

static bool is_look_due(const struct step *step, const struct path *path)
{
	return path->state == PATH_DIALLING && step->event->now_ns >= path->look_ns &&
	       (step->session->config.flags & MIDAIR_ONCE) == 0;
}

void path_time(struct step *step, uint32_t number)
{
	struct path *path = &step->session->paths[number];

	if (is_look_due(step, path)) {
		path->look_ns = step->event->now_ns + LOOK_PAUSE_NS;
		step_act(step, SESSION_ACTION_LOOK, number);
	}

	if (path->state == PATH_PAUSING && step->event->now_ns >= path->redial_ns)
		path_dial(step, number);
}
