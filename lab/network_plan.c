/* SPDX-License-Identifier: MIT */
#include "lab/network_plan.h"

#include <assert.h>

#define NS_PER_S UINT64_C(1000000000)

/* Documentation addresses (RFC 5737, RFC 3849) in public, private ones (RFC 1918, RFC 4193)
 * behind the NATs. A router that opens ports refuses to do so on a documentation address, as it
 * does on a private one: so its outer one is of a range that has no other meaning. No packet of
 * the lab leaves this machine. */
struct address_texts {
	const char *ipv4;
	const char *ipv6;
};

static const struct {
	struct address_texts published, firewall, host, inner, alternative, routable, spare;
} texts[LAB_N_ENDS] = {
	[LAB_A] =
		{
			.published = {"198.51.100.1:1", "[2001:db8:a::1]:1"},
			.firewall = {"198.51.100.254:1", "[2001:db8:a::fe]:1"},
			.host = {"10.0.1.2:1", "[fd00:1::2]:1"},
			.inner = {"10.0.1.1:1", "[fd00:1::1]:1"},
			.routable = {"198.51.101.1:1", "[2001:db8:a::1]:1"},
			.spare = {"198.51.100.77:1", "[2001:db8:a::4d]:1"},
		},
	[LAB_B] =
		{
			.published = {"203.0.113.1:1", "[2001:db8:b::1]:1"},
			.firewall = {"203.0.113.254:1", "[2001:db8:b::fe]:1"},
			.host = {"10.0.2.2:1", "[fd00:2::2]:1"},
			.inner = {"10.0.2.1:1", "[fd00:2::1]:1"},
			.routable = {"203.0.114.1:1", "[2001:db8:b::1]:1"},
			.spare = {"203.0.113.77:1", "[2001:db8:b::4d]:1"},
		},
	/* In public, without a box. */
	[LAB_S] =
		{
			.published = {"192.0.2.1:1", "[2001:db8:5::1]:1"},
			.alternative = {"192.0.2.2:1", "[2001:db8:5::2]:1"},
		},
	[LAB_U] =
		{
			.published = {"198.51.102.1:1", "[2001:db8:c::1]:1"},
			.host = {"10.0.3.2:1", "[fd00:3::2]:1"},
			.inner = {"10.0.3.1:1", "[fd00:3::1]:1"},
			.spare = {"198.51.102.77:1", "[2001:db8:c::4d]:1"},
		},
};

/* Of host b in the network behind side a's box. */
static const struct address_texts beside = {"10.0.1.3:1", "[fd00:1::3]:1"};

static const char *const place_names[] = {
	[BOX_NONE] = "none",
	[BOX_KERNEL] = "kernel",
	[BOX_MODEL] = "model",
};
static_assert(sizeof(place_names) / sizeof(place_names[0]) == BOX_MODEL + 1, "a name for each");

const char *box_place_name(enum box_place place)
{
	return place_names[place];
}

static bool is_whole_seconds(uint64_t duration_ns)
{
	return duration_ns > 0 && duration_ns % NS_PER_S == 0;
}

/* masquerade keeps the port when it can, which looks the same to one connection whatever the
 * mapping is called; fully-random makes a new port for each destination. */
static bool kernel_can_map(const struct nat_behavior *behavior)
{
	switch (behavior->allocation) {
	case NAT_ALLOCATION_PRESERVING:
		return true;
	case NAT_ALLOCATION_RANDOM:
		return behavior->mapping == NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT;
	case NAT_ALLOCATION_SEQUENTIAL:
		return false;
	}
	return false;
}

enum box_place box_place_of(const struct nat_behavior *behavior)
{
	if (behavior->is_public)
		return BOX_NONE;
	if (!behavior->is_firewall && !kernel_can_map(behavior))
		return BOX_MODEL;
	/* conntrack lets in only the tuple that went out, believes every RST, and counts its
	 * timeouts in seconds. */
	if (behavior->filtering != NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT ||
	    behavior->refuses_syn_in || behavior->keeps_on_reset || behavior->hairpins ||
	    !is_whole_seconds(behavior->syn_timeout_ns) ||
	    !is_whole_seconds(behavior->established_timeout_ns))
		return BOX_MODEL;
	return BOX_KERNEL;
}

static struct midair_endpoint address_of(const char *text)
{
	struct midair_endpoint endpoint = {0};

	/* The texts above are right: a unit test reads them all. */
	(void)midair_endpoint_parse(&endpoint, text);
	endpoint.port = 0;
	return endpoint;
}

static struct address_pair pair_of(const struct address_texts *of)
{
	return (struct address_pair){
		.ipv4 = address_of(of->ipv4),
		.ipv6 = address_of(of->ipv6),
	};
}

static void plan_side(struct plan_side *side, enum lab_side which,
		      const struct nat_behavior *behavior)
{
	*side = (struct plan_side){
		.place = box_place_of(behavior),
		.published = pair_of(behavior->opens_ports ? &texts[which].routable
							   : &texts[which].published),
		.opens_ports = behavior->opens_ports,
	};
	if (behavior->is_public || behavior->is_firewall)
		side->host = side->published;
	else
		side->host = pair_of(&texts[which].host);
	if (behavior->is_public)
		return;
	if (behavior->is_firewall) {
		side->box_outer = pair_of(&texts[which].firewall);
		if (behavior->opens_ports)
			side->box_inner.ipv6 = address_of(texts[which].inner.ipv6);
		return;
	}
	side->box_outer = side->published;
	side->spare = pair_of(&texts[which].spare);
	side->box_inner = pair_of(&texts[which].inner);
}

/* Side b as one of two behind the box of side a, which the wire plays. */
static void plan_inside(struct network_plan *plan)
{
	struct plan_side *a = &plan->sides[LAB_A];

	a->place = BOX_MODEL;
	plan->sides[LAB_B] = (struct plan_side){
		.place = BOX_NONE,
		.host = pair_of(&beside),
		.published = a->published,
		.is_inside = true,
	};
}

/* Side a's boxes, both played by the wire. */
static void plan_uplinks(struct network_plan *plan, const struct scenario *scenario)
{
	plan_side(&plan->sides[LAB_U], LAB_U, &scenario->a);
	plan->sides[LAB_A].place = plan->sides[LAB_U].place = BOX_MODEL;
	plan->n_places = LAB_N_ENDS;
}

void network_plan_init(struct network_plan *plan, const struct scenario *scenario,
		       enum network_layout layout)
{
	const struct nat_behavior none = {.is_public = true};

	*plan = (struct network_plan){
		.layout = layout,
		.n_places = scenario->has_server ? LAB_N_PLACES : LAB_N_SIDES,
	};
	plan_side(&plan->sides[LAB_A], LAB_A, &scenario->a);
	plan_side(&plan->sides[LAB_B], LAB_B, &scenario->b);
	if (scenario->has_server)
		plan_side(&plan->sides[LAB_S], LAB_S, &none);
	if (scenario->has_server)
		plan->sides[LAB_S].alternative = pair_of(&texts[LAB_S].alternative);
	switch (layout) {
	case NETWORK_APART:
		break;
	case NETWORK_ONE_BOX:
	case NETWORK_ONE_BOX_ISOLATED:
		plan_inside(plan);
		break;
	case NETWORK_TWO_UPLINKS:
		plan_uplinks(plan, scenario);
		break;
	}
}

#define CARRIER_INNER "100.64.1.2:1"

void network_plan_add_carrier(struct network_plan *plan, const struct nat_behavior *carrier,
			      bool is_squatter)
{
	struct plan_side *side = &plan->sides[LAB_A];

	plan->has_carrier = true;
	plan->carrier = *carrier;
	side->published = pair_of(&texts[LAB_A].published);
	side->box_outer.ipv4 =
		address_of(is_squatter ? texts[LAB_A].routable.ipv4 : CARRIER_INNER);
}

static struct midair_endpoint of_family(const struct address_pair *pair,
					enum midair_family family)
{
	return family == MIDAIR_IPV6 ? pair->ipv6 : pair->ipv4;
}

struct midair_endpoint network_plan_server(const struct network_plan *plan,
					   enum midair_family family)
{
	return of_family(&plan->sides[LAB_S].published, family);
}

struct midair_endpoint network_plan_alternative(const struct network_plan *plan,
						enum midair_family family)
{
	return of_family(&plan->sides[LAB_S].alternative, family);
}

struct midair_endpoint network_plan_peer(const struct network_plan *plan, enum lab_side side,
					 enum midair_family family)
{
	const struct plan_side *peer = &plan->sides[side == LAB_A ? LAB_B : LAB_A];

	return of_family(&peer->published, family);
}
