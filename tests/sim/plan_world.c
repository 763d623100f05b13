/* SPDX-License-Identifier: MIT */
#include "tests/sim/plan_world.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/scenario_world.h"

#define MS UINT64_C(1000000)
/* Between the report of the last outer port and the peer's being introduced. */
#define REPORT_AGE_NS (100 * MS)
#define FRESH_PORTS   20000u

struct plan_worlds {
	struct world *world;
	struct shooter *shooters[2];
	uint64_t introduced_ns[2];
};

struct plan_worlds *plan_worlds_new(void)
{
	struct plan_worlds *worlds = malloc(sizeof(*worlds));

	if (!worlds)
		abort();
	worlds->world = world_new();
	for (int i = 0; i < 2; i++)
		worlds->shooters[i] = shooter_new();
	return worlds;
}

struct plan_worlds *plan_worlds_free(struct plan_worlds *worlds)
{
	worlds->world = world_free(worlds->world);
	for (int i = 0; i < 2; i++)
		free(worlds->shooters[i]);
	free(worlds);
	return NULL;
}

struct world *plan_worlds_last(struct plan_worlds *worlds)
{
	return worlds->world;
}

/* The connection to the server stands, and holds a mapping. Returns its outer endpoint. */
static struct midair_endpoint meet_server(struct world *world, uint32_t number,
					  enum midair_family family)
{
	struct midair_endpoint inner = world_inner(world, number, family, SCENARIO_PORT);
	struct midair_endpoint server = world_outer(world, NODE_ADVERSARY, family, 443);
	struct nat *nat = world->nodes[number].nat;
	struct segment syn = {
		.kind = SEGMENT_TCP,
		.flags = SEGMENT_SYN,
		.source = inner,
		.destination = server,
		.sequence = 1,
	};
	struct segment answer = {
		.kind = SEGMENT_TCP,
		.flags = SEGMENT_SYN | SEGMENT_ACK,
		.source = server,
		.sequence = 100,
		.acknowledgement = 2,
	};
	struct segment ack = syn;
	struct midair_endpoint outer;

	if (nat_step(nat, world->now_ns, NAT_OUTBOUND, &syn) != NAT_FORWARD)
		abort();
	outer = syn.source;
	answer.destination = outer;
	if (nat_step(nat, world->now_ns, NAT_INBOUND, &answer) != NAT_FORWARD)
		abort();
	ack.flags = SEGMENT_ACK;
	ack.sequence = 2;
	ack.acknowledgement = 101;
	if (nat_step(nat, world->now_ns, NAT_OUTBOUND, &ack) != NAT_FORWARD)
		abort();
	return outer;
}

/* The reports come one way to the server and back after the introduction. With a skew that is asked
 * for, the earlier side has the other one's report only after the other one's start. */
static uint64_t volley_start_ns(const struct plan_trial *trial, uint32_t number,
				uint64_t start_ns)
{
	uint64_t peer_start_ns = REPORT_AGE_NS + (number == NODE_A ? trial->skew_ns : 0);
	uint64_t report_ns = (trial->skew_ns ? peer_start_ns : start_ns) + trial->rtt_ns;

	return report_ns > start_ns ? report_ns : start_ns;
}

static struct volley_config config_of(struct world *world, const struct plan_trial *trial,
				      const struct plan_side *side,
				      const struct nat_report *peer)
{
	struct volley_config config = {
		.side = *side,
		.peer = peer->mapped,
		.timeout_ns = trial->timeout_ns,
		.n_volleys = trial->n_volleys,
		.seed = random_next(&world->random),
	};

	if (trial->is_impatient)
		config.side.wait_ms = 0;
	return config;
}

/* What a survey sees then: whatever the box lets in, a stranger is answered with RST. */
static void report_deaf(struct nat_report *report)
{
	if (report->filtering == REPORT_FILTERING_ENDPOINT_INDEPENDENT)
		report->reaction = REPORT_REACTION_RESET;
	report->filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
}

void plan_world_report(struct nat_report *report, const struct nat_behavior *behavior,
		       bool is_deaf, const struct midair_endpoint *local,
		       const struct midair_endpoint *mapped)
{
	nat_report_of_behavior(report, behavior, local, mapped);
	if (is_deaf)
		report_deaf(report);
}

static void play(struct plan_worlds *worlds, const struct plan_trial *trial, uint32_t number,
		 const struct nat_report reports[2], const struct plan_side *side)
{
	struct world *world = worlds->world;
	struct node *node = &world->nodes[number];
	struct volley_config config = config_of(world, trial, side, &reports[!number]);
	/* Introduced at once, but for what the ways to the server differ by: at most the way
	 * between the two. */
	uint64_t skew_ns = random_below(&world->random, trial->rtt_ns / 2 + 1);
	uint64_t start_ns = REPORT_AGE_NS + skew_ns;

	if (trial->skew_ns)
		start_ns = REPORT_AGE_NS + (number == NODE_B ? trial->skew_ns : 0);
	worlds->introduced_ns[number] = start_ns;
	world_play(world, number,
		   &(struct player_config){
			   .peers = &reports[!number].mapped,
			   .n_peers = 1,
			   .flags = trial->is_deaf[number] ? MIDAIR_NO_LISTEN : 0,
			   .port = SCENARIO_PORT,
			   .start_ns = start_ns + trial->hold_ns[number],
			   .wait_ns = trial->hold_ns[number],
			   .timeout_ns = trial->timeout_ns,
			   .is_authenticated = true,
			   .is_server = number == NODE_A,
			   .key = 1,
		   });
	if (side->targets == PLAN_TARGETS_NONE && trial->survey_ns == 0)
		return;
	shooter_reset(worlds->shooters[number], &config, FRESH_PORTS);
	node->shooter = worlds->shooters[number];
	node->shooter->start_ns =
		volley_start_ns(trial, number, start_ns) + trial->hold_ns[number];
}

static void forget_filters(struct nat_report reports[2])
{
	for (uint32_t i = 0; i < 2; i++) {
		reports[i].filtering = REPORT_FILTERING_UNKNOWN;
		reports[i].reaction = REPORT_REACTION_UNKNOWN;
		reports[i].syn_in = REPORT_UNKNOWN;
		reports[i].reset_closes = REPORT_UNKNOWN;
	}
}

static bool is_over(const struct world *world)
{
	return world->nodes[NODE_A].player.end.type != MIDAIR_EVENT_NONE ||
	       world->nodes[NODE_B].player.end.type != MIDAIR_EVENT_NONE;
}

/* Both have heard the rest: another plan has another volley, the same one goes on. */
static void hear_the_rest(struct plan_worlds *worlds, const struct plan_trial *trial,
			  const struct nat_report reports[2], struct plan *plan)
{
	struct world *world = worlds->world;
	struct plan before = *plan;

	world_run(world, REPORT_AGE_NS + trial->rtt_ns + trial->survey_ns);
	plan_make(plan, &reports[0], &reports[1]);
	if (is_over(world) || memcmp(before.sides, plan->sides, sizeof(before.sides)) == 0)
		return;
	world->now_ns = REPORT_AGE_NS + trial->rtt_ns + trial->survey_ns;
	for (uint32_t i = 0; i < 2; i++) {
		struct volley_config config =
			config_of(world, trial, &plan->sides[i], &reports[!i]);

		world->nodes[i].tcp.now_ns = world->now_ns;
		shooter_replace(&world->nodes[i], &config, FRESH_PORTS + VOLLEY_DIALS_MAX);
		world->nodes[i].shooter->start_ns = world->now_ns;
	}
}

static void set_links(struct world *world, const struct plan_trial *trial)
{
	struct wire_direction direction = {
		.delay_ns = trial->rtt_ns / 2,
		.jitter_ns = trial->jitter_ns,
		.loss_ppm = trial->loss_ppm,
	};

	world_set_link(world, NODE_A, NODE_B, &direction);
	world_set_link(world, NODE_B, NODE_A, &direction);
}

static uint64_t took_ns(const struct plan_worlds *worlds)
{
	const struct player *a = &worlds->world->nodes[NODE_A].player;
	const struct player *b = &worlds->world->nodes[NODE_B].player;
	uint64_t start_ns = worlds->introduced_ns[0] > worlds->introduced_ns[1]
				    ? worlds->introduced_ns[0]
				    : worlds->introduced_ns[1];
	uint64_t end_ns = a->end_ns > b->end_ns ? a->end_ns : b->end_ns;

	return end_ns - start_ns;
}

void plan_world_run(struct plan_worlds *worlds, const struct plan_trial *trial, uint64_t seed,
		    struct plan_outcome *outcome)
{
	struct world *world = worlds->world;
	struct nat_report reports[2], first[2];

	world_reset(world, seed);
	set_links(world, trial);
	for (uint32_t i = 0; i < 2; i++) {
		struct midair_endpoint local, mapped;

		world_set_box(world, i, &trial->boxes[i]);
		local = world_inner(world, i, trial->family, SCENARIO_PORT);
		mapped = meet_server(world, i, trial->family);
		plan_world_report(&reports[i], &trial->boxes[i], trial->is_deaf[i], &local,
				  &mapped);
	}
	if (trial->disguise)
		trial->disguise(reports, trial->lie);
	memcpy(first, reports, sizeof(first));
	if (trial->survey_ns)
		forget_filters(first);
	plan_make(&outcome->plan, &first[0], &first[1]);
	for (uint32_t i = 0; i < 2; i++)
		play(worlds, trial, i, reports, &outcome->plan.sides[i]);
	if (trial->survey_ns)
		hear_the_rest(worlds, trial, reports, &outcome->plan);
	world_run(world, REPORT_AGE_NS + trial->skew_ns + trial->rtt_ns + trial->timeout_ns +
				 100 * MS);
	if (world->is_overflowing)
		abort();
	outcome->is_connected = world_is_joined(world) &&
				!world->nodes[NODE_A].player.was_lost &&
				!world->nodes[NODE_B].player.was_lost;
	outcome->took_ns = took_ns(worlds);
	for (uint32_t i = 0; i < 2; i++)
		outcome->n_syns[i] = world->nodes[i].shooter ? worlds->shooters[i]->n_syns : 0;
}
