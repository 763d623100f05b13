/* SPDX-License-Identifier: MIT */
#include "serve/relay_list.h"

struct relay *relay_take(struct server *server)
{
	struct relays *relays = &server->relays;
	struct relay *relay = relay_at(server, relays->free);
	uint32_t generation;

	if (relay != NULL)
		relays->free = relay->older;
	else if (relays->table != NULL && relays->n_touched < SERVE_RELAYS_MAX)
		relay = &relays->table[relays->n_touched++];
	if (relay == NULL)
		return NULL;
	generation = relay->generation + 1;
	*relay = (struct relay){.generation = generation};
	for (int i = 0; i < 2; i++)
		relay->ways[i].pipe_fds[0] = relay->ways[i].pipe_fds[1] = -1;
	return relay;
}

void relay_give(struct server *server, struct relay *relay)
{
	relay->generation++; /* events that are still in hand are not its next user's */
	relay->older = server->relays.free;
	server->relays.free = relay_number(server, relay) + 1;
}

void relay_list_add(struct worker *worker, struct relay *relay)
{
	uint32_t name = relay_number(worker->server, relay) + 1;
	struct relay *before = relay_at(worker->server, worker->relays.newest);

	relay->older = worker->relays.newest;
	relay->newer = 0;
	if (before != NULL)
		before->newer = name;
	worker->relays.newest = name;
}

static void forget_due(struct worker *worker, struct relay *relay)
{
	uint32_t name = relay_number(worker->server, relay) + 1;
	uint32_t *at = &worker->relays.due;

	while (relay->is_due && *at != 0) {
		if (*at == name) {
			*at = relay->next_due;
			relay->is_due = false;
			break;
		}
		at = &relay_at(worker->server, *at)->next_due;
	}
}

void relay_list_remove(struct worker *worker, struct relay *relay)
{
	struct relay *older = relay_at(worker->server, relay->older);
	struct relay *newer = relay_at(worker->server, relay->newer);

	forget_due(worker, relay);
	if (relay->resume_ms != 0)
		worker->relays.n_resting--;
	if (older != NULL)
		older->newer = relay->newer;
	if (newer != NULL)
		newer->older = relay->older;
	else
		worker->relays.newest = relay->older;
}

void relay_list_make_due(struct worker *worker, struct relay *relay)
{
	if (relay->resume_ms != 0)
		worker->relays.n_resting--;
	relay->resume_ms = 0;
	if (relay->is_due)
		return;
	relay->is_due = true;
	relay->next_due = worker->relays.due;
	worker->relays.due = relay_number(worker->server, relay) + 1;
}

void relay_list_rest(struct worker *worker, struct relay *relay, uint64_t resume_ms)
{
	if (relay->resume_ms == 0)
		worker->relays.n_resting++;
	relay->resume_ms = resume_ms;
}
