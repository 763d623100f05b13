/* SPDX-License-Identifier: MIT */
#include "tests/sim/random_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/scenario_world.h"

#define US UINT64_C(1000)
#define MS (UINT64_C(1000) * US)
#define S  (UINT64_C(1000) * MS)
/* A promise allows for this: SYNs go out at 7, 11 and 19 s, and adversaries stop after 5. */
#define PROMISED_TIMEOUT_NS (30 * S)
#define ADVERSARY_NS	    (5 * S)

static bool chance(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}

static uint64_t between(struct random *random, uint64_t low, uint64_t high)
{
	return low + random_below(random, high - low + 1);
}

static void draw_box(struct random *random, struct nat_behavior *box)
{
	static const char *const words[] = {
		"public",
		"firewall/drop",
		"firewall/rst",
		"firewall/icmp",
		"drop",
		"drop",
		"drop",
		"rst",
		"rst",
		"rst",
		"icmp",
		"eif/drop",
		"eif/rst",
		"adf/rst",
		"adm/drop",
		"apdm/rst",
		"apdm/adf/icmp",
		"apdm/random",
		"random/eif",
		"sequential:2/rst",
		"apdm/random/rst",
	};

	if (nat_behavior_parse(box,
			       words[random_below(random, sizeof(words) / sizeof(*words))]))
		abort();
	if (box->is_public)
		return;
	box->refuses_syn_in = chance(random, 4);
	box->keeps_on_reset = chance(random, 10);
	box->is_liberal = chance(random, 10);
	if (chance(random, 5))
		box->syn_timeout_ns = between(random, 200 * MS, 5 * S);
}

static uint64_t draw_round_trip_ns(struct random *random)
{
	static const uint64_t limits_ns[] = {200 * US, 2 * MS, 20 * MS, 100 * MS, 300 * MS};
	uint64_t i = random_below(random, 4);

	return between(random, limits_ns[i], limits_ns[i + 1]);
}

static int64_t draw_skew_ns(struct random *random, uint64_t rtt_ns)
{
	static const uint64_t limits_ns[] = {1 * MS, 20 * MS, 100 * MS, 500 * MS, 5 * S};
	uint64_t i = random_below(random, 7);
	/* many redials on a short path cost time and show nothing new */
	uint64_t limit_ns = i < 5 ? limits_ns[i] : 2 * rtt_ns;
	int64_t skew_ns;

	if (i == 6)
		return 0;
	if (rtt_ns < 2 * MS && limit_ns > S)
		limit_ns = S;
	skew_ns = (int64_t)between(random, 0, limit_ns);
	return chance(random, 50) ? skew_ns : -skew_ns;
}

static void draw_weather(struct random *random, struct scenario *plan)
{
	if (chance(random, 30))
		plan->loss_ppm = (uint32_t)between(random, 1000, 50000);
	if (chance(random, 50))
		plan->jitter_ns = between(random, 0, plan->rtt_ns / 4 + MS);
	if (chance(random, 10))
		plan->reorder_ppm = (uint32_t)between(random, 1000, 200000);
}

static void draw_names(struct random *random, struct random_world *world)
{
	uint64_t kind = random_below(random, 100);

	for (int i = 0; i < 2; i++) {
		/* one side may know more than the other */
		bool is_partial = chance(random, 10);

		world->has_ipv6[i] = kind >= 60 && !(is_partial && kind >= 75);
		world->has_ipv4[i] = kind < 60 || kind >= 75;
		world->is_ipv4_first[i] = chance(random, 50);
		world->has_stranger_name[i] = chance(random, 5);
		world->has_own_name[i] = chance(random, 3);
		world->wait_ns[i] = chance(random, 20) ? between(random, 0, 2 * S) : 0;
	}
}

static bool keeps_ports(const struct nat_behavior *box)
{
	return box->is_public || box->is_firewall ||
	       box->allocation == NAT_ALLOCATION_PRESERVING;
}

static bool has_way(const struct random_world *world)
{
	const struct nat_behavior *a = &world->plan.a;
	const struct nat_behavior *b = &world->plan.b;
	bool is_ipv4 =
		world->has_ipv4[0] && world->has_ipv4[1] && keeps_ports(a) && keeps_ports(b);
	bool is_ipv6 = (world->has_ipv6[0] && world->has_ipv6[1]) ||
		       (world->has_second[0] && world->has_second[1]);

	return (is_ipv4 || is_ipv6) && !(a->refuses_syn_in && b->refuses_syn_in) &&
	       (a->is_public || a->syn_timeout_ns >= 10 * S) &&
	       (b->is_public || b->syn_timeout_ns >= 10 * S);
}

/* ---- what cannot be promised: each was found in these worlds ------------------------------- */

/* The error comes when the SYNs have met already (SYN_RECV): the box knows both numbers, takes no
 * third, and drops every redial; or the other side has seen our SYN-ACK and is connected to
 * nobody. So errors must come before the peer's SYN: no overtaking, no late router, and no box
 * that refuses SYN-in by ICMP although ours gets through. */
static bool may_error_be_late(const struct random_world *world, bool has_router)
{
	const struct nat_behavior *a = &world->plan.a;
	const struct nat_behavior *b = &world->plan.b;
	bool is_a_icmp = a->reaction == NAT_REACTION_UNREACHABLE;
	bool is_b_icmp = b->reaction == NAT_REACTION_UNREACHABLE;

	return has_router || (is_a_icmp && a->refuses_syn_in) ||
	       (is_b_icmp && b->refuses_syn_in) ||
	       ((is_a_icmp || is_b_icmp) && world->plan.reorder_ppm > 0);
}

/* A kernel from before July 2024 challenges the crossing SYN-ACK and waits for an ACK. When that
 * is lost, its box (established by the challenge) lets no repeated SYN-ACK out: until the other
 * side sends data, only that side is connected. A late RST, which the kernel ignores in SYN_RECV
 * and the box does not, has the same effect; a box that refuses SYN-in sends such ones. */
static bool may_box_close_early(const struct world *world, const struct random_world *plan)
{
	const struct scenario *scenario = &plan->plan;
	bool is_old = !world->nodes[NODE_A].tcp.is_crossing_quick ||
		      !world->nodes[NODE_B].tcp.is_crossing_quick;
	bool has_late_reset = scenario->a.refuses_syn_in || scenario->b.refuses_syn_in;

	return (scenario->loss_ppm > 0 && (is_old || has_late_reset)) ||
	       (scenario->reorder_ppm > 0 && has_late_reset);
}

/* What lands on both families is settled within a round trip and 50 ms (session_land.c). */
static bool may_settle_apart(const struct random_world *world)
{
	const struct scenario *scenario = &world->plan;

	return world->has_two_families &&
	       (scenario->jitter_ns > 20 * MS || scenario->loss_ppm > 0 ||
		(scenario->reorder_ppm > 0 && scenario->rtt_ns > 80 * MS));
}

/* A liberal box lets blind resets end its sessions. */
static bool may_resets_pass(const struct world *world)
{
	const struct adversary *adversary = &world->adversary;

	return adversary->pause_ns && adversary->kind == ADVERSARY_RESETS &&
	       world->nodes[adversary->victim].behavior.is_liberal;
}

/* Our SYN comes from a port that the peer does not expect: its listener takes it for a stranger's,
 * and we have landed only to be reset. */
static bool may_be_stranger(const struct random_world *world)
{
	bool has_listener = !(world->plan.flags & (MIDAIR_NO_LISTEN | MIDAIR_ANY_PORT));

	return has_listener && (world->has_ipv4[0] || world->has_ipv4[1]) &&
	       !(keeps_ports(&world->plan.a) && keeps_ports(&world->plan.b));
}

/* A box that answers every SYN-in with RST, and the peer's box, which forgets its SYN each time:
 * only while a SYN of the peer is on its way can one of ours get in, and ours, held, comes again
 * once a second or less. On a short path, where the redials are rationed, that is a lottery. */
static bool is_lottery(const struct nat_behavior *box, uint64_t rtt_ns)
{
	return box->refuses_syn_in && box->reaction == NAT_REACTION_RESET && rtt_ns < 20 * MS;
}

static void draw_adversary(struct random *random, struct world *world)
{
	struct adversary *adversary = &world->adversary;

	if (!chance(random, 30))
		return;
	adversary->victim = (uint32_t)random_below(random, 2);
	adversary->kind = (enum adversary_kind)random_below(random, N_ADVERSARY_KINDS);
	adversary->pause_ns = between(random, 2 * MS, 100 * MS);
	adversary->until_ns = between(random, 0, ADVERSARY_NS);
	world_put(world, &(struct queue_item){
				 .type = QUEUE_ADVERSARY,
				 .when_ns = random_below(random, 200 * MS),
				 .node = NODE_ADVERSARY,
			 });
}

static void draw(struct random *random, struct random_world *world)
{
	struct scenario *plan = &world->plan;

	*world = (struct random_world){.is_promised = false};
	draw_box(random, &plan->a);
	draw_box(random, &plan->b);
	draw_names(random, world);
	plan->rtt_ns = draw_round_trip_ns(random);
	plan->skew_ns = draw_skew_ns(random, plan->rtt_ns);
	draw_weather(random, plan);
	plan->flags = chance(random, 50) ? MIDAIR_NO_LISTEN : 0;
	if (!plan->flags && chance(random, 30))
		plan->flags = MIDAIR_ANY_PORT;
	if (chance(random, 4))
		plan->flags |= MIDAIR_ONCE;
	world->is_promised = has_way(world) && !(plan->flags & MIDAIR_ONCE);
	plan->timeout_ns = world->is_promised ? PROMISED_TIMEOUT_NS : between(random, 1, 2 * S);
	/* after the agreement both sides overlap for the whole promise */
	if (world->is_promised)
		plan->timeout_ns += 5 * S;
	world->has_two_families = world->has_ipv4[0] && world->has_ipv6[0] &&
				  world->has_ipv4[1] && world->has_ipv6[1];
}

static void play(struct world *world, const struct random_world *plan, uint32_t node,
		 uint64_t start_ns)
{
	uint32_t peer = node == NODE_A ? NODE_B : NODE_A;
	struct midair_endpoint peers[5];
	size_t n = 0;

	if (plan->has_ipv4[node] && plan->is_ipv4_first[node])
		peers[n++] = world_outer(world, peer, MIDAIR_IPV4, SCENARIO_PORT);
	if (plan->has_ipv6[node])
		peers[n++] = world_outer(world, peer, MIDAIR_IPV6, SCENARIO_PORT);
	if (plan->has_ipv4[node] && !plan->is_ipv4_first[node])
		peers[n++] = world_outer(world, peer, MIDAIR_IPV4, SCENARIO_PORT);
	if (plan->has_second[node])
		peers[n++] = world_second(world, peer, SCENARIO_PORT);
	if (plan->has_own_name[node])
		peers[n++] = world_inner(world, node, MIDAIR_IPV4, SCENARIO_PORT);
	if (plan->has_stranger_name[node])
		peers[n++] = (struct midair_endpoint){
			.family = MIDAIR_IPV4,
			.address = {192, 0, 2, 99},
			.port = SCENARIO_PORT,
		};
	world_play(world, node,
		   &(struct player_config){
			   .peers = peers,
			   .n_peers = n,
			   .flags = plan->plan.flags,
			   .port = SCENARIO_PORT,
			   .start_ns = start_ns,
			   .wait_ns = plan->wait_ns[node],
			   .timeout_ns = plan->plan.timeout_ns,
			   .is_authenticated = plan->is_authenticated,
			   .is_server = plan->server == node,
			   .key = (uint16_t)(plan->has_one_key ? 1 : 1 + node),
			   .n_known = plan->n_known[node] < n ? plan->n_known[node] : n,
			   .candidates_ns = plan->candidates_ns[node],
		   });
}

static void set_links(struct world *world, const struct scenario *plan)
{
	struct wire_direction between_boxes = {
		.delay_ns = plan->rtt_ns / 2,
		.jitter_ns = plan->jitter_ns,
		.loss_ppm = plan->loss_ppm,
		.reorder_ppm = plan->reorder_ppm,
	};
	struct wire_direction to_adversary = {.delay_ns = 10 * MS};

	world_set_link(world, NODE_A, NODE_B, &between_boxes);
	world_set_link(world, NODE_B, NODE_A, &between_boxes);
	for (uint32_t i = 0; i < NODE_ADVERSARY; i++) {
		world_set_link(world, i, NODE_ADVERSARY, &to_adversary);
		world_set_link(world, NODE_ADVERSARY, i, &to_adversary);
	}
}

/* Both hear of each other at once, but for what the ways to the server differ by. */
static void draw_authenticated(struct random *random, struct random_world *plan)
{
	struct scenario *scenario = &plan->plan;

	plan->is_authenticated = true;
	plan->server = (uint32_t)random_below(random, 2);
	plan->has_one_key = !chance(random, 3);
	scenario->skew_ns %= (int64_t)(2 * S);
	for (int i = 0; i < 2; i++) {
		plan->has_second[i] = chance(random, 40);
		plan->n_known[i] = random_below(random, 3);
		plan->candidates_ns[i] = chance(random, 40) ? between(random, 1, S) : 0;
	}
	plan->is_promised =
		plan->has_one_key && !(scenario->flags & MIDAIR_ONCE) && has_way(plan);
	scenario->timeout_ns =
		plan->is_promised ? PROMISED_TIMEOUT_NS + 5 * S : between(random, 1, 8 * S);
}

/* Why the two need not meet, although there is a way. A connection that stands on one side only is
 * no excuse where it must prove itself: it is dropped in time, and dialled again, unless a box
 * does not let go of it (keeps_on_reset): 4 in 180,000 worlds. */
static bool has_excuse(const struct world *world, const struct random_world *plan)
{
	const struct scenario *scenario = &plan->plan;
	bool has_router =
		world->adversary.pause_ns && world->adversary.kind == ADVERSARY_ROUTER;
	bool is_kept = scenario->a.keeps_on_reset || scenario->b.keeps_on_reset;

	if (may_error_be_late(plan, has_router) ||
	    (may_box_close_early(world, plan) && is_kept) ||
	    is_lottery(&scenario->a, scenario->rtt_ns) ||
	    is_lottery(&scenario->b, scenario->rtt_ns))
		return true;
	return !plan->is_authenticated &&
	       (may_box_close_early(world, plan) || may_resets_pass(world) ||
		may_settle_apart(plan) || may_be_stranger(plan));
}

static uint64_t set_up(struct world *world, struct random_world *plan, uint64_t seed,
		       bool is_authenticated)
{
	const struct scenario *scenario = &plan->plan;
	struct random random;
	uint64_t start_ns[2];

	random_init(&random, seed);
	draw(&random, plan);
	if (is_authenticated)
		draw_authenticated(&random, plan);
	world_reset(world, random_next(&random));
	world_set_box(world, NODE_A, &scenario->a);
	world_set_box(world, NODE_B, &scenario->b);
	set_links(world, scenario);
	start_ns[0] = scenario->skew_ns < 0 ? (uint64_t)-scenario->skew_ns : 0;
	start_ns[1] = scenario->skew_ns > 0 ? (uint64_t)scenario->skew_ns : 0;
	for (uint32_t i = 0; i < 2; i++) {
		struct node *node = &world->nodes[i];

		node->tcp.is_linear = chance(&random, 80);
		node->tcp.is_crossing_quick = chance(&random, 80);
		node->player.latency_ns = random_below(&random, 300 * US);
		play(world, plan, i, start_ns[i]);
	}
	draw_adversary(&random, world);
	if (is_authenticated)
		world->adversary.speech =
			(enum adversary_speech)random_below(&random, N_SPEECHES);
	if (has_excuse(world, plan))
		plan->is_promised = false;
	return (start_ns[0] > start_ns[1] ? start_ns[0] : start_ns[1]) + scenario->timeout_ns +
	       S;
}

uint64_t random_world(struct world *world, struct random_world *plan, uint64_t seed)
{
	return set_up(world, plan, seed, false);
}

uint64_t random_authenticated_world(struct world *world, struct random_world *plan,
				    uint64_t seed)
{
	return set_up(world, plan, seed, true);
}

const char *random_world_format(const struct world *world, const struct random_world *plan,
				char buffer[RANDOM_WORLD_TEXT_SIZE])
{
	static const char *const kinds[] = {"stranger", "resets", "errors", "router"};
	const struct scenario *scenario = &plan->plan;
	const struct adversary *adversary = &world->adversary;
	char a[NAT_BEHAVIOR_TEXT_SIZE];
	char b[NAT_BEHAVIOR_TEXT_SIZE];

	snprintf(buffer, RANDOM_WORLD_TEXT_SIZE,
		 "a=%s b=%s rtt=%" PRIu64 "us skew=%" PRId64 "us jitter=%" PRIu64
		 "us loss=%uppm reorder=%uppm timeout=%" PRIu64
		 "ms%s%s%s ipv4=%d/%d ipv6=%d/%d "
		 "self=%d/%d nobody=%d/%d adversary=%s%s%s",
		 nat_behavior_format(&scenario->a, a), nat_behavior_format(&scenario->b, b),
		 scenario->rtt_ns / US, scenario->skew_ns / (int64_t)US,
		 scenario->jitter_ns / US, scenario->loss_ppm, scenario->reorder_ppm,
		 scenario->timeout_ns / MS, scenario->flags & MIDAIR_NO_LISTEN ? "" : " listen",
		 scenario->flags & MIDAIR_ANY_PORT ? " any-port" : "",
		 scenario->flags & MIDAIR_ONCE ? " once" : "", plan->has_ipv4[0],
		 plan->has_ipv4[1], plan->has_ipv6[0], plan->has_ipv6[1], plan->has_own_name[0],
		 plan->has_own_name[1], plan->has_stranger_name[0], plan->has_stranger_name[1],
		 adversary->pause_ns ? kinds[adversary->kind] : "none",
		 adversary->pause_ns ? " of " : "",
		 adversary->pause_ns ? world->nodes[adversary->victim].name : "");
	return buffer;
}
