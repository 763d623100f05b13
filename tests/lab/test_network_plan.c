/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include <string.h>

#include "lab/firewall.h"

static struct nat_behavior behavior_of(const char *text)
{
	struct nat_behavior behavior;

	if (nat_behavior_parse(&behavior, text))
		fail_msg("not a behaviour: %s", text);
	return behavior;
}

static void the_kernel_plays_what_conntrack_can_do(void **state)
{
	static const struct {
		const char *text;
		enum box_place place;
	} rows[] = {
		{"public", BOX_NONE},	      {"drop", BOX_KERNEL},
		{"rst", BOX_KERNEL},	      {"icmp", BOX_KERNEL},
		{"firewall", BOX_KERNEL},     {"firewall/rst", BOX_KERNEL},
		{"apdm/rst", BOX_KERNEL},     {"apdm/random", BOX_KERNEL},
		{"liberal", BOX_KERNEL},      {"syn-timeout:5s", BOX_KERNEL},
		{"random", BOX_MODEL},	      {"adm/random", BOX_MODEL},
		{"eif", BOX_MODEL},	      {"adf", BOX_MODEL},
		{"firewall/eif", BOX_MODEL},  {"apdm/sequential:1", BOX_MODEL},
		{"refuse-syn-in", BOX_MODEL}, {"keep-on-reset", BOX_MODEL},
		{"hairpin", BOX_MODEL},	      {"syn-timeout:500ms", BOX_MODEL},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct nat_behavior behavior = behavior_of(rows[i].text);

		EXPECT(box_place_of(&behavior) == rows[i].place, rows[i].text);
	}
}

static void every_address_of_the_plan_is_one(void **state)
{
	static const char *const rows[] = {"public", "firewall", "drop", "eif"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scenario scenario = {.a = behavior_of(rows[i]),
					    .b = behavior_of(rows[i])};
		struct network_plan plan;

		network_plan_init(&plan, &scenario, NETWORK_APART);
		for (int side = LAB_A; side <= LAB_B; side++) {
			const struct plan_side *of = &plan.sides[side];
			bool has_box = of->place != BOX_NONE;
			bool translates = has_box && !scenario.a.is_firewall;

			EXPECT(of->host.ipv4.family == MIDAIR_IPV4, rows[i]);
			EXPECT(of->host.ipv6.family == MIDAIR_IPV6, rows[i]);
			EXPECT(of->published.ipv4.family == MIDAIR_IPV4, rows[i]);
			EXPECT(of->published.ipv6.family == MIDAIR_IPV6, rows[i]);
			EXPECT((of->box_outer.ipv4.family == MIDAIR_IPV4) == has_box, rows[i]);
			EXPECT((of->box_outer.ipv6.family == MIDAIR_IPV6) == has_box, rows[i]);
			EXPECT((of->box_inner.ipv4.family == MIDAIR_IPV4) == translates,
			       rows[i]);
			EXPECT(midair_endpoint_equal(&of->host.ipv4, &of->published.ipv4) !=
				       translates,
			       rows[i]);
		}
	}
}

static void each_side_names_the_other_ones_published_address(void **state)
{
	struct scenario scenario = {.a = behavior_of("drop"), .b = behavior_of("public")};
	struct network_plan plan;
	struct midair_endpoint peer;

	(void)state;
	network_plan_init(&plan, &scenario, NETWORK_APART);
	peer = network_plan_peer(&plan, LAB_B, MIDAIR_IPV4);
	assert_true(midair_endpoint_equal(&peer, &plan.sides[LAB_A].published.ipv4));
	peer = network_plan_peer(&plan, LAB_A, MIDAIR_IPV6);
	assert_true(midair_endpoint_equal(&peer, &plan.sides[LAB_B].host.ipv6));
}

static void both_hosts_may_be_behind_one_box(void **state)
{
	struct scenario scenario = {
		.a = behavior_of("drop"), .b = behavior_of("public"), .has_server = true};
	struct network_plan plan;

	(void)state;
	network_plan_init(&plan, &scenario, NETWORK_ONE_BOX);
	assert_int_equal(plan.n_places, LAB_N_PLACES);
	/* the kernel's has one inner interface */
	assert_int_equal(plan.sides[LAB_A].place, BOX_MODEL);
	assert_true(plan.sides[LAB_B].is_inside);
	assert_false(plan.sides[LAB_A].is_inside);
	assert_true(midair_endpoint_equal(&plan.sides[LAB_A].published.ipv4,
					  &plan.sides[LAB_B].published.ipv4));
	assert_false(midair_endpoint_equal(&plan.sides[LAB_A].host.ipv4,
					   &plan.sides[LAB_B].host.ipv4));
}

static void host_a_may_have_two_uplinks(void **state)
{
	struct scenario scenario = {
		.a = behavior_of("drop"), .b = behavior_of("public"), .has_server = true};
	struct network_plan plan;

	(void)state;
	network_plan_init(&plan, &scenario, NETWORK_TWO_UPLINKS);
	assert_int_equal(plan.n_places, LAB_N_ENDS);
	assert_int_equal(plan.sides[LAB_U].place, BOX_MODEL);
	assert_false(midair_endpoint_equal(&plan.sides[LAB_A].published.ipv4,
					   &plan.sides[LAB_U].published.ipv4));
	assert_false(midair_endpoint_equal(&plan.sides[LAB_A].host.ipv6,
					   &plan.sides[LAB_U].host.ipv6));
}

static void the_rules_say_how_the_box_behaves(void **state)
{
	static const struct {
		const char *text, *has, *has_not;
	} rows[] = {
		{"drop", "ct state new drop", "reject"},
		{"rst", "reject with tcp reset", "new drop"},
		{"icmp", "host-unreachable", "tcp reset"},
		{"drop", "masquerade\n", "fully-random"},
		{"apdm/random", "masquerade fully-random", "reject"},
		{"firewall/rst", "tcp reset", "masquerade"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct nat_behavior behavior = behavior_of(rows[i].text);
		char rules[FIREWALL_RULES_SIZE];

		firewall_rules(&behavior, rules);
		EXPECT(strstr(rules, rows[i].has) != NULL, rows[i].text);
		EXPECT(strstr(rules, rows[i].has_not) == NULL, rows[i].text);
		EXPECT(strlen(rules) < FIREWALL_RULES_SIZE - 1, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_plays_what_conntrack_can_do),
		cmocka_unit_test(every_address_of_the_plan_is_one),
		cmocka_unit_test(each_side_names_the_other_ones_published_address),
		cmocka_unit_test(both_hosts_may_be_behind_one_box),
		cmocka_unit_test(host_a_may_have_two_uplinks),
		cmocka_unit_test(the_rules_say_how_the_box_behaves),
	};

	return cmocka_run_group_tests_name("network_plan", tests, NULL, NULL);
}
