/* SPDX-License-Identifier: MIT */
#include "lab/network_wire.h"

#include "lab/network.h"

/* Between the box of a side and the server, there and back. */
static uint64_t server_rtt_ns(const struct scenario *scenario, enum lab_side side)
{
	return side != LAB_B ? scenario->server_rtt_a_ns : scenario->server_rtt_b_ns;
}

static uint64_t rtt_ns(const struct scenario *scenario, enum lab_side from, enum lab_side to)
{
	if (from == LAB_S)
		return server_rtt_ns(scenario, to);
	if (to == LAB_S)
		return server_rtt_ns(scenario, from);
	return scenario->rtt_ns;
}

static struct wire_direction direction(const struct scenario *scenario, enum lab_side from,
				       enum lab_side to)
{
	return (struct wire_direction){
		.delay_ns = rtt_ns(scenario, from, to) / 2,
		.jitter_ns = scenario->jitter_ns,
		.loss_ppm = scenario->loss_ppm,
		.reorder_ppm = scenario->reorder_ppm,
		.rate_bit_per_s = scenario->rate_bit_per_s,
	};
}

static struct wire_box modelled_box(const struct plan_side *side,
				    const struct nat_behavior *behavior)
{
	return (struct wire_box){
		.is_present = side->place == BOX_MODEL,
		.behavior = *behavior,
		.external_ipv4 = side->box_outer.ipv4,
		.external_ipv6 = side->box_outer.ipv6,
		.spare_ipv4 = side->spare.ipv4,
		.spare_ipv6 = side->spare.ipv6,
	};
}

static struct wire_box carrier_box(const struct network_plan *plan)
{
	return (struct wire_box){
		.is_present = true,
		.behavior = plan->carrier,
		.external_ipv4 = plan->sides[LAB_A].published.ipv4,
	};
}

static void add_pair(struct wire_addresses *addresses, const struct address_pair *pair)
{
	/* A side has four pairs at most: WIRE_ADDRESSES_MAX is as many. */
	wire_addresses_add(addresses, &pair->ipv4);
	wire_addresses_add(addresses, &pair->ipv6);
}

/* The end of a side with a place on the link of its own. */
static void plan_outside(struct wire_end *end, const struct plan_side *side)
{
	add_pair(&end->addresses, &side->published);
	/* A firewall's own address: its ICMP errors come from there. */
	add_pair(&end->addresses, &side->box_outer);
	add_pair(&end->addresses, &side->alternative);
	add_pair(&end->addresses, &side->spare);
}

void network_wire_plan(struct wire_config *wire, const struct network_plan *plan,
		       const struct scenario *scenario)
{
	*wire = (struct wire_config){
		.n_ends = plan->n_places,
		.is_isolated = plan->layout == NETWORK_ONE_BOX_ISOLATED,
	};
	for (size_t i = 0; i < plan->n_places; i++) {
		enum lab_side side = (enum lab_side)i;
		struct wire_end *end = &wire->ends[i];

		end->interface = network_wire_interface(side);
		end->is_inside = plan->sides[i].is_inside;
		if (plan->sides[LAB_B].is_inside && side != LAB_S)
			add_pair(&end->inner, &plan->sides[i].host);
		if (!end->is_inside)
			plan_outside(end, &plan->sides[i]);
		for (size_t to = 0; to < plan->n_places; to++)
			if (to != i)
				end->to[to] = direction(scenario, side, (enum lab_side)to);
		if (side == LAB_A && plan->has_carrier)
			end->box = carrier_box(plan);
		else if (side != LAB_S)
			end->box = modelled_box(&plan->sides[i],
						side == LAB_B ? &scenario->b : &scenario->a);
	}
}
