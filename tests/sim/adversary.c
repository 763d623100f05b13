/* SPDX-License-Identifier: MIT */
/* Somebody else on the same internet, who means no good. */
#include "tests/sim/world.h"

/* Its ports, so that each try is a new 4-tuple. */
#define FIRST_PORT  20000u
#define FOREIGN_KEY 99u

static void connect_to_victim(struct world *world)
{
	struct adversary *adversary = &world->adversary;
	const struct node *victim = &world->nodes[adversary->victim];
	struct node *self = &world->nodes[NODE_ADVERSARY];
	struct midair_endpoint target =
		world_outer(world, adversary->victim, MIDAIR_IPV4, victim->player.port);
	/* the socket of a few tries ago makes room */
	int old = (int)(adversary->n_sent % 8);

	if (self->tcp.sockets[old].state != TCP_FREE)
		tcp_close(&self->tcp, old);
	self->tcp.now_ns = world->now_ns;
	tcp_connect(&self->tcp, (uint16_t)(FIRST_PORT + adversary->n_sent % 4000), &target);
}

void adversary_wake(struct world *world)
{
	struct tcp_host *host = &world->nodes[NODE_ADVERSARY].tcp;
	enum adversary_speech speech = world->adversary.speech;

	for (int i = 0; i < host->n_ever; i++) {
		struct tcp_socket *socket = &host->sockets[i];

		if (socket->state != TCP_ESTABLISHED || socket->out_bytes != 0)
			continue;
		if (speech == SPEECH_HELLO)
			tcp_send(host, i, HELLO_BYTES + FOREIGN_KEY);
		else if (speech == SPEECH_ECHO && socket->in_bytes != 0)
			tcp_send(host, i, socket->in_bytes);
	}
}

/* Knows everything about the connection but its sequence numbers. */
static struct segment forged(struct world *world)
{
	uint32_t victim = world->adversary.victim;
	uint32_t peer = victim == NODE_A ? NODE_B : NODE_A;
	uint16_t port = world->nodes[victim].player.port;

	return (struct segment){
		.kind = SEGMENT_TCP,
		.source = world_outer(world, peer, MIDAIR_IPV4, port),
		.destination = world_outer(world, victim, MIDAIR_IPV4, port),
		.flags = SEGMENT_RST | SEGMENT_ACK,
		.sequence = (uint32_t)random_next(&world->random),
		.acknowledgement = (uint32_t)random_next(&world->random),
	};
}

static void forge_error(struct world *world, uint32_t sequence)
{
	struct segment about = forged(world);
	struct segment error = {
		.kind = SEGMENT_ICMP_ERROR,
		.error = SEGMENT_ERROR_HOST,
		.source = world_outer(world, NODE_ADVERSARY, MIDAIR_IPV4, 0),
		.destination = about.destination,
		.sequence = sequence,
		.about_source = about.destination,
		.about_destination = about.source,
	};

	error.destination.port = 0;
	net_transit(world, NODE_ADVERSARY, &error);
}

/* A router on the way sees the SYN's number, and its errors are honest: a route that flaps. */
static void complain(struct world *world)
{
	const struct node *victim = &world->nodes[world->adversary.victim];

	for (int i = 0; i < victim->tcp.n_ever; i++) {
		if (victim->tcp.sockets[i].state == TCP_SYN_SENT)
			forge_error(world, victim->tcp.sockets[i].iss);
	}
}

void adversary_step(struct world *world)
{
	struct adversary *adversary = &world->adversary;
	struct segment reset;

	switch (adversary->kind) {
	case ADVERSARY_STRANGER:
		connect_to_victim(world);
		break;
	case ADVERSARY_RESETS:
		reset = forged(world);
		net_transit(world, NODE_ADVERSARY, &reset);
		break;
	case ADVERSARY_ERRORS:
		forge_error(world, (uint32_t)random_next(&world->random));
		break;
	case ADVERSARY_ROUTER:
		complain(world);
		break;
	case N_ADVERSARY_KINDS:
		break;
	}
	adversary->n_sent++;
	if (world->now_ns + adversary->pause_ns < adversary->until_ns)
		world_put(world, &(struct queue_item){
					 .type = QUEUE_ADVERSARY,
					 .when_ns = world->now_ns + adversary->pause_ns,
					 .node = NODE_ADVERSARY,
				 });
}
