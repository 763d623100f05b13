/* SPDX-License-Identifier: MIT */
/*
 * Worlds in which every connection must prove itself. In every one of them, whatever the network,
 * the boxes, the jitter, the adversaries and the number of addresses:
 *
 *	each side ends once, in time, and adopts at most one connection;
 *	who adopts has proof: the peer with the same key, never a stranger, an echo, or itself;
 *	role B adopts only the connection that role A has adopted: if both connect, it is to each
 *	other, without exception;
 *	never two SYNs for one 4-tuple; never more SYNs than redial.h's limit allows.
 *
 * Where the model promises a way (random_world.h), both connect. That role A alone connects cannot
 * be excluded (its answer, or the end of the session, may be lost), only that it happens where
 * a way is promised.
 *
 *	test_sim_authentication [--seeds N] [--from N]
 *	test_sim_authentication --seed N [--trace]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/random_world.h"

#define N_SEEDS 3000u
/* A mistake that shows in 4 of 10,000 worlds. */
#define N_ABLATED 10000u
#define N_SHOWN	  10

struct tally {
	uint32_t n_worlds, n_promised, n_met, n_unproven, n_only_a, n_wrong;
};

static bool has_connected(const struct player *player)
{
	return player->end.type == MIDAIR_EVENT_CONNECTED;
}

/* What must hold for each side, always. */
static const char *complaint_of_player(const struct player *player)
{
	uint64_t latest_ns =
		player->start_ns + player->session.config.timeout_ns + player->latency_ns;

	if (player->n_ends != 1)
		return player->n_ends ? "ended twice" : "never ended";
	if (player->end_ns > latest_ns)
		return "ended past the deadline";
	if (player->n_adopted != (has_connected(player) ? 1u : 0u))
		return "adopted another number of connections than it reported";
	if (player->has_doubled)
		return "sent two SYNs for one 4-tuple";
	if (player->is_overfull)
		return "led to more actions than there is room for";
	if (player->is_too_fast)
		return "sent more SYNs than the limit allows";
	return NULL;
}

/* Who adopts holds one end of a connection whose other end is the peer's program. */
static bool is_peers(const struct world *world, const struct player *player, uint32_t peer)
{
	const struct tcp_socket *socket =
		&world->nodes[player == &world->nodes[NODE_A].player ? NODE_A : NODE_B]
			 .tcp.sockets[player->adopted];
	const struct midair_endpoint *outer = world->nodes[peer].outer;
	bool is_its_address = false;

	for (int i = 0; i < TCP_ADDRESSES; i++) {
		struct midair_endpoint address = outer[i];

		address.port = socket->remote.port;
		is_its_address |= midair_endpoint_equal(&address, &socket->remote);
	}
	return is_its_address && player->key == world->nodes[peer].player.key;
}

static const char *complaint_of_both(const struct world *world, const struct random_world *plan)
{
	uint32_t role_b = plan->server == NODE_A ? NODE_B : NODE_A;
	const struct player *a = &world->nodes[plan->server].player;
	const struct player *b = &world->nodes[role_b].player;

	if (has_connected(a) && !is_peers(world, a, role_b))
		return "role A adopted somebody else";
	if (has_connected(b) && !is_peers(world, b, plan->server))
		return "role B adopted somebody else";
	if (has_connected(b) && !has_connected(a))
		return "role B connected, and role A did not";
	if (has_connected(b) && !world_is_joined(world))
		return "the two adopted different connections";
	if (!plan->is_promised)
		return NULL;
	if (!has_connected(b))
		return has_connected(a) ? "promised, but only role A connected"
					: "promised, but none";
	if (a->was_lost || b->was_lost)
		return "promised and met, but the connection was lost again";
	return NULL;
}

static const char *complaint(const struct world *world, const struct random_world *plan,
			     struct tally *tally)
{
	const struct player *a = &world->nodes[plan->server].player;
	const struct player *b = &world->nodes[1 - plan->server].player;
	const char *wrong = complaint_of_player(a);

	if (world->is_overflowing)
		return "the world did not come to rest";
	if (!wrong)
		wrong = complaint_of_player(b);
	tally->n_worlds++;
	tally->n_promised += plan->is_promised;
	tally->n_met += world_is_joined(world);
	tally->n_unproven += a->n_unproven + b->n_unproven;
	tally->n_only_a += has_connected(a) && !has_connected(b);
	return wrong ? wrong : complaint_of_both(world, plan);
}

static void run(struct world *world, uint64_t seed, struct tally *tally)
{
	struct random_world plan;
	char text[RANDOM_WORLD_TEXT_SIZE];
	const char *wrong;

	world_run(world, random_authenticated_world(world, &plan, seed));
	wrong = complaint(world, &plan, tally);
	if (wrong && tally->n_wrong++ < N_SHOWN)
		printf("FAILED  --seed %" PRIu64 ": %s\n        %s\n", seed, wrong,
		       random_world_format(world, &plan, text));
	if (world->trace.is_on)
		printf("%s\n\n%s", random_world_format(world, &plan, text), world->trace.text);
}

static bool is_apart(const struct world *world)
{
	return has_connected(&world->nodes[NODE_A].player) &&
	       has_connected(&world->nodes[NODE_B].player) && !world_is_joined(world);
}

/* The same with a role A that answers whoever proves itself, and decides afterwards. */
static bool is_apart_when_hasty(struct world *world, uint64_t seed)
{
	struct random_world plan;
	uint64_t until_ns = random_authenticated_world(world, &plan, seed);

	world->nodes[plan.server].player.is_hasty = true;
	world_run(world, until_ns);
	return is_apart(world);
}

/* The same with sessions that believe an address. */
static bool is_apart_when_credulous(struct world *world, uint64_t seed)
{
	struct random_world plan;
	uint64_t until_ns = random_authenticated_world(world, &plan, seed);

	for (uint32_t i = 0; i < NODE_ADVERSARY; i++) {
		struct session_config *config = &world->nodes[i].player.session.config;

		config->is_authenticated = config->is_from_anywhere = false;
	}
	world_run(world, until_ns);
	return is_apart(world);
}

/* What is promised must be the engine's doing and not the simulator's kindness. */
static bool ablate(struct world *world)
{
	uint32_t n_hasty = 0, n_credulous = 0;

	for (uint64_t seed = 1; seed <= N_ABLATED && (n_hasty == 0 || n_credulous == 0);
	     seed++) {
		n_hasty += is_apart_when_hasty(world, seed);
		if (seed <= N_ABLATED / 4)
			n_credulous += is_apart_when_credulous(world, seed);
	}
	printf("connected to different connections: %u when role A answers more than one, %u "
	       "without proofs\n",
	       n_hasty, n_credulous);
	return n_hasty > 0 && n_credulous > 0;
}

int main(int n_arguments, char **arguments)
{
	struct world *world = world_new();
	struct tally tally = {.n_worlds = 0};
	uint64_t first = 1;
	uint64_t n_seeds = N_SEEDS;
	bool is_right;

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
	printf("%u worlds, %u promised, %u met; %u connections were not the peer's; of the "
	       "others, %u where only role A connected; %u wrong\n",
	       tally.n_worlds, tally.n_promised, tally.n_met, tally.n_unproven, tally.n_only_a,
	       tally.n_wrong);
	is_right = tally.n_wrong == 0 && tally.n_worlds == n_seeds;
	if (n_seeds == N_SEEDS)
		is_right &= ablate(world);
	world_free(world);
	return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
