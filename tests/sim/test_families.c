/* SPDX-License-Identifier: MIT */
/*
 * Two families and listeners at once: a connection may land on either family, as a dial or as a
 * caught one, in any order, and both ends must adopt the same. On a short path the redials are
 * rationed, so that the peer's SYN often comes in a pause and is caught.
 */
#include "tests/sim/scenario_world.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define US UINT64_C(1000)
#define MS (UINT64_C(1000) * US)

static struct world *world;

static int set_up(void **state)
{
	(void)state;
	world = world_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world = world_free(world);
	return 0;
}

static void set_box(uint32_t node, const char *words)
{
	struct nat_behavior behavior;

	assert_int_equal(nat_behavior_parse(&behavior, words), 0);
	world_set_box(world, node, &behavior);
}

static void play(uint32_t node, uint32_t peer, uint64_t start_ns)
{
	struct midair_endpoint peers[] = {
		world_outer(world, peer, MIDAIR_IPV6, SCENARIO_PORT),
		world_outer(world, peer, MIDAIR_IPV4, SCENARIO_PORT),
	};

	world->nodes[node].player.latency_ns = 50 * US;
	world_play(world, node,
		   &(struct player_config){
			   .peers = peers,
			   .n_peers = 2,
			   .port = SCENARIO_PORT,
			   .start_ns = start_ns,
			   .timeout_ns = 5000 * MS,
		   });
}

static bool meets(const char *a, const char *b, uint64_t skew_ns, uint64_t seed)
{
	struct wire_direction direction = {.delay_ns = 700 * US, .jitter_ns = 300 * US};

	world_reset(world, seed);
	set_box(NODE_A, a);
	set_box(NODE_B, b);
	world_set_link(world, NODE_A, NODE_B, &direction);
	world_set_link(world, NODE_B, NODE_A, &direction);
	play(NODE_A, NODE_B, 0);
	play(NODE_B, NODE_A, skew_ns);
	world_run(world, 10000 * MS);
	return world_is_joined(world);
}

static void both_ends_adopt_the_same_connection(void **state)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{"public", "rst"}, {"public", "firewall/rst"}, {"public", "public"},
		{"rst", "rst"},	   {"eif/rst", "eif/rst"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		for (uint64_t seed = 1; seed <= 100; seed++)
			if (!meets(rows[i].a, rows[i].b, 450 * MS + seed * 130 * US, seed))
				fail_msg("a=%s b=%s, seed %d", rows[i].a, rows[i].b, (int)seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_adopt_the_same_connection),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
