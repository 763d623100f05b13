/* SPDX-License-Identifier: MIT */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A guard against a world that never comes to rest. */
#define EVENTS_LIMIT 4000000u
#define REST_NS	     UINT64_C(3000000000)

static const struct {
	const char *name;
	const char *inner[TCP_ADDRESSES];
	const char *outer[TCP_ADDRESSES];
} places[N_NODES] = {
	{"a",
	 {"10.0.0.2:1", "[2001:db8:a::2]:1", "[fd00:a::2]:1"},
	 {"203.0.113.1:1", "[2001:db8:a::2]:1", "[fd00:a::2]:1"}},
	{"b",
	 {"192.168.1.2:1", "[2001:db8:b::2]:1", "[fd00:b::2]:1"},
	 {"198.51.100.1:1", "[2001:db8:b::2]:1", "[fd00:b::2]:1"}},
	{"x",
	 {"192.0.2.66:1", "[2001:db8:c::66]:1", "[fd00:c::66]:1"},
	 {"192.0.2.66:1", "[2001:db8:c::66]:1", "[fd00:c::66]:1"}},
};

struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		abort();
	for (uint32_t i = 0; i < N_NODES; i++) {
		world->nodes[i].nat = malloc(nat_size());
		if (!world->nodes[i].nat)
			abort();
	}
	return world;
}

struct world *world_free(struct world *world)
{
	if (world)
		for (uint32_t i = 0; i < N_NODES; i++)
			free(world->nodes[i].nat);
	free(world);
	return NULL;
}

static struct midair_endpoint parse(const char *text)
{
	struct midair_endpoint endpoint;

	if (midair_endpoint_parse(&endpoint, text))
		abort();
	return endpoint;
}

static void host_sends(void *context, const struct segment *segment)
{
	struct node *node = context;

	net_send(node->world, node->number, segment);
}

static void host_wakes(void *context)
{
	struct node *node = context;

	net_wake(node->world, node->number);
}

static void reset_node(struct world *world, uint32_t number)
{
	static const struct nat_behavior public_host = {.is_public = true};
	struct node *node = &world->nodes[number];
	struct nat *nat = node->nat;

	memset(node, 0, sizeof(*node));
	node->nat = nat;
	node->name = places[number].name;
	node->world = world;
	node->number = number;
	node->player.adopted = TCP_NO_SOCKET;
	for (int i = 0; i < N_LISTENERS; i++)
		node->player.listeners[i] = TCP_NO_SOCKET;
	for (uint32_t i = 0; i < N_CONNECTIONS; i++)
		node->player.sockets[i] = TCP_NO_SOCKET;
	tcp_init(&node->tcp, random_next(&world->random));
	node->tcp.send = host_sends;
	node->tcp.wake = host_wakes;
	node->tcp.context = node;
	world_set_box(world, number, &public_host);
}

void world_reset(struct world *world, uint64_t seed)
{
	static const struct wire_direction instant = {.delay_ns = 0};

	world->now_ns = 0;
	world->n_events = 0;
	world->is_overflowing = false;
	world->adversary = (struct adversary){.pause_ns = 0};
	world->trace.n_bytes = 0;
	world->trace.text[0] = '\0';
	random_init(&world->random, seed);
	queue_init(&world->queue);
	for (uint32_t i = 0; i < N_NODES; i++) {
		reset_node(world, i);
		for (uint32_t k = 0; k < N_NODES; k++)
			world_set_link(world, i, k, &instant);
	}
}

void world_set_box(struct world *world, uint32_t number, const struct nat_behavior *behavior)
{
	static const struct midair_endpoint none = {.family = MIDAIR_FAMILY_NONE};
	struct node *node = &world->nodes[number];
	bool is_translated = !behavior->is_public && !behavior->is_firewall;

	node->behavior = *behavior;
	for (int i = 0; i < TCP_ADDRESSES; i++) {
		node->outer[i] = parse(places[number].outer[i]);
		node->tcp.addresses[i] =
			is_translated ? parse(places[number].inner[i]) : node->outer[i];
	}
	/* IPv6 is filtered, never translated */
	nat_init(node->nat, behavior, &node->outer[0], &none, random_next(&world->random));
}

void world_set_link(struct world *world, uint32_t from, uint32_t to,
		    const struct wire_direction *direction)
{
	wire_shaper_init(&world->links[from][to], direction, random_next(&world->random));
}

static struct midair_endpoint pick(const struct midair_endpoint *addresses,
				   enum midair_family family, uint16_t port)
{
	struct midair_endpoint endpoint = addresses[family == MIDAIR_IPV4 ? 0 : 1];

	endpoint.port = port;
	return endpoint;
}

struct midair_endpoint world_outer(const struct world *world, uint32_t node,
				   enum midair_family family, uint16_t port)
{
	return pick(world->nodes[node].outer, family, port);
}

struct midair_endpoint world_second(const struct world *world, uint32_t node, uint16_t port)
{
	struct midair_endpoint endpoint = world->nodes[node].outer[2];

	endpoint.port = port;
	return endpoint;
}

struct midair_endpoint world_inner(const struct world *world, uint32_t node,
				   enum midair_family family, uint16_t port)
{
	return pick(world->nodes[node].tcp.addresses, family, port);
}

void world_play(struct world *world, uint32_t number, const struct player_config *config)
{
	struct player *player = &world->nodes[number].player;
	bool is_late = config->candidates_ns != 0;
	size_t n_known = is_late ? config->n_known : config->n_peers;
	struct session_config session = {
		.n_peers = (uint32_t)n_known,
		.flags = config->flags,
		.is_authenticated = config->is_authenticated,
		.is_from_anywhere = config->is_authenticated,
		.patience_ns = is_late ? 2 * config->candidates_ns : 0,
		.timeout_ns = config->timeout_ns,
		.seed = random_next(&world->random),
	};

	for (size_t i = 0; i < config->n_peers; i++) {
		if (i < n_known)
			session.peers[i] = config->peers[i];
		else
			player->candidates[player->n_candidates++] = config->peers[i];
	}
	player->is_server = config->is_server;
	player->key = config->key;
	session_init(&player->session, &session);
	player->is_listening = !(config->flags & MIDAIR_NO_LISTEN);
	player->port = config->port;
	player->start_ns = config->start_ns;
	world_put(world, &(struct queue_item){
				 .type = QUEUE_PREPARE,
				 .when_ns = config->start_ns > config->wait_ns
						    ? config->start_ns - config->wait_ns
						    : 0,
				 .node = number,
			 });
	world_put(world, &(struct queue_item){
				 .type = QUEUE_START,
				 .when_ns = config->start_ns,
				 .node = number,
			 });
	if (is_late)
		world_put(world, &(struct queue_item){
					 .type = QUEUE_CANDIDATES,
					 .when_ns = config->start_ns + config->candidates_ns,
					 .node = number,
				 });
}

static void happen(struct world *world)
{
	struct queue_item item;
	struct node *node;

	queue_take(&world->queue, &item);
	node = &world->nodes[item.node];
	node->tcp.now_ns = world->now_ns;
	switch (item.type) {
	case QUEUE_ARRIVAL:
		net_arrive(world, &item);
		break;
	case QUEUE_LOOPBACK:
		tcp_receive(&node->tcp, &item.segment);
		break;
	case QUEUE_WAKE:
		player_wake(node);
		shooter_wake(node);
		if (item.node == NODE_ADVERSARY)
			adversary_wake(world);
		break;
	case QUEUE_PREPARE:
		player_prepare(node);
		break;
	case QUEUE_START:
		player_start(node);
		break;
	case QUEUE_CANDIDATES:
		player_candidates(node);
		break;
	case QUEUE_ADVERSARY:
		adversary_step(world);
		break;
	}
}

static void run_timers(struct world *world)
{
	for (uint32_t i = 0; i < N_NODES; i++) {
		struct node *node = &world->nodes[i];

		node->tcp.now_ns = world->now_ns;
		if (tcp_deadline(&node->tcp) <= world->now_ns)
			tcp_run_timers(&node->tcp);
		if (player_deadline(&node->player) <= world->now_ns) {
			player_time(node);
			shooter_wake(node);
		}
		if (shooter_deadline(node) <= world->now_ns)
			shooter_time(node);
	}
}

static uint64_t next_ns(const struct world *world)
{
	const struct queue_item *first = queue_first(&world->queue);
	uint64_t next = first ? first->when_ns : UINT64_MAX;

	for (uint32_t i = 0; i < N_NODES; i++) {
		uint64_t kernel_ns = tcp_deadline(&world->nodes[i].tcp);
		uint64_t player_ns = player_deadline(&world->nodes[i].player);
		uint64_t shooter_ns = shooter_deadline(&world->nodes[i]);

		next = kernel_ns < next ? kernel_ns : next;
		next = player_ns < next ? player_ns : next;
		next = shooter_ns < next ? shooter_ns : next;
	}
	return next;
}

/* When both are done the world goes on for a while: what was adopted must still stand. */
static uint64_t rest_ns(const struct world *world, uint64_t until_ns)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;
	uint64_t end_ns = a->end_ns > b->end_ns ? a->end_ns : b->end_ns;

	if (a->end.type == MIDAIR_EVENT_NONE || b->end.type == MIDAIR_EVENT_NONE)
		return until_ns;
	return end_ns + REST_NS < until_ns ? end_ns + REST_NS : until_ns;
}

void world_run(struct world *world, uint64_t until_ns)
{
	while (world->n_events++ < EVENTS_LIMIT && !world->is_overflowing) {
		const struct queue_item *first = queue_first(&world->queue);
		uint64_t next = next_ns(world);

		if (next > rest_ns(world, until_ns))
			return;
		world->now_ns = next;
		if (first && first->when_ns == next)
			happen(world);
		else
			run_timers(world);
	}
	world->is_overflowing = true;
}

bool world_is_joined(const struct world *world)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;

	return a->adopted != TCP_NO_SOCKET && b->adopted != TCP_NO_SOCKET &&
	       a->adopted_iss == b->adopted_irs && a->adopted_irs == b->adopted_iss;
}
