/* SPDX-License-Identifier: MIT */
/* `midair check` behind a router that opens ports when it is asked, a real miniupnpd, and behind two
 * NATs: every field is right, and whom one reaches by a port of the router's. */
#include "lab_test.h"

#include <stdio.h>
#include <string.h>

#include "lab/measure.h"
#include "lab/port_mapper.h"
#include "lab/truth.h"

/* line: of the box, the carrier's NAT or NULL, and what both together are like. */
struct row {
	const char *line;
	const char *carrier;
	const char *behavior;
	bool is_squatter; /* between the two is an address that looks like a public one */
};

static void run_check(struct midair_check_report *report, struct truth *truth,
		      const struct network_config *config)
{
	struct measurement *measurement;
	struct lab_reason reason;

	if (measure_new(&measurement, config, &reason) ||
	    truth_host_prepare(measure_network(measurement), &reason) ||
	    measure_start(measurement, &reason) || measure_wait(measurement, report, &reason) ||
	    truth_host_look(&truth->host, measure_network(measurement), &reason))
		fail_msg("%s", reason.text);
	truth_look(&truth->place, measure_network(measurement), truth->family);
	measure_free(measurement);
}

/* Fails where a field is wrong. */
static void check_behind(const struct row *row, struct midair_check_report *report)
{
	struct network_config config = {.seed = 1};
	struct truth truth = {0};
	struct truth_result result;
	struct scenario scenario;
	struct nat_behavior carrier;
	char text[SCENARIO_LINE_SIZE];

	snprintf(text, sizeof(text), "check %s b=public rtt=50ms server=50ms expect=connect",
		 row->line);
	EXPECT(scenario_parse(&scenario, text, NULL) == 0, row->line);
	EXPECT(nat_behavior_parse(&truth.behavior, row->behavior) == 0, row->behavior);
	config.scenario = &scenario;
	if (row->carrier) {
		EXPECT(nat_behavior_parse(&carrier, row->carrier) == 0, row->carrier);
		config.carrier = &carrier;
		config.is_carrier_squatter = row->is_squatter;
	}
	truth.family = scenario.family;
	run_check(report, &truth, &config);
	truth_compare(&result, &truth, report);
	if (result.n_wrong > 0)
		fail_msg("%s: %s", row->line, result.text);
}

static const struct midair_reach *reach_of(const struct midair_nat *nat, const char *name)
{
	for (size_t i = 0; i < nat->n_reaches; i++)
		if (strcmp(nat->reaches[i].name, name) == 0)
			return &nat->reaches[i];
	fail_msg("no peer %s", name);
	return NULL;
}

static void random_ports_reach_everybody_by_a_port_that_the_router_opens(void **state)
{
	const struct row row = {"a=apdm/random/port-mapping", NULL, "apdm/random", false};
	struct midair_check_report report;
	const struct midair_nat *nat = &report.nats[0];

	(void)state;
	check_behind(&row, &report);
	assert_int_equal(nat->upnp, MIDAIR_YES);
	assert_int_equal(nat->nat_pmp, MIDAIR_YES);
	assert_int_equal(nat->pcp, MIDAIR_YES);
	assert_int_equal(nat->n_layers, 1);
	/* of the box, as it treats the ports that it was not asked for */
	assert_int_equal(nat->type, MIDAIR_NAT_4);
	assert_int_equal(reach_of(nat, "nat4-random")->way, MIDAIR_WAY_ONE_WAY);
	assert_int_equal(reach_of(nat, "nat4-random")->way_without_port, MIDAIR_WAY_NONE);
}

static void a_router_that_resets_strangers_opens_ports_too(void **state)
{
	const struct row row = {"a=rst/port-mapping", NULL, "rst", false};
	struct midair_check_report report;

	(void)state;
	check_behind(&row, &report);
	assert_int_equal(report.nats[0].n_layers, 1);
	assert_int_equal(reach_of(&report.nats[0], "nat4-random")->way, MIDAIR_WAY_ONE_WAY);
}

static void the_pcp_of_a_firewall_is_found(void **state)
{
	const struct row row = {"a=firewall/port-mapping family=ipv6", NULL, "firewall", false};
	struct midair_check_report report;

	(void)state;
	check_behind(&row, &report);
	assert_int_equal(report.nats[1].pcp, MIDAIR_YES);
}

/* The outer one is what others meet; that there are two does not show. */
static void of_two_nats_the_outer_one_is_measured(void **state)
{
	static const struct row rows[] = {
		{"a=drop", "eim/apdf/random/rst", "eim/apdf/random/rst", false},
		{"a=apdm/random", "eim/apdf/preserve/icmp", "apdm/apdf/random/icmp", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_check_report report;

		check_behind(&rows[i], &report);
		EXPECT(report.nats[0].n_layers == -1, rows[i].line);
	}
}

/* The router says by which address it goes out, and it is not the one that others see. */
static void behind_another_nat_a_port_of_the_router_s_is_of_no_use(void **state)
{
	const struct row row = {"a=apdm/random/port-mapping", "eim/apdf/preserve/drop",
				"apdm/apdf/random/drop", true};
	struct midair_check_report report;
	const struct midair_nat *nat = &report.nats[0];

	(void)state;
	check_behind(&row, &report);
	assert_int_equal(nat->upnp, MIDAIR_YES);
	assert_int_equal(nat->n_layers, 2);
	assert_int_equal(reach_of(nat, "nat4-random")->way, MIDAIR_WAY_NONE);
}

/* It speaks PCP, and what it would open is not known. */
static void a_router_without_a_public_address_is_not_counted_on(void **state)
{
	const struct row row = {"a=apdm/random/port-mapping", "eim/apdf/preserve/drop",
				"apdm/apdf/random/drop", false};
	struct midair_check_report report;
	const struct midair_nat *nat = &report.nats[0];

	(void)state;
	check_behind(&row, &report);
	assert_int_equal(nat->pcp, MIDAIR_YES);
	assert_int_equal(reach_of(nat, "nat4-random")->way, MIDAIR_WAY_NONE);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_ports_reach_everybody_by_a_port_that_the_router_opens),
		cmocka_unit_test(a_router_that_resets_strangers_opens_ports_too),
		cmocka_unit_test(the_pcp_of_a_firewall_is_found),
		cmocka_unit_test(of_two_nats_the_outer_one_is_measured),
		cmocka_unit_test(behind_another_nat_a_port_of_the_router_s_is_of_no_use),
		cmocka_unit_test(a_router_without_a_public_address_is_not_counted_on),
	};

	(void)context;
	return cmocka_run_group_tests_name("check_gateway", tests, NULL, NULL);
}

int main(void)
{
	if (!port_mapper_is_there())
		return lab_test_skip("miniupnpd is missing: apt install miniupnpd-nftables");
	return lab_test_main(group);
}
