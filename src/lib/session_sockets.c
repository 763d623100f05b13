/* SPDX-License-Identifier: MIT */
#include "lib/session_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/socket.h"

#include <errno.h>

/* Connections taken off a listener in one go, so that a flood of strangers leaves time for the
 * dials. The listener stays readable: the next dispatch goes on. */
#define ACCEPT_BATCH 16

static enum midair_refusal refusal_of(int result)
{
	switch (-result) {
	case ECONNREFUSED:
	case ECONNRESET:
		return MIDAIR_REFUSED_BY_RESET;
	case ETIMEDOUT:
		return MIDAIR_REFUSED_BY_SILENCE;
	case EACCES:
	case EPERM:
		return MIDAIR_REFUSED_BY_FILTER;
	default:
		/* ENETUNREACH, EHOSTUNREACH, EPROTO, ENOPROTOOPT: what ICMP errors turn into. */
		return MIDAIR_REFUSED_BY_UNREACHABLE;
	}
}

static void tell_closed(struct midair_session *session, uint32_t connection)
{
	if (session->pairing_calls != NULL && session->pairing_calls->on_closed != NULL)
		session->pairing_calls->on_closed(session, connection);
}

static void close_connection(struct midair_session *session, uint32_t connection)
{
	if (session->fds[connection] >= 0)
		tell_closed(session, connection);
	prove_forget(session, connection);
	loop_forget(&session->loop, session->fds[connection]);
	session->fds[connection] = socket_close_reset(session->fds[connection]);
}

/* Opens, watches and dials; the descriptor is in its place before the SYN goes out. */
static int open_dial(struct midair_session *session, uint32_t number, uint64_t *sent_ns)
{
	const struct midair_endpoint *peer = &session->core.config.peers[number];
	uint32_t holder = holder_of(peer->family);
	int fd = take_fd(&session->prepared_fds[number]);
	int result;

	if (session->holder_fds[holder] < 0)
		return -EAFNOSUPPORT;
	if (fd < 0)
		fd = socket_open(&session->local[holder]);
	if (fd < 0)
		return fd;
	session->fds[number] = fd;
	/* Before, not after: a busy machine handles other packets within connect(). */
	*sent_ns = clock_now_ns();
	result = socket_dial(fd, peer);
	/* Watched after connect(): before it the socket polls as hung up. */
	return result == 0 ? loop_watch_dial(&session->loop, fd, number) : result;
}

static void dial(struct midair_session *session, uint32_t number)
{
	struct session_event event = {.type = SESSION_EVENT_DIALLED, .connection = number};

	event.result = open_dial(session, number, &event.now_ns);
	if (event.result == 0)
		event.result = socket_local(session->fds[number], &event.local);
	if (event.result != 0) {
		event.type = SESSION_EVENT_UNSENT;
		close_connection(session, number);
	}
	session_feed(session, &event);
}

static void adopt(struct midair_session *session, uint32_t connection)
{
	tell_closed(session, connection);
	loop_forget(&session->loop, session->fds[connection]);
	socket_restore(session->fds[connection]);
	if (session->core.config.is_authenticated)
		prove_adopt(session, connection);
	else
		session->adopted_fd = take_fd(&session->fds[connection]);
}

static void look(struct midair_session *session, uint32_t connection)
{
	struct session_event event = {
		.type = SESSION_EVENT_HALF_OPEN,
		.connection = connection,
	};

	if (session->fds[connection] >= 0 && socket_is_half_open(session->fds[connection]))
		session_feed(session, &event);
}

static void stop_listening(struct midair_session *session)
{
	for (uint32_t i = 0; i < N_HOLDERS; i++) {
		loop_forget(&session->loop, session->holder_fds[i]);
		socket_stop_listening(session->holder_fds[i]);
	}
}

static void execute(struct midair_session *session, const struct session_action *action)
{
	switch (action->type) {
	case SESSION_ACTION_DIAL:
		dial(session, action->connection);
		break;
	case SESSION_ACTION_LOOK:
		look(session, action->connection);
		break;
	case SESSION_ACTION_AUTHENTICATE:
		prove_start(session, action->connection);
		break;
	case SESSION_ACTION_RESET:
		close_connection(session, action->connection);
		break;
	case SESSION_ACTION_ADOPT:
		adopt(session, action->connection);
		break;
	case SESSION_ACTION_STOP_LISTENING:
		stop_listening(session);
		break;
	case SESSION_ACTION_REPORT:
		session_emit(session, &action->report);
		break;
	}
}

void session_feed(struct midair_session *session, struct session_event *event)
{
	struct session_update update;

	if (event->now_ns == 0)
		event->now_ns = clock_now_ns();
	session_step(&session->core, event, &update);
	for (uint32_t i = 0; i < update.n_actions; i++)
		execute(session, &update.actions[i]);
}

static void describe(struct session_event *event, const struct socket_facts *facts,
		     bool was_dialled)
{
	event->local = facts->local;
	event->remote = facts->remote;
	event->round_trip_us = facts->round_trip_us;
	event->crossing = was_dialled ? crossing_classify(&facts->counts) : MIDAIR_CAUGHT;
	/* On a crossing the kernel (6.18) times from our SYN-ACK to the peer's, which answers our
	 * SYN: less than a round trip, anything down to 0. */
	if (event->crossing == MIDAIR_CROSSED && facts->counts.retransmissions == 0)
		event->round_trip_us = 0;
}

/* Our dial was answered with a SYN-ACK by an address of this machine, at the port on which we
 * listen: it may be our own listener. */
static bool may_be_self(const struct midair_session *session, const struct session_event *event)
{
	return event->type == SESSION_EVENT_LANDED && event->crossing != MIDAIR_CROSSED &&
	       (session->config.flags & MIDAIR_NO_LISTEN) == 0 &&
	       event->local.port == event->remote.port &&
	       socket_is_local_address(&event->remote);
}

static void landed(struct midair_session *session, enum session_event_type type,
		   uint32_t connection)
{
	struct session_event event = {.type = type, .connection = connection};
	struct socket_facts facts;
	int fd = session->fds[connection];

	event.result = socket_facts(fd, &facts);
	if (event.result == 0)
		event.result = loop_watch_end(&session->loop, fd, connection);
	if (event.result != 0 && type == SESSION_EVENT_CAUGHT) {
		close_connection(session, connection);
		return;
	}
	if (event.result != 0) {
		/* Reset between our two looks. */
		close_connection(session, connection);
		event.type = SESSION_EVENT_REFUSED;
		event.refusal = MIDAIR_REFUSED_BY_RESET;
	} else {
		describe(&event, &facts, type == SESSION_EVENT_LANDED);
		event.may_be_self = may_be_self(session, &event);
	}
	session_feed(session, &event);
}

static void dial_ready(struct midair_session *session, uint32_t number)
{
	struct session_event event = {.type = SESSION_EVENT_REFUSED, .connection = number};
	int result = socket_outcome(session->fds[number]);

	if (result == -EINPROGRESS)
		return;
	if (result == 0) {
		landed(session, SESSION_EVENT_LANDED, number);
		return;
	}
	event.result = result;
	event.refusal = refusal_of(result);
	close_connection(session, number);
	session_feed(session, &event);
}

static void connection_ended(struct midair_session *session, uint32_t connection)
{
	struct session_event event = {.type = SESSION_EVENT_LOST, .connection = connection};

	event.result = socket_outcome(session->fds[connection]);
	if (event.result != 0)
		session_feed(session, &event);
}

static uint32_t free_caught(const struct midair_session *session)
{
	for (uint32_t i = SESSION_CAUGHT_BASE; i < N_CONNECTIONS; i++)
		if (session->fds[i] < 0)
			return i;
	return N_CONNECTIONS;
}

/* Strangers must not keep the peer out. */
static uint32_t make_room(struct midair_session *session)
{
	struct session_event event = {
		.type = SESSION_EVENT_UNPROVEN,
		.connection = session_expendable(&session->core),
		.result = MIDAIR_E_LIMIT,
	};

	if (event.connection < N_CONNECTIONS)
		session_feed(session, &event);
	return free_caught(session);
}

static bool is_taken(struct midair_session *session, int fd)
{
	return session->pairing_calls != NULL && session->pairing_calls->on_caught != NULL &&
	       session->pairing_calls->on_caught(session, fd);
}

static void listener_ready(struct midair_session *session, uint32_t holder)
{
	for (int i = 0; i < ACCEPT_BATCH && session->holder_fds[holder] >= 0; i++) {
		struct midair_endpoint remote;
		uint32_t connection;
		int fd = socket_accept(session->holder_fds[holder], &remote);

		if (fd == -EMFILE || fd == -ENFILE)
			/* It would stay readable, and we awake, for nothing: go on without it. */
			stop_listening(session);
		if (fd < 0)
			return;
		if (is_taken(session, fd))
			continue;
		connection = free_caught(session);
		if (connection == N_CONNECTIONS)
			connection = make_room(session);
		if (connection == N_CONNECTIONS) {
			socket_close_reset(fd);
			continue;
		}
		session->fds[connection] = fd;
		landed(session, SESSION_EVENT_CAUGHT, connection);
	}
}

uint32_t session_hand_over(struct midair_session *session, int fd, uint64_t dialled_ns)
{
	struct session_event event = {.type = SESSION_EVENT_CAUGHT,
				      .connection = N_CONNECTIONS};
	struct socket_facts facts;
	int result = session_is_over(session) ? MIDAIR_E_STATE : socket_facts(fd, &facts);

	if (result == 0)
		event.connection = free_caught(session);
	if (result == 0 && event.connection == N_CONNECTIONS)
		event.connection = make_room(session);
	if (event.connection == N_CONNECTIONS ||
	    loop_watch_end(&session->loop, fd, event.connection) != 0) {
		loop_forget(&session->loop, fd);
		socket_close_reset(fd);
		return N_CONNECTIONS;
	}
	session->fds[event.connection] = fd;
	describe(&event, &facts, dialled_ns != 0);
	event.now_ns = clock_now_ns();
	if (dialled_ns != 0 && event.round_trip_us == 0)
		event.round_trip_us = (uint32_t)((event.now_ns - dialled_ns) / 1000);
	session_feed(session, &event);
	return session->fds[event.connection] == fd ? event.connection : N_CONNECTIONS;
}

void session_add_relayed(struct midair_session *session, int fd, const uint8_t *bytes,
			 size_t size)
{
	struct session_event event = {.type = SESSION_EVENT_CAUGHT, .is_relayed = true};
	uint32_t connection = free_caught(session);
	struct socket_facts facts;

	if (connection == N_CONNECTIONS)
		connection = make_room(session);
	if (session_is_over(session) || connection == N_CONNECTIONS ||
	    socket_facts(fd, &facts) != 0 ||
	    loop_watch_end(&session->loop, fd, connection) != 0) {
		socket_close_reset(fd);
		return;
	}
	session->fds[connection] = fd;
	event.connection = connection;
	describe(&event, &facts, false);
	event.crossing = MIDAIR_CROSSING_UNKNOWN;
	session_feed(session, &event);
	if (session->fds[connection] == fd)
		prove_feed(session, connection, bytes, size);
}

static bool is_settling_on(const struct midair_session *session, uint32_t connection)
{
	return session->core.phase == SESSION_SETTLING && session->core.best == connection;
}

void session_on_descriptor(struct midair_session *session, uint32_t tag)
{
	if (tag >= PAIRING_TAG)
		session->pairing_calls->on_descriptor(session, tag - PAIRING_TAG);
	else if (tag >= HOLDER_TAG)
		listener_ready(session, tag - HOLDER_TAG);
	else if (session->fds[tag] < 0)
		return; /* closed by an earlier event of the same batch */
	else if (session->proofs[tag] != NULL)
		prove_on_descriptor(session, tag);
	else if (tag >= SESSION_CAUGHT_BASE || is_settling_on(session, tag))
		connection_ended(session, tag);
	else
		dial_ready(session, tag);
}

void session_close_all(struct midair_session *session)
{
	for (uint32_t i = 0; i < N_CONNECTIONS; i++)
		close_connection(session, i);
	for (uint32_t i = 0; i < SESSION_PATHS_MAX; i++)
		session->prepared_fds[i] = close_fd(session->prepared_fds[i]);
	for (uint32_t i = 0; i < N_HOLDERS; i++) {
		loop_forget(&session->loop, session->holder_fds[i]);
		session->holder_fds[i] = close_fd(session->holder_fds[i]);
	}
}
