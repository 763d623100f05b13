/* SPDX-License-Identifier: MIT */
/* The way of a segment: host, box, link, box, host. */
#include "tests/sim/world.h"

/* From a host to itself. */
#define LOOPBACK_NS UINT64_C(10000)

void world_put(struct world *world, const struct queue_item *item)
{
	if (!queue_put(&world->queue, item))
		world->is_overflowing = true;
}

void net_wake(struct world *world, uint32_t number)
{
	struct player *player = &world->nodes[number].player;

	if (player->is_woken)
		return;
	player->is_woken = true;
	world_put(world, &(struct queue_item){
				 .type = QUEUE_WAKE,
				 .when_ns = world->now_ns + player->latency_ns,
				 .node = number,
			 });
}

static bool is_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	struct midair_endpoint x = *a;

	x.port = b->port;
	return midair_endpoint_equal(&x, b);
}

static bool has_address(const struct midair_endpoint *addresses,
			const struct midair_endpoint *endpoint)
{
	for (int i = 0; i < TCP_ADDRESSES; i++) {
		if (is_same_address(&addresses[i], endpoint))
			return true;
	}
	return false;
}

/* N_NODES for nobody's address. */
static uint32_t node_at(const struct world *world, const struct midair_endpoint *endpoint)
{
	uint32_t i = 0;

	while (i < N_NODES && !has_address(world->nodes[i].outer, endpoint))
		i++;
	return i;
}

void net_transit(struct world *world, uint32_t from, const struct segment *segment)
{
	/* 40 bytes of header, in a frame: what a rate is for */
	const size_t n_bytes = 60;
	uint32_t to = node_at(world, &segment->destination);
	struct queue_item item = {.type = QUEUE_ARRIVAL, .node = to, .from = from};

	if (to == N_NODES || to == from) {
		trace_wire(&world->trace, world->now_ns, world->nodes[from].name, "?", segment,
			   "to nobody");
		return;
	}
	item.segment = *segment;
	switch (wire_shaper_step(&world->links[from][to], world->now_ns, n_bytes,
				 &item.when_ns)) {
	case WIRE_SHAPE_SEND:
		world_put(world, &item);
		break;
	case WIRE_SHAPE_LOSE:
	case WIRE_SHAPE_OVERFLOW:
		trace_wire(&world->trace, world->now_ns, world->nodes[from].name,
			   world->nodes[to].name, segment, "lost");
		break;
	}
}

static void loop_back(struct world *world, uint32_t number, const struct segment *segment)
{
	world_put(world, &(struct queue_item){
				 .type = QUEUE_LOOPBACK,
				 .when_ns = world->now_ns + LOOPBACK_NS,
				 .node = number,
				 .segment = *segment,
			 });
}

/* The router's ICMP error about a segment, from box. */
static struct segment error_about(const struct segment *segment,
				  const struct midair_endpoint *box)
{
	struct segment error = {
		.kind = SEGMENT_ICMP_ERROR,
		.error = SEGMENT_ERROR_HOST,
		.source = *box,
		.destination = segment->source,
		.sequence = segment->sequence,
		.about_source = segment->source,
		.about_destination = segment->destination,
	};

	error.source.port = 0;
	error.destination.port = 0;
	return error;
}

void net_send(struct world *world, uint32_t from, const struct segment *segment)
{
	struct node *node = &world->nodes[from];
	struct segment out = *segment;

	if (has_address(node->tcp.addresses, &segment->destination)) {
		loop_back(world, from, segment);
		return;
	}
	switch (nat_step(node->nat, world->now_ns, NAT_OUTBOUND, &out)) {
	case NAT_FORWARD:
		net_transit(world, from, &out);
		break;
	case NAT_FORWARD_INSIDE:
		loop_back(world, from, &out);
		break;
	case NAT_DROP:
	case NAT_ANSWER_RESET:
	case NAT_ANSWER_UNREACHABLE:
		trace_wire(&world->trace, world->now_ns, node->name, "?", segment,
			   "not let out");
		break;
	}
}

void net_arrive(struct world *world, const struct queue_item *item)
{
	struct node *node = &world->nodes[item->node];
	const char *from = world->nodes[item->from].name;
	struct segment in = item->segment;
	struct segment answer;
	const char *fate = "";
	enum nat_verdict verdict = nat_step(node->nat, world->now_ns, NAT_INBOUND, &in);

	if (verdict == NAT_ANSWER_RESET)
		fate = "answered with RST";
	else if (verdict == NAT_ANSWER_UNREACHABLE)
		fate = "answered with ICMP unreachable";
	else if (verdict == NAT_DROP)
		fate = "dropped";
	trace_wire(&world->trace, world->now_ns, from, node->name, &item->segment, fate);
	switch (verdict) {
	case NAT_FORWARD:
	case NAT_FORWARD_INSIDE:
		node->tcp.now_ns = world->now_ns;
		tcp_receive(&node->tcp, &in);
		break;
	case NAT_DROP:
		break;
	case NAT_ANSWER_RESET:
		if (segment_answer_reset(&in, &answer))
			net_transit(world, item->node, &answer);
		break;
	case NAT_ANSWER_UNREACHABLE:
		answer = error_about(&in, &in.destination);
		net_transit(world, item->node, &answer);
		break;
	}
}
