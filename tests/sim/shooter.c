/* SPDX-License-Identifier: MIT */
#include "tests/sim/shooter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

struct shooter *shooter_new(void)
{
	struct shooter *shooter = malloc(sizeof(*shooter));

	if (!shooter)
		abort();
	return shooter;
}

void shooter_reset(struct shooter *shooter, const struct volley_config *config,
		   uint16_t first_port)
{
	volley_init(&shooter->volley, config);
	shooter->is_over = false;
	shooter->start_ns = 0;
	shooter->first_port = first_port;
	shooter->n_listeners = 0;
	shooter->n_syns = 0;
	shooter->n_open_most = 0;
	memset(shooter->sockets, 0xff, sizeof(shooter->sockets));
	memset(shooter->dials, 0xff, sizeof(shooter->dials));
	memset(shooter->landed, 0xff, sizeof(shooter->landed));
	memset(shooter->is_listening, 0, sizeof(shooter->is_listening));
}

static void tell(struct node *node, enum volley_event_type type, uint32_t dial, int result);

static void listen_on(struct node *node, uint32_t port)
{
	struct shooter *shooter = node->shooter;
	int listener;

	if (port == 0 || shooter->is_listening[port - 1])
		return;
	listener = tcp_listen(&node->tcp, 0, (uint16_t)(shooter->first_port + port));
	if (listener < 0)
		return;
	shooter->is_listening[port - 1] = true;
	shooter->listeners[shooter->n_listeners++] = listener;
}

static void dial(struct node *node, const struct volley_action *action)
{
	struct shooter *shooter = node->shooter;
	uint16_t port = action->port == 0 ? node->player.port
					  : (uint16_t)(shooter->first_port + action->port);
	int number;

	if (shooter->volley.config.side.listens)
		listen_on(node, action->port);
	number = tcp_connect(&node->tcp, port, &action->remote);
	shooter->n_syns++;
	if (number < 0) {
		tell(node, VOLLEY_EVENT_UNSENT, action->dial, number);
		return;
	}
	shooter->sockets[action->dial] = number;
	shooter->dials[number] = (uint16_t)action->dial;
}

static void forget(struct shooter *shooter, uint32_t number)
{
	if (shooter->sockets[number] != TCP_NO_SOCKET)
		shooter->dials[shooter->sockets[number]] = SHOOTER_NOBODY;
	shooter->sockets[number] = TCP_NO_SOCKET;
}

static void close_dial(struct node *node, uint32_t number)
{
	int socket = node->shooter->sockets[number];

	forget(node->shooter, number);
	if (socket != TCP_NO_SOCKET)
		tcp_close(&node->tcp, socket);
}

static void end(struct node *node)
{
	struct shooter *shooter = node->shooter;

	shooter->is_over = true;
	for (uint32_t i = 0; i < shooter->volley.n_begun; i++)
		close_dial(node, i);
	for (int i = 0; i < shooter->n_listeners; i++)
		tcp_close(&node->tcp, shooter->listeners[i]);
	shooter->n_listeners = 0;
}

static void execute(struct node *node, const struct volley_action *action)
{
	switch (action->type) {
	case VOLLEY_ACTION_DIAL:
		dial(node, action);
		break;
	case VOLLEY_ACTION_CLOSE:
		close_dial(node, action->dial);
		break;
	case VOLLEY_ACTION_END:
		end(node);
		break;
	}
}

static void tell(struct node *node, enum volley_event_type type, uint32_t number, int result)
{
	struct shooter *shooter = node->shooter;
	struct volley_event event = {
		.type = type,
		.now_ns = node->world->now_ns,
		.dial = number,
		.result = result,
	};
	struct volley_update update;

	volley_step(&shooter->volley, &event, &update);
	for (uint32_t i = 0; i < update.n_actions; i++) {
		execute(node, &update.actions[i]);
	}
	if (shooter->volley.n_open > shooter->n_open_most)
		shooter->n_open_most = shooter->volley.n_open;
}

void shooter_replace(struct node *node, const struct volley_config *config, uint16_t first_port)
{
	struct shooter *shooter = node->shooter;
	uint32_t n_syns = shooter->n_syns;

	tell(node, VOLLEY_EVENT_STOP, 0, 0);
	shooter_reset(shooter, config, first_port);
	shooter->volley.n_syns = n_syns;
	shooter->n_syns = n_syns;
}

void shooter_time(struct node *node)
{
	enum volley_event_type type =
		node->shooter->volley.is_started ? VOLLEY_EVENT_TIME : VOLLEY_EVENT_START;

	tell(node, type, 0, 0);
}

uint64_t shooter_deadline(const struct node *node)
{
	const struct shooter *shooter = node->shooter;

	if (!shooter || shooter->is_over)
		return VOLLEY_NO_DEADLINE;
	return shooter->volley.is_started ? volley_deadline(&shooter->volley)
					  : shooter->start_ns;
}

static void hand_over(struct node *node, int number, uint32_t dial_number)
{
	struct shooter *shooter = node->shooter;
	uint32_t connection = player_take(node, number);

	if (dial_number == SHOOTER_NOBODY)
		return;
	forget(shooter, dial_number);
	tell(node, VOLLEY_EVENT_LANDED, dial_number, 0);
	if (connection == 0)
		tell(node, VOLLEY_EVENT_REFUSED, dial_number, 0);
	else if (node->player.sockets[connection] != TCP_NO_SOCKET)
		shooter->landed[connection] = (uint16_t)dial_number;
}

static void look_at(struct node *node, int number)
{
	struct shooter *shooter = node->shooter;
	struct tcp_socket *socket = &node->tcp.sockets[number];
	uint32_t dial_number = shooter->dials[number];
	bool is_ours = dial_number != SHOOTER_NOBODY && shooter->sockets[dial_number] == number;

	if (is_ours && socket->state == TCP_DEAD) {
		int result = socket->error;

		forget(shooter, dial_number);
		tcp_close(&node->tcp, number);
		tell(node, VOLLEY_EVENT_REFUSED, dial_number, result);
	} else if (is_ours && socket->state == TCP_ESTABLISHED) {
		hand_over(node, number, dial_number);
	} else if (socket->local.port != node->player.port &&
		   tcp_accept_child(&node->tcp, number)) {
		hand_over(node, number, SHOOTER_NOBODY);
	}
}

/* Connections that the session has dropped again. */
static void look_at_landed(struct node *node)
{
	struct shooter *shooter = node->shooter;

	for (uint32_t i = 0; i < N_CONNECTIONS; i++) {
		uint16_t number = shooter->landed[i];

		if (number == SHOOTER_NOBODY || node->player.sockets[i] != TCP_NO_SOCKET)
			continue;
		shooter->landed[i] = SHOOTER_NOBODY;
		tell(node, VOLLEY_EVENT_REFUSED, number, 0);
	}
}

void shooter_wake(struct node *node)
{
	struct shooter *shooter = node->shooter;
	struct tcp_host *host = &node->tcp;

	if (!shooter)
		return;
	for (int i = 0; i < host->n_changed && !shooter->is_over; i++) {
		host->sockets[host->changed[i]].is_changed = false;
		if (node->player.end.type == MIDAIR_EVENT_NONE)
			look_at(node, host->changed[i]);
	}
	for (int i = 0; i < host->n_changed; i++)
		host->sockets[host->changed[i]].is_changed = false;
	host->n_changed = 0;
	if (shooter->is_over)
		return;
	if (node->player.end.type != MIDAIR_EVENT_NONE)
		tell(node, VOLLEY_EVENT_STOP, 0, 0);
	else
		look_at_landed(node);
}
