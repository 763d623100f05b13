/* SPDX-License-Identifier: MIT */
/*
 * Twenty thousand worlds, each from one seed. In every one of them, whatever it is:
 *
 *	each side ends once, in time; adopts at most one connection, to a named peer, not itself;
 *	never two SYNs for one 4-tuple; never more SYNs than redial.h's limit allows.
 *
 * And where the model promises a way (random_world.h), the two hold one and the same connection.
 *
 *	test_sim_worlds [--seeds N] [--from N]
 *	test_sim_worlds --seed N [--trace]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/random_world.h"

#define N_SEEDS 20000u
/* Above this it is no longer one bug but a landslide. */
#define N_SHOWN 10

struct tally {
	uint32_t n_worlds, n_promised, n_met, n_two_families, n_apart, n_half, n_wrong;
};

static bool is_named(const struct player *player, const struct midair_endpoint *remote)
{
	const struct session_config *config = &player->session.config;

	for (uint32_t i = 0; i < config->n_peers; i++) {
		struct midair_endpoint peer = config->peers[i];

		if (config->flags & MIDAIR_ANY_PORT)
			peer.port = remote->port;
		if (midair_endpoint_equal(&peer, remote))
			return true;
	}
	return false;
}

/* What must hold for each side, always. */
static const char *complaint_of_player(const struct player *player)
{
	bool is_connected = player->end.type == MIDAIR_EVENT_CONNECTED;
	uint64_t latest_ns =
		player->start_ns + player->session.config.timeout_ns + player->latency_ns;

	if (player->n_ends != 1)
		return player->n_ends ? "ended twice" : "never ended";
	if (player->end_ns > latest_ns)
		return "ended past the deadline";
	if (player->n_adopted != (is_connected ? 1u : 0u))
		return "adopted another number of connections than it reported";
	if (is_connected && !is_named(player, &player->end.remote))
		return "adopted somebody else";
	if (is_connected && midair_endpoint_equal(&player->end.local, &player->end.remote))
		return "adopted itself";
	if (player->has_doubled)
		return "sent two SYNs for one 4-tuple";
	if (player->is_overfull)
		return "led to more actions than there is room for";
	if (player->is_too_fast)
		return "sent more SYNs than the limit allows";
	return NULL;
}

static bool has_connected(const struct world *world, uint32_t node)
{
	return world->nodes[node].player.end.type == MIDAIR_EVENT_CONNECTED;
}

static const char *complaint(const struct world *world, const struct random_world *plan,
			     struct tally *tally)
{
	const struct player *a = &world->nodes[NODE_A].player;
	const struct player *b = &world->nodes[NODE_B].player;
	bool is_both = has_connected(world, NODE_A) && has_connected(world, NODE_B);
	bool is_one = has_connected(world, NODE_A) != has_connected(world, NODE_B);
	const char *wrong = complaint_of_player(a);

	if (world->is_overflowing)
		return "the world did not come to rest";
	if (!wrong)
		wrong = complaint_of_player(b);
	tally->n_worlds++;
	tally->n_promised += plan->is_promised;
	tally->n_met += world_is_joined(world);
	tally->n_two_families += plan->has_two_families && is_both;
	tally->n_apart += is_both && !world_is_joined(world);
	tally->n_half += is_one;
	if (wrong || !plan->is_promised)
		return wrong;
	if (!is_both)
		return is_one ? "promised, but only one connected" : "promised, but none";
	if (!world_is_joined(world))
		return "promised, and each connected, but not to each other";
	if (a->was_lost || b->was_lost)
		return "promised and met, but the connection was lost again";
	return NULL;
}

static bool run(struct world *world, uint64_t seed, struct tally *tally)
{
	struct random_world plan;
	char text[RANDOM_WORLD_TEXT_SIZE];
	const char *wrong;

	world_run(world, random_world(world, &plan, seed));
	wrong = complaint(world, &plan, tally);
	if (wrong && tally->n_wrong++ < N_SHOWN)
		printf("FAILED  --seed %" PRIu64 ": %s\n        %s\n", seed, wrong,
		       random_world_format(world, &plan, text));
	if (world->trace.is_on)
		printf("%s\n\n%s", random_world_format(world, &plan, text), world->trace.text);
	return !wrong;
}

static void print_tally(const struct tally *tally)
{
	printf("%u worlds, %u promised, %u met, %u with two families; of the others, %u where "
	       "only one side connected, %u where the sides adopted different connections; "
	       "%u wrong\n",
	       tally->n_worlds, tally->n_promised, tally->n_met, tally->n_two_families,
	       tally->n_half, tally->n_apart, tally->n_wrong);
}

int main(int n_arguments, char **arguments)
{
	struct world *world = world_new();
	struct tally tally = {.n_worlds = 0};
	uint64_t first = 1;
	uint64_t n_seeds = N_SEEDS;

	for (int i = 1; i < n_arguments; i++) {
		const char *value = i + 1 < n_arguments ? arguments[i + 1] : "0";

		if (strcmp(arguments[i], "--trace") == 0) {
			world->trace.is_on = true;
		} else if (strcmp(arguments[i], "--seeds") == 0) {
			n_seeds = strtoull(value, NULL, 10);
		} else if (strcmp(arguments[i], "--from") == 0) {
			first = strtoull(value, NULL, 10);
		} else if (strcmp(arguments[i], "--seed") == 0) {
			first = strtoull(value, NULL, 10);
			n_seeds = 1;
		}
	}
	for (uint64_t seed = first; seed < first + n_seeds; seed++)
		run(world, seed, &tally);
	print_tally(&tally);
	world_free(world);
	return tally.n_wrong == 0 && tally.n_worlds == n_seeds ? EXIT_SUCCESS : EXIT_FAILURE;
}
