/* SPDX-License-Identifier: MIT */
#include "tests/sim/scenario_world.h"

static void play(struct world *world, const struct scenario *scenario, uint32_t node,
		 uint64_t start_ns)
{
	uint32_t peer = node == NODE_A ? NODE_B : NODE_A;
	struct midair_endpoint remote =
		world_outer(world, peer, scenario->family, SCENARIO_PORT);

	world_play(world, node,
		   &(struct player_config){
			   .peers = &remote,
			   .n_peers = 1,
			   .flags = scenario->flags,
			   .port = SCENARIO_PORT,
			   .start_ns = start_ns,
			   .timeout_ns = scenario->timeout_ns,
		   });
}

uint64_t scenario_world(struct world *world, const struct scenario *scenario, uint64_t seed)
{
	struct wire_direction direction = {
		.delay_ns = scenario->rtt_ns / 2,
		.jitter_ns = scenario->jitter_ns,
		.loss_ppm = scenario->loss_ppm,
		.reorder_ppm = scenario->reorder_ppm,
		.rate_bit_per_s = scenario->rate_bit_per_s,
	};
	uint64_t a_ns = scenario->skew_ns < 0 ? (uint64_t)-scenario->skew_ns : 0;
	uint64_t b_ns = scenario->skew_ns > 0 ? (uint64_t)scenario->skew_ns : 0;

	world_reset(world, seed);
	world_set_box(world, NODE_A, &scenario->a);
	world_set_box(world, NODE_B, &scenario->b);
	world_set_link(world, NODE_A, NODE_B, &direction);
	world_set_link(world, NODE_B, NODE_A, &direction);
	play(world, scenario, NODE_A, a_ns);
	play(world, scenario, NODE_B, b_ns);
	return (a_ns > b_ns ? a_ns : b_ns) + scenario->timeout_ns + UINT64_C(1000000000);
}

static uint64_t own_time_ns(const struct player *player)
{
	return player->end_ns - player->start_ns;
}

uint64_t scenario_later_ns(const struct world *world)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;

	if (a->start_ns != b->start_ns)
		return own_time_ns(a->start_ns > b->start_ns ? a : b);
	return own_time_ns(a) > own_time_ns(b) ? own_time_ns(a) : own_time_ns(b);
}

static const char *complaint_of_connect(const struct world *world,
					const struct scenario *scenario)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;

	if (a->end.type != MIDAIR_EVENT_CONNECTED || b->end.type != MIDAIR_EVENT_CONNECTED)
		return "not connected";
	if (!world_is_joined(world))
		return "each connected, but not to each other";
	if (a->was_lost || b->was_lost)
		return "the connection was lost again";
	if (scenario->within_ns && scenario_later_ns(world) > scenario->within_ns)
		return "connected too late";
	return NULL;
}

static bool failed_with(const struct player *player, int result)
{
	return player->end.type == MIDAIR_EVENT_FAILED && player->end.result == result;
}

const char *scenario_complaint(const struct world *world, const struct scenario *scenario)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;
	bool is_refused = failed_with(a, MIDAIR_E_REFUSED) && failed_with(b, MIDAIR_E_REFUSED);
	bool is_timeout = failed_with(a, MIDAIR_E_TIMEOUT) && failed_with(b, MIDAIR_E_TIMEOUT);

	switch (scenario->expectation) {
	case SCENARIO_CONNECT:
		return complaint_of_connect(world, scenario);
	case SCENARIO_REFUSED:
		return is_refused ? NULL : "not refused on both sides";
	case SCENARIO_TIMEOUT:
		return is_timeout ? NULL : "no timeout on both sides";
	case SCENARIO_FAILED:
		break;
	}
	return a->end.type == MIDAIR_EVENT_FAILED && b->end.type == MIDAIR_EVENT_FAILED
		       ? NULL
		       : "did not fail on both sides";
}
