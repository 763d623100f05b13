/* SPDX-License-Identifier: MIT */
/* `midair check` behind a router that opens ports when it is asked, a real miniupnpd: what it
 * speaks is told, and whom one reaches by that. */
#include "lab_test.h"

#include <stdio.h>
#include <string.h>

#include "lab/measure.h"
#include "lab/port_mapper.h"

static const struct midair_nat *measure(struct midair_check_report *report,
					const struct network_config *config)
{
	struct measurement *measurement;
	struct lab_reason reason;

	if (measure_new(&measurement, config, &reason))
		fail_msg("%s", reason.text);
	if (measure_start(measurement, &reason) || measure_wait(measurement, report, &reason))
		fail_msg("%s", reason.text);
	measure_free(measurement);
	return &report->nats[config->scenario->family == MIDAIR_IPV6 ? 1 : 0];
}

static struct scenario scenario_of(const char *line)
{
	struct scenario scenario;
	char text[SCENARIO_LINE_SIZE];

	snprintf(text, sizeof(text), "check %s b=public rtt=50ms server=50ms expect=connect",
		 line);
	if (scenario_parse(&scenario, text, NULL))
		fail_msg("not a scenario: %s", text);
	return scenario;
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
	const struct scenario scenario = scenario_of("a=apdm/random/port-mapping");
	const struct network_config config = {.scenario = &scenario, .seed = 1};
	struct midair_check_report report;
	const struct midair_nat *nat = measure(&report, &config);

	(void)state;
	assert_int_equal(nat->result, 0);
	assert_int_equal(nat->pcp, MIDAIR_YES);
	assert_int_equal(nat->nat_pmp, MIDAIR_YES);
	assert_int_equal(nat->upnp, MIDAIR_YES);
	assert_int_equal(nat->n_layers, 1);
	/* of the box, as it treats the ports that it was not asked for */
	assert_int_equal(nat->type, MIDAIR_NAT_4);
	assert_int_equal(nat->filtering, MIDAIR_FILTERING_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(nat->reaction, MIDAIR_REACTION_DROP);
	for (size_t i = 0; i < nat->n_reaches; i++)
		EXPECT(nat->reaches[i].way != MIDAIR_WAY_NONE, nat->reaches[i].name);
	assert_int_equal(reach_of(nat, "nat4-random")->way, MIDAIR_WAY_ONE_WAY);
	assert_int_equal(reach_of(nat, "nat4-random")->way_without_port, MIDAIR_WAY_NONE);
}

static void the_pcp_of_a_firewall_is_found(void **state)
{
	const struct scenario scenario = scenario_of("a=firewall/port-mapping family=ipv6");
	const struct network_config config = {.scenario = &scenario, .seed = 1};
	struct midair_check_report report;
	const struct midair_nat *nat = measure(&report, &config);

	(void)state;
	assert_int_equal(nat->result, 0);
	assert_int_equal(nat->pcp, MIDAIR_YES);
	assert_int_equal(nat->n_layers, 0);
	assert_int_equal(nat->type, MIDAIR_NAT_FIREWALL);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_ports_reach_everybody_by_a_port_that_the_router_opens),
		cmocka_unit_test(the_pcp_of_a_firewall_is_found),
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
