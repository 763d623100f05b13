/* SPDX-License-Identifier: MIT */
#include "core/check.h"
#include "core/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/nat.h"
#include "core/random.h"
#include "tests/unit/unit.h"

static struct nat_report report_of(const char *words, uint8_t number)
{
	struct midair_endpoint local = {.family = MIDAIR_IPV4, .address = {10}, .port = 1314};
	struct midair_endpoint mapped = {
		.family = MIDAIR_IPV4,
		.address = {192, 0, 2, number},
		.port = (uint16_t)(40000 + number),
	};
	struct nat_behavior behavior;
	struct nat_report report;

	assert_int_equal(nat_behavior_parse(&behavior, words), 0);
	nat_report_of_behavior(&report, &behavior, &local, &mapped);
	return report;
}

static struct plan plan_of(const char *a, const char *b)
{
	struct nat_report reports[2] = {report_of(a, 1), report_of(b, 2)};
	struct plan plan;

	plan_make(&plan, &reports[0], &reports[1]);
	return plan;
}

/* One row for each rule. */
static const struct {
	const char *a, *b;
	enum plan_method method;
	enum plan_reason reason;
} rules[] = {
	{"apdf/drop", "apdf/rst", PLAN_PLAIN, PLAN_REASON_NONE},
	{"public", "apdf/icmp", PLAN_PLAIN, PLAN_REASON_NONE},
	{"apdm/apdf", "adm/apdf", PLAN_PLAIN, PLAN_REASON_NONE}, /* ports are preserved */
	{"eim/sequential:2", "eim/random", PLAN_PLAIN, PLAN_REASON_NONE},
	{"apdf/refuse-syn-in", "apdf/rst", PLAN_PLAIN, PLAN_REASON_NONE},
	{"apdf/rst/refuse-syn-in", "apdf", PLAN_PLAIN, PLAN_REASON_NONE},
	/* one refusal and a filter that helps */
	{"adf/refuse-syn-in", "apdf", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"public", "apdf/icmp/refuse-syn-in", PLAN_ONE_WAY, PLAN_REASON_NONE},
	/* SYNs must not meet */
	{"apdf/refuse-syn-in", "apdf/refuse-syn-in", PLAN_NONE, PLAN_REASON_SYN_IN_REFUSED},
	{"apdf/refuse-syn-in", "eif/refuse-syn-in", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdf/icmp/refuse-syn-in", "apdf", PLAN_NONE, PLAN_REASON_SYN_IN_ERROR},
	{"apdf", "apdf/icmp/refuse-syn-in", PLAN_NONE, PLAN_REASON_SYN_IN_ERROR},
	{"apdf", "adf/icmp/refuse-syn-in", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdm/random/icmp/refuse-syn-in", "apdf", PLAN_NONE, PLAN_REASON_SYN_IN_ERROR},
	{"apdm/random/refuse-syn-in", "apdf/refuse-syn-in", PLAN_NONE,
	 PLAN_REASON_SYN_IN_REFUSED},
	/* a port that is not known against one that lets strangers in */
	{"apdm/random", "eif", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdm/random", "public", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdm/random", "adf", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdm/random", "apdm/random/eif", PLAN_ONE_WAY, PLAN_REASON_NONE},
	{"apdm/sequential:4", "adf/rst", PLAN_ONE_WAY, PLAN_REASON_NONE},
	/* in order */
	{"apdm/sequential:4", "apdf", PLAN_PREDICT, PLAN_REASON_NONE},
	{"apdm/sequential:4", "apdm/sequential:1", PLAN_PREDICT, PLAN_REASON_NONE},
	{"apdm/sequential:4/adf", "apdm/random", PLAN_PREDICT, PLAN_REASON_NONE},
	{"apdm/sequential:4/adf", "apdm/sequential:1/adf", PLAN_PREDICT, PLAN_REASON_NONE},
	/* at random */
	{"apdm/random", "apdf", PLAN_BIRTHDAY, PLAN_REASON_NONE},
	{"adm/random", "apdf", PLAN_BIRTHDAY, PLAN_REASON_NONE},
	{"adm/random/adf", "apdm/random", PLAN_BIRTHDAY, PLAN_REASON_NONE},
	{"adm/random/adf", "apdm/sequential:3", PLAN_BIRTHDAY, PLAN_REASON_NONE},
	{"adm/random/adf/refuse-syn-in", "apdf/refuse-syn-in", PLAN_BIRTHDAY, PLAN_REASON_NONE},
	{"apdm/random", "apdm/random", PLAN_NONE, PLAN_REASON_RANDOM_BOTH},
	{"apdm/random", "apdm/sequential:3", PLAN_NONE, PLAN_REASON_RANDOM_SEQUENTIAL},
	{"firewall", "firewall/rst", PLAN_PLAIN, PLAN_REASON_NONE},
	{"firewall/refuse-syn-in", "firewall/refuse-syn-in", PLAN_NONE,
	 PLAN_REASON_SYN_IN_REFUSED},
};

static void each_rule_holds_in_both_directions(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rules); i++) {
		struct plan plan = plan_of(rules[i].a, rules[i].b);
		struct plan mirror = plan_of(rules[i].b, rules[i].a);

		EXPECT(plan.method == rules[i].method, rules[i].a);
		EXPECT(plan.reason == rules[i].reason, rules[i].a);
		EXPECT(mirror.method == rules[i].method, rules[i].a);
		EXPECT(mirror.reason == rules[i].reason, rules[i].a);
		EXPECT(plan.is_sure && mirror.is_sure, rules[i].a);
	}
}

static void a_plan_without_a_way_or_without_need_has_no_volley(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rules); i++) {
		struct plan plan = plan_of(rules[i].a, rules[i].b);
		bool has_volley = plan.sides[0].targets != PLAN_TARGETS_NONE ||
				  plan.sides[1].targets != PLAN_TARGETS_NONE;
		bool is_wanted = plan.method == PLAN_ONE_WAY || plan.method == PLAN_PREDICT ||
				 plan.method == PLAN_BIRTHDAY;

		EXPECT(has_volley == is_wanted, rules[i].a);
	}
}

static void one_way_goes_to_the_known_port_of_the_side_that_listens(void **state)
{
	struct plan plan = plan_of("apdm/random", "eif");

	(void)state;
	assert_int_equal(plan.sides[1].targets, PLAN_TARGETS_NONE);
	assert_int_equal(plan.sides[0].targets, PLAN_TARGETS_EXACT);
	assert_int_equal(plan.sides[0].source, PLAN_FROM_MANY_PORTS);
	assert_int_equal(plan.sides[0].first_port, 40002);
	assert_int_equal(plan.sides[0].n_targets, 1);
	/* the open one rather than the one that has to be opened */
	plan = plan_of("adf/refuse-syn-in", "eif/refuse-syn-in");
	assert_int_equal(plan.sides[0].targets, PLAN_TARGETS_EXACT);
	/* of equals, A listens */
	plan = plan_of("adf/refuse-syn-in", "adf/refuse-syn-in");
	assert_int_equal(plan.sides[1].targets, PLAN_TARGETS_EXACT);
}

static void the_window_begins_after_the_last_port(void **state)
{
	struct plan plan = plan_of("apdm/sequential:4", "apdf");

	(void)state;
	assert_int_equal(plan.sides[1].targets, PLAN_TARGETS_WINDOW);
	assert_int_equal(plan.sides[1].source, PLAN_FROM_SESSION_PORT);
	assert_int_equal(plan.sides[1].first_port, 40005);
	assert_int_equal(plan.sides[1].step, 4);
	assert_int_equal(plan.sides[0].targets, PLAN_TARGETS_EXACT);
	assert_int_equal(plan.sides[0].first_port, 40002);
	plan = plan_of("apdm/sequential:65535", "apdf");
	assert_int_equal(plan.sides[1].step, INT16_MAX);
	assert_true(plan.sides[1].first_port >= NAT_PORT_MIN);
	/* both: one tries every sum of the two sides' errors */
	plan = plan_of("apdm/sequential:4", "apdm/sequential:1");
	assert_int_equal(plan.sides[0].spread, 1);
	assert_true(plan.sides[1].spread > 1);
	assert_int_equal(plan.sides[0].first_port, 40003);
	assert_int_equal(plan.sides[1].first_port, 40005);
}

static void a_birthday_has_many_ports_on_the_random_side(void **state)
{
	struct plan plan = plan_of("apdf", "apdm/random");

	(void)state;
	assert_int_equal(plan.sides[0].targets, PLAN_TARGETS_RANDOM);
	assert_int_equal(plan.sides[0].source, PLAN_FROM_SESSION_PORT);
	assert_int_equal(plan.sides[0].n_targets, PLAN_DESTINATIONS_MAX);
	assert_int_equal(plan.sides[1].source, PLAN_FROM_MANY_PORTS);
	assert_int_equal(plan.sides[1].n_targets, PLAN_LOCAL_PORTS_MAX);
	assert_int_equal(plan.sides[1].first_port, 40001);
	assert_false(plan.sides[1].listens);
	plan = plan_of("apdm/random", "adm/random/adf");
	assert_int_equal(plan.sides[0].source, PLAN_FROM_ONE_PORT);
	assert_true(plan.sides[1].listens);
}

/* Such a box lets no dial of the other's live long, and the other's box swallows what comes at
 * another time. */
static void held_dials_come_again_where_they_would_never_meet(void **state)
{
	(void)state;
	assert_true(plan_of("apdf", "apdm/random/rst/refuse-syn-in").sides[1].retry_ms > 0);
	assert_int_equal(plan_of("apdf", "apdm/random/rst").sides[1].retry_ms, 0);
	assert_int_equal(plan_of("apdf/rst", "apdm/random/rst/refuse-syn-in").sides[1].retry_ms,
			 0);
	assert_int_equal(plan_of("apdf", "apdm/random/refuse-syn-in").sides[1].retry_ms, 0);
}

/* ---- what is not known ---------------------------------------------------------------------- */

static void nothing_known_is_plain_and_not_sure(void **state)
{
	struct nat_report nothing = {.family = MIDAIR_FAMILY_NONE};
	struct nat_report bare = {
		.family = MIDAIR_IPV4,
		.mapped = {.family = MIDAIR_IPV4, .address = {192, 0, 2, 9}, .port = 1314},
	};
	struct nat_report known = report_of("apdm/random", 1);
	struct plan plan;

	(void)state;
	plan_make(&plan, &nothing, &known);
	assert_int_equal(plan.method, PLAN_PLAIN);
	assert_false(plan.is_sure);
	bare.family = MIDAIR_IPV4;
	plan_make(&plan, &bare, &bare);
	assert_int_equal(plan.method, PLAN_PLAIN);
	assert_false(plan.is_sure);
}

static void a_quick_look_is_enough_for_ports(void **state)
{
	struct nat_report random = report_of("apdm/random", 1);
	struct nat_report cone = report_of("apdf", 2);
	struct plan plan;

	(void)state;
	random.filtering = cone.filtering = REPORT_FILTERING_UNKNOWN;
	random.reaction = cone.reaction = REPORT_REACTION_UNKNOWN;
	random.syn_in = cone.syn_in = REPORT_UNKNOWN;
	plan_make(&plan, &random, &cone);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	assert_false(plan.is_sure);
	/* with an allocation that is not known either: from the port that the server saw */
	random.allocation = REPORT_ALLOCATION_UNKNOWN;
	plan_make(&plan, &random, &cone);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	random.local.port = random.mapped.port;
	plan_make(&plan, &random, &cone);
	assert_int_equal(plan.method, PLAN_PLAIN);
	/* a server with one address cannot tell the two kinds apart: the usual one */
	random.mapping = REPORT_MAPPING_NOT_PORT_DEPENDENT;
	random.local.port = 1;
	plan_make(&plan, &random, &cone);
	assert_int_equal(plan.method, PLAN_PLAIN);
	assert_false(plan.is_sure);
}

static void before_giving_up_an_unknown_filter_is_tried(void **state)
{
	struct nat_report a = report_of("apdm/random", 1);
	struct nat_report b = report_of("apdm/random", 2);
	struct plan plan;

	(void)state;
	b.filtering = REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT;
	plan_make(&plan, &a, &b);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	assert_int_equal(plan.reason, PLAN_REASON_NONE);
	assert_false(plan.is_sure);
	assert_true(plan.sides[1].listens);
}

/* Only where what is usual leaves no way, and only with what is dear. */
static void a_volley_for_an_unusual_filter_waits(void **state)
{
	struct nat_report random = report_of("apdm/random", 1);
	struct nat_report other = report_of("apdm/random", 2);
	struct nat_report sequential = report_of("apdm/sequential:1", 2);
	struct nat_report cone = report_of("apdf", 2);
	struct plan plan;

	(void)state;
	other.filtering = REPORT_FILTERING_UNKNOWN;
	plan_make(&plan, &random, &other);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	assert_true(plan.sides[0].wait_ms > CHECK_QUICK_SILENCE_MS);
	assert_int_equal(plan.sides[0].wait_ms, plan.sides[1].wait_ms);
	/* it is known now */
	other.filtering = REPORT_FILTERING_ADDRESS_DEPENDENT;
	plan_make(&plan, &random, &other);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	assert_int_equal(plan.sides[0].wait_ms + plan.sides[1].wait_ms, 0);
	/* a hundred dials */
	sequential.filtering = REPORT_FILTERING_UNKNOWN;
	plan_make(&plan, &random, &sequential);
	assert_int_equal(plan.method, PLAN_PREDICT);
	assert_int_equal(plan.sides[0].wait_ms + plan.sides[1].wait_ms, 0);
	/* there is a way by what is usual */
	cone.filtering = REPORT_FILTERING_UNKNOWN;
	random.filtering = REPORT_FILTERING_UNKNOWN;
	plan_make(&plan, &random, &cone);
	assert_int_equal(plan.method, PLAN_BIRTHDAY);
	assert_int_equal(plan.sides[0].wait_ms + plan.sides[1].wait_ms, 0);
}

static void two_hosts_behind_one_box_need_no_plan(void **state)
{
	struct nat_report a = report_of("apdm/random", 1);
	struct nat_report b = report_of("apdm/random", 1);
	struct plan plan;

	(void)state;
	plan_make(&plan, &a, &b);
	assert_int_equal(plan.method, PLAN_PLAIN);
	assert_false(plan.is_sure);
}

static void two_families_have_nothing_in_common(void **state)
{
	struct nat_report a = report_of("apdf", 1);
	struct nat_report b = report_of("apdf", 2);
	struct plan plan;

	(void)state;
	b.family = b.mapped.family = MIDAIR_IPV6;
	plan_make(&plan, &a, &b);
	assert_int_equal(plan.method, PLAN_NONE);
	assert_int_equal(plan.reason, PLAN_REASON_NO_FAMILY);
}

static void the_better_family_is_chosen(void **state)
{
	struct nat_report none = {.family = MIDAIR_FAMILY_NONE};
	struct nat_report a[2] = {report_of("apdm/random", 1), report_of("firewall", 1)};
	struct nat_report b[2] = {report_of("apdm/random", 2), report_of("firewall", 2)};
	struct plan plans[2];

	(void)state;
	a[1].family = b[1].family = a[1].mapped.family = b[1].mapped.family = MIDAIR_IPV6;
	assert_int_equal(plan_make_families(plans, a, b), 1);
	assert_int_equal(plans[0].method, PLAN_NONE);
	assert_int_equal(plans[1].method, PLAN_PLAIN);
	b[1] = none;
	assert_int_equal(plan_make_families(plans, a, b), 0);
	assert_int_equal(plans[1].family, MIDAIR_FAMILY_NONE);
	a[0] = b[0] = report_of("apdf", 1);
	b[0].mapped.address[3] = 2;
	b[1] = report_of("firewall/refuse-syn-in", 2);
	b[1].family = b[1].mapped.family = MIDAIR_IPV6;
	a[1].syn_in = REPORT_NO;
	assert_int_equal(plan_make_families(plans, a, b), 0);
	/* one in IPv4 alone, the other in IPv6 alone */
	a[1] = none;
	b[0] = none;
	plan_make_families(plans, a, b);
	assert_int_equal(plans[0].method, PLAN_NONE);
	assert_int_equal(plans[0].reason, PLAN_REASON_NO_FAMILY);
}

static void names_are_stable(void **state)
{
	(void)state;
	assert_string_equal(plan_method_name(PLAN_ONE_WAY), "one-way");
	assert_string_equal(plan_method_name(PLAN_NONE), "none");
	assert_string_equal(plan_reason_name(PLAN_REASON_RANDOM_BOTH), "random-both");
	assert_string_equal(plan_reason_name(PLAN_REASON_NO_FAMILY), "no-common-family");
	assert_non_null(strstr(plan_reason_text(PLAN_REASON_SYN_IN_ERROR), "ICMP"));
}

/* ---- every report there can be -------------------------------------------------------------- */

static struct nat_report nth_report(uint32_t n, uint8_t number)
{
	struct nat_report report = report_of("apdf", number);

	report.mapping = (enum report_mapping)(n % 6);
	report.allocation = (enum report_allocation)(n / 6 % 4);
	report.filtering = (enum report_filtering)(n / 24 % 5);
	report.reaction = (enum report_reaction)(n / 120 % 5);
	report.syn_in = (enum report_answer)(n / 600 % 3);
	report.delta = 3;
	report.last_port = 50000;
	return report;
}
#define N_REPORTS 1800u

/* The listener is A where both could be, and in order on both sides B tries the sums. */
static bool is_mirrored(const struct plan *plan, const struct plan *mirror)
{
	uint32_t n[2] = {0, 0};

	if (plan->method != mirror->method || plan->reason != mirror->reason ||
	    plan->is_sure != mirror->is_sure)
		return false;
	for (int i = 0; i < 2; i++) {
		n[0] += plan->sides[i].n_targets;
		n[1] += mirror->sides[i].n_targets;
	}
	return n[0] == n[1];
}

static bool is_within_budget(const struct plan_side *side)
{
	uint32_t limit = side->source == PLAN_FROM_MANY_PORTS ? PLAN_LOCAL_PORTS_MAX
							      : PLAN_DESTINATIONS_MAX;

	if (side->targets == PLAN_TARGETS_NONE)
		return true;
	return side->n_targets > 0 && side->n_targets <= limit && side->n_volleys > 0 &&
	       side->n_volleys <= PLAN_VOLLEYS_MAX &&
	       (side->targets != PLAN_TARGETS_WINDOW ||
		(side->spread > 0 && side->step != 0 && side->first_port >= NAT_PORT_MIN));
}

static bool is_sensible(const struct plan *plan)
{
	bool has_way = plan->method != PLAN_NONE;

	return has_way == (plan->reason == PLAN_REASON_NONE) &&
	       is_within_budget(&plan->sides[0]) && is_within_budget(&plan->sides[1]);
}

static void every_combination_gives_something_sensible_and_the_same_to_both(void **state)
{
	uint32_t n_none_unsure = 0;

	(void)state;
	for (uint32_t i = 0; i < N_REPORTS; i += 1) {
		for (uint32_t k = i % 7; k < N_REPORTS; k += 7) {
			struct nat_report a = nth_report(i, 1);
			struct nat_report b = nth_report(k, 2);
			struct plan plan, mirror;

			plan_make(&plan, &a, &b);
			plan_make(&mirror, &b, &a);
			if (!is_sensible(&plan) || !is_mirrored(&plan, &mirror))
				fail_msg("reports %u and %u", i, k);
			n_none_unsure += plan.method == PLAN_NONE && !plan.is_sure;
		}
	}
	/* the filter may be known, and the reaction to a SYN-in not */
	assert_true(n_none_unsure > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_holds_in_both_directions),
		cmocka_unit_test(a_plan_without_a_way_or_without_need_has_no_volley),
		cmocka_unit_test(one_way_goes_to_the_known_port_of_the_side_that_listens),
		cmocka_unit_test(the_window_begins_after_the_last_port),
		cmocka_unit_test(a_birthday_has_many_ports_on_the_random_side),
		cmocka_unit_test(held_dials_come_again_where_they_would_never_meet),
		cmocka_unit_test(nothing_known_is_plain_and_not_sure),
		cmocka_unit_test(a_quick_look_is_enough_for_ports),
		cmocka_unit_test(before_giving_up_an_unknown_filter_is_tried),
		cmocka_unit_test(a_volley_for_an_unusual_filter_waits),
		cmocka_unit_test(two_hosts_behind_one_box_need_no_plan),
		cmocka_unit_test(two_families_have_nothing_in_common),
		cmocka_unit_test(the_better_family_is_chosen),
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(
			every_combination_gives_something_sensible_and_the_same_to_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
