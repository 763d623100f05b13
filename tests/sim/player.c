/* SPDX-License-Identifier: MIT */
/*
 * The glue between the engine and the virtual kernel. It does what src/lib/session_sockets.c does
 * with a real one, in the same order: keep the two alike.
 */
#include <errno.h>

#include "tests/sim/world.h"

#define SECOND_NS INT64_C(1000000000)
/* The limit of redial.h allows the burst and the first dial of each path on top of the rate. */
#define BUCKET_LIMIT ((int64_t)(REDIAL_BURST + SESSION_PATHS_MAX) * SECOND_NS)

static void feed(struct node *node, struct session_event *event);

static struct tcp_socket *socket_of(struct node *node, uint32_t connection)
{
	int number = node->player.sockets[connection];

	return number == TCP_NO_SOCKET ? NULL : &node->tcp.sockets[number];
}

static void close_connection(struct node *node, uint32_t connection)
{
	int *number = &node->player.sockets[connection];

	if (*number != TCP_NO_SOCKET)
		tcp_close(&node->tcp, *number);
	*number = TCP_NO_SOCKET;
	node->player.is_proving[connection] = false;
}

/* The client's hello is its proof; the server's flight is the answer, to one connection alone. */
static void authenticate(struct node *node, uint32_t connection)
{
	struct player *player = &node->player;

	player->is_proving[connection] = true;
	if (!player->is_server)
		tcp_send(&node->tcp, player->sockets[connection],
			 (uint16_t)(HELLO_BYTES + player->key));
	/* what has come before it was asked for */
	net_wake(node->world, node->number);
}

static bool is_doubled(const struct node *node, const struct midair_endpoint *remote)
{
	for (int i = 0; i < node->tcp.n_ever; i++) {
		const struct tcp_socket *other = &node->tcp.sockets[i];

		if (other->state == TCP_SYN_SENT && other->local.port == node->player.port &&
		    midair_endpoint_equal(&other->remote, remote))
			return true;
	}
	return false;
}

/* What leaks out of the bucket between two instants, by the rates that redial.h documents. */
static int64_t leaked(const struct player *player, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t change_ns = player->start_ns + REDIAL_EARLY_NS;
	uint64_t early_ns = (to_ns < change_ns ? to_ns : change_ns) -
			    (from_ns < change_ns ? from_ns : change_ns);

	return (int64_t)(early_ns * REDIAL_RATE +
			 (to_ns - from_ns - early_ns) * REDIAL_LATE_RATE);
}

/* Counts a dial against the documented limit, whatever the engine's own book-keeping says. */
static void watch_rate(struct player *player, uint64_t now_ns)
{
	uint64_t last_ns =
		player->bucket_ns > player->start_ns ? player->bucket_ns : player->start_ns;

	player->bucket -= leaked(player, last_ns, now_ns);
	if (player->bucket < 0)
		player->bucket = 0;
	player->bucket += SECOND_NS;
	player->bucket_ns = now_ns;
	if (player->bucket > BUCKET_LIMIT)
		player->is_too_fast = true;
	player->n_dials++;
}

static void dial(struct node *node, uint32_t number)
{
	struct player *player = &node->player;
	const struct midair_endpoint *peer = &player->session.config.peers[number];
	struct session_event event = {.type = SESSION_EVENT_DIALLED, .connection = number};
	int result;

	if (is_doubled(node, peer))
		player->has_doubled = true;
	result = tcp_connect(&node->tcp, player->port, peer);
	if (result >= 0) {
		player->sockets[number] = result;
		event.local = node->tcp.sockets[result].local;
		watch_rate(player, node->world->now_ns);
	} else {
		event.type = SESSION_EVENT_UNSENT;
		event.result = result;
	}
	feed(node, &event);
}

static void adopt(struct node *node, uint32_t connection)
{
	struct player *player = &node->player;
	const struct tcp_socket *socket = socket_of(node, connection);

	player->n_adopted++;
	if (!socket)
		return;
	player->adopted = player->sockets[connection];
	player->adopted_iss = socket->iss;
	player->adopted_irs = socket->irs;
	if (player->is_server && player->is_proving[connection] && socket->out_bytes == 0)
		tcp_send(&node->tcp, player->adopted, (uint16_t)(FLIGHT_BYTES + player->key));
	player->is_proving[connection] = false;
	player->sockets[connection] = TCP_NO_SOCKET;
}

static void stop_listening(struct node *node)
{
	struct player *player = &node->player;

	for (int i = 0; i < N_LISTENERS; i++) {
		if (player->listeners[i] != TCP_NO_SOCKET)
			tcp_close(&node->tcp, player->listeners[i]);
		player->listeners[i] = TCP_NO_SOCKET;
	}
}

/* The program frees its session as soon as it has what it wants. */
static void close_all(struct node *node)
{
	for (uint32_t i = 0; i < N_CONNECTIONS; i++)
		close_connection(node, i);
	stop_listening(node);
}

static void report(struct node *node, const struct midair_event *event)
{
	struct player *player = &node->player;
	uint64_t now_ns = node->world->now_ns;

	trace_event(&node->world->trace, now_ns, node->name, event);
	if (event->type == MIDAIR_EVENT_LANDED)
		player->n_landed++;
	if (event->type == MIDAIR_EVENT_STRANGER)
		player->n_strangers++;
	if (event->type == MIDAIR_EVENT_UNPROVEN)
		player->n_unproven++;
	if (event->type != MIDAIR_EVENT_CONNECTED && event->type != MIDAIR_EVENT_FAILED)
		return;
	player->end = *event;
	player->end_ns = now_ns;
	player->n_ends++;
}

static void look(struct node *node, uint32_t connection)
{
	struct session_event event = {
		.type = SESSION_EVENT_HALF_OPEN,
		.connection = connection,
	};
	const struct tcp_socket *socket = socket_of(node, connection);

	if (socket && socket->state == TCP_SYN_RECV)
		feed(node, &event);
}

static void execute(struct node *node, const struct session_action *action)
{
	switch (action->type) {
	case SESSION_ACTION_DIAL:
		dial(node, action->connection);
		break;
	case SESSION_ACTION_LOOK:
		look(node, action->connection);
		break;
	case SESSION_ACTION_AUTHENTICATE:
		authenticate(node, action->connection);
		break;
	case SESSION_ACTION_RESET:
		close_connection(node, action->connection);
		break;
	case SESSION_ACTION_ADOPT:
		adopt(node, action->connection);
		break;
	case SESSION_ACTION_STOP_LISTENING:
		stop_listening(node);
		break;
	case SESSION_ACTION_REPORT:
		report(node, &action->report);
		break;
	}
}

static void fix_pauses(struct node *node)
{
	struct session *session = &node->player.session;

	for (uint32_t i = 0; i < session->config.n_peers; i++) {
		struct path *path = &session->paths[i];

		if (path->state == PATH_PAUSING && path->redial_ns > node->world->now_ns)
			path->redial_ns = node->world->now_ns + node->player.fixed_pause_ns;
	}
}

static void feed(struct node *node, struct session_event *event)
{
	struct session_update update;

	event->now_ns = node->world->now_ns;
	session_step(&node->player.session, event, &update);
	/* the session overwrites its last action rather than the memory behind it */
	if (update.n_actions >= SESSION_ACTIONS_MAX)
		node->player.is_overfull = true;
	if (node->player.fixed_pause_ns)
		fix_pauses(node);
	for (uint32_t i = 0; i < update.n_actions; i++)
		execute(node, &update.actions[i]);
}

static enum midair_refusal refusal_of(int result)
{
	switch (-result) {
	case ECONNREFUSED:
	case ECONNRESET:
		return MIDAIR_REFUSED_BY_RESET;
	case ETIMEDOUT:
		return MIDAIR_REFUSED_BY_SILENCE;
	default:
		return MIDAIR_REFUSED_BY_UNREACHABLE;
	}
}

static void landed(struct node *node, enum session_event_type type, uint32_t connection)
{
	const struct tcp_socket *socket = socket_of(node, connection);
	struct session_event event = {
		.type = type,
		.connection = connection,
		.local = socket->local,
		.remote = socket->remote,
		.crossing = socket->crossing,
		.round_trip_us = socket->round_trip_us,
	};

	/* As in src/lib: on a crossing the kernel times from our SYN-ACK, which is no round trip. */
	if (event.crossing == MIDAIR_CROSSED && socket->n_retransmitted == 0)
		event.round_trip_us = 0;
	feed(node, &event);
}

static void dial_ready(struct node *node, uint32_t number)
{
	const struct tcp_socket *socket = socket_of(node, number);
	struct session_event event = {.type = SESSION_EVENT_REFUSED, .connection = number};

	if (socket->state == TCP_ESTABLISHED) {
		landed(node, SESSION_EVENT_LANDED, number);
	} else if (socket->state == TCP_DEAD) {
		event.result = socket->error;
		event.refusal = refusal_of(socket->error);
		close_connection(node, number);
		feed(node, &event);
	}
}

static void connection_ended(struct node *node, uint32_t connection)
{
	const struct tcp_socket *socket = socket_of(node, connection);
	struct session_event event = {.type = SESSION_EVENT_LOST, .connection = connection};

	if (socket->state != TCP_DEAD)
		return;
	event.result = socket->error;
	feed(node, &event);
}

/* What has come says who is at the other end. */
static void judge(struct node *node, uint32_t connection)
{
	struct player *player = &node->player;
	const struct tcp_socket *socket = socket_of(node, connection);
	uint32_t proof = (player->is_server ? HELLO_BYTES : FLIGHT_BYTES) + player->key;
	struct session_event event = {.connection = connection};

	if (socket->state == TCP_DEAD) {
		connection_ended(node, connection);
		return;
	}
	if (socket->in_bytes == 0 ||
	    (player->is_hasty && socket->out_bytes != 0 && socket->timer_ns != TCP_NO_TIMER))
		return;
	event.type = SESSION_EVENT_PROVEN;
	if (socket->in_bytes != proof) {
		event.type = SESSION_EVENT_UNPROVEN;
		event.result = MIDAIR_E_AUTHENTICATION;
	}
	feed(node, &event);
}

/* For ablation: the peer is answered wherever it shows, and we decide later. */
static void answer_all(struct node *node)
{
	struct player *player = &node->player;

	for (uint32_t i = 0; i < N_CONNECTIONS; i++) {
		struct tcp_socket *socket = socket_of(node, i);

		if (player->is_proving[i] && socket->out_bytes == 0 &&
		    socket->in_bytes == HELLO_BYTES + player->key)
			tcp_send(&node->tcp, player->sockets[i],
				 (uint16_t)(FLIGHT_BYTES + player->key));
	}
}

static uint32_t make_room(struct node *node)
{
	struct session_event event = {
		.type = SESSION_EVENT_UNPROVEN,
		.connection = session_expendable(&node->player.session),
		.result = MIDAIR_E_LIMIT,
	};

	if (event.connection < N_CONNECTIONS)
		feed(node, &event);
	return event.connection;
}

uint32_t player_take(struct node *node, int number)
{
	struct player *player = &node->player;
	uint32_t i = SESSION_CAUGHT_BASE;

	while (i < N_CONNECTIONS && player->sockets[i] != TCP_NO_SOCKET)
		i++;
	if (i == N_CONNECTIONS)
		i = make_room(node);
	if (i == N_CONNECTIONS) {
		tcp_close(&node->tcp, number);
		return 0;
	}
	player->sockets[i] = number;
	landed(node, SESSION_EVENT_CAUGHT, i);
	return i;
}

static void listener_ready(struct node *node, int listener)
{
	while (node->player.end.type == MIDAIR_EVENT_NONE) {
		int number = tcp_accept(&node->tcp, listener);

		if (number == TCP_NO_SOCKET)
			return;
		player_take(node, number);
	}
}

static bool is_settling_on(const struct player *player, uint32_t connection)
{
	return player->session.phase == SESSION_SETTLING && player->session.best == connection;
}

static void look_at_connections(struct node *node)
{
	for (uint32_t i = 0; i < N_CONNECTIONS; i++) {
		if (node->player.sockets[i] == TCP_NO_SOCKET)
			continue;
		if (node->player.is_proving[i])
			judge(node, i);
		else if (i >= SESSION_CAUGHT_BASE || is_settling_on(&node->player, i))
			connection_ended(node, i);
		else
			dial_ready(node, i);
	}
}

static void finish_if_over(struct node *node)
{
	if (node->player.end.type != MIDAIR_EVENT_NONE)
		close_all(node);
}

void player_wake(struct node *node)
{
	struct player *player = &node->player;

	player->is_woken = false;
	if (player->adopted != TCP_NO_SOCKET &&
	    node->tcp.sockets[player->adopted].state == TCP_DEAD)
		player->was_lost = true;
	if (!player->is_playing || player->end.type != MIDAIR_EVENT_NONE)
		return;
	if (player->is_hasty && player->is_server)
		answer_all(node);
	look_at_connections(node);
	for (int i = 0; i < N_LISTENERS; i++) {
		if (player->listeners[i] != TCP_NO_SOCKET)
			listener_ready(node, player->listeners[i]);
	}
	finish_if_over(node);
}

void player_time(struct node *node)
{
	struct session_event event = {.type = SESSION_EVENT_TIME};

	feed(node, &event);
	finish_if_over(node);
}

uint64_t player_deadline(const struct player *player)
{
	if (!player->is_playing || player->end.type != MIDAIR_EVENT_NONE)
		return SESSION_NO_DEADLINE;
	return session_deadline(&player->session);
}

static bool names_family(const struct player *player, enum midair_family family)
{
	const struct session_config *config = &player->session.config;

	for (uint32_t i = 0; i < config->n_peers; i++) {
		if (config->peers[i].family == family)
			return true;
	}
	return false;
}

void player_prepare(struct node *node)
{
	struct player *player = &node->player;

	player->is_playing = true;
	for (int i = 0; i < N_LISTENERS && player->is_listening; i++) {
		enum midair_family family = i == 0 ? MIDAIR_IPV4 : MIDAIR_IPV6;
		/* who may come from anywhere may come over any family */
		bool is_wanted =
			player->session.config.is_from_anywhere || names_family(player, family);
		int listener =
			is_wanted ? tcp_listen(&node->tcp, i, player->port) : TCP_NO_SOCKET;

		player->listeners[i] = listener < 0 ? TCP_NO_SOCKET : listener;
	}
}

void player_start(struct node *node)
{
	struct session_event event = {.type = SESSION_EVENT_START};

	if (node->player.end.type != MIDAIR_EVENT_NONE)
		return;
	feed(node, &event);
	finish_if_over(node);
}

void player_candidates(struct node *node)
{
	struct player *player = &node->player;

	for (size_t i = 0; i < player->n_candidates; i++) {
		struct session_event event = {
			.type = SESSION_EVENT_CANDIDATE,
			.remote = player->candidates[i],
		};

		if (player->end.type == MIDAIR_EVENT_NONE)
			feed(node, &event);
	}
	finish_if_over(node);
}
