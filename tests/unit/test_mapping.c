/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include "tests/unit/unit.h"

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint parsed;

	assert_int_equal(midair_endpoint_parse(&parsed, text), 0);
	return parsed;
}

static const struct {
	const char *name, *local, *external;
	uint16_t port;
	uint32_t lifetime_s;
	enum mapping_verdict verdict;
} grants[] = {
	{"as asked", "192.168.1.7:1314", "203.0.113.9:1314", 1314, 600, MAPPING_GOOD},
	{"another outer port", "192.168.1.7:1314", "203.0.113.9:9", 1314, 600, MAPPING_GOOD},
	{"the least time", "192.168.1.7:1314", "203.0.113.9:9", 1314, 60, MAPPING_GOOD},
	{"for ever", "192.168.1.7:1314", "203.0.113.9:9", 1314, UINT32_MAX, MAPPING_GOOD},
	{"too short", "192.168.1.7:1314", "203.0.113.9:9", 1314, 59, MAPPING_TOO_SHORT},
	{"no lifetime", "192.168.1.7:1314", "203.0.113.9:9", 1314, 0, MAPPING_TOO_SHORT},
	{"not our port", "192.168.1.7:1314", "203.0.113.9:9", 1315, 600, MAPPING_USELESS},
	{"private", "192.168.1.7:1314", "10.0.0.1:9", 1314, 600, MAPPING_DOUBLE_NAT},
	{"of a carrier", "192.168.1.7:1314", "100.64.0.1:9", 1314, 600, MAPPING_DOUBLE_NAT},
	{"of the link", "192.168.1.7:1314", "169.254.0.1:9", 1314, 600, MAPPING_DOUBLE_NAT},
	{"loopback", "192.168.1.7:1314", "127.0.0.1:9", 1314, 600, MAPPING_USELESS},
	{"unspecified", "192.168.1.7:1314", "0.0.0.0:9", 1314, 600, MAPPING_USELESS},
	{"multicast", "192.168.1.7:1314", "224.0.0.1:9", 1314, 600, MAPPING_USELESS},
	{"IPv6 for IPv4", "192.168.1.7:1314", "[2001:db8::7]:9", 1314, 600, MAPPING_USELESS},
	{"pinhole", "[2001:db8::7]:1314", "[2001:db8::7]:1314", 1314, 600, MAPPING_GOOD},
	{"somebody else's", "[2001:db8::7]:1314", "[2001:db8::8]:1314", 1314, 600,
	 MAPPING_USELESS},
};

static void a_grant_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(grants); i++) {
		struct midair_endpoint local = endpoint(grants[i].local);
		struct mapping_grant grant = {
			.external = endpoint(grants[i].external),
			.port = grants[i].port,
			.lifetime_s = grants[i].lifetime_s,
		};

		EXPECT(mapping_judge(&grant, &local) == grants[i].verdict, grants[i].name);
		grant.external.port = 0;
		EXPECT(mapping_judge(&grant, &local) != MAPPING_GOOD, grants[i].name);
	}
}

static const struct {
	const char *name, *local, *gateway;
	bool is_wanted;
} places[] = {
	{"at home", "192.168.1.7:1", "192.168.1.1:1", true},
	{"behind a carrier", "100.64.3.7:1", "100.64.0.1:1", true},
	{"a public host", "203.0.113.9:1", "203.0.113.1:1", false},
	{"a public host behind a private gateway", "203.0.113.9:1", "10.0.0.1:1", false},
	{"a private host behind a public gateway", "10.0.0.9:1", "203.0.113.1:1", false},
	{"IPv6 at home", "[2001:db8::7]:1", "[fe80::1%2]:1", true},
	{"IPv6 without a public address", "[fd00::7]:1", "[fe80::1%2]:1", false},
	{"IPv6, a gateway in public", "[2001:db8::7]:1", "[2001:db8::1]:1", false},
	{"two families", "[2001:db8::7]:1", "192.168.1.1:1", false},
};

static void only_a_home_has_something_to_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(places); i++) {
		struct midair_endpoint local = endpoint(places[i].local);
		struct midair_endpoint gateway = endpoint(places[i].gateway);

		EXPECT(mapping_is_wanted(&local, &gateway) == places[i].is_wanted,
		       places[i].name);
	}
}

static void only_where_the_server_saw_us_it_is_of_use(void **state)
{
	const struct midair_endpoint seen = endpoint("198.51.100.1:40000");
	const struct midair_endpoint there = endpoint("198.51.100.1:7");
	const struct midair_endpoint elsewhere = endpoint("198.51.100.2:40000");
	const struct midair_endpoint nowhere = {0};

	(void)state;
	assert_true(mapping_is_where_seen(&there, &seen));
	assert_false(mapping_is_where_seen(&elsewhere, &seen));
	assert_false(mapping_is_where_seen(&nowhere, &seen));
	assert_false(mapping_is_where_seen(&nowhere, &nowhere));
}

static const struct {
	const char *name;
	enum mapping_state state;
	enum report_filtering filtering, then_filtering;
	enum report_reaction then_reaction;
} changes[] = {
	{"no port", MAPPING_STATE_NONE, REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	 REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT, REPORT_REACTION_RESET},
	{"it may come", MAPPING_STATE_PENDING, REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	 REPORT_FILTERING_UNKNOWN, REPORT_REACTION_RESET},
	{"it may come to an open one", MAPPING_STATE_PENDING,
	 REPORT_FILTERING_ENDPOINT_INDEPENDENT, REPORT_FILTERING_ENDPOINT_INDEPENDENT,
	 REPORT_REACTION_RESET},
	{"it is open", MAPPING_STATE_OPEN, REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	 REPORT_FILTERING_ENDPOINT_INDEPENDENT, REPORT_REACTION_NONE},
};

static void an_open_port_lets_everybody_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(changes); i++) {
		struct nat_report report = {
			.family = MIDAIR_IPV4,
			.mapping = REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
			.filtering = changes[i].filtering,
			.reaction = REPORT_REACTION_RESET,
		};

		mapping_report(&report, changes[i].state);
		EXPECT(report.filtering == changes[i].then_filtering, changes[i].name);
		EXPECT(report.reaction == changes[i].then_reaction, changes[i].name);
		EXPECT(report.mapping == REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
		       changes[i].name);
	}
}

static void it_is_refreshed_at_half_of_its_time(void **state)
{
	(void)state;
	assert_int_equal(mapping_refresh_s(600), 300);
	assert_int_equal(mapping_refresh_s(60), 30);
	assert_int_equal(mapping_refresh_s(UINT32_MAX), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_is_judged),
		cmocka_unit_test(only_a_home_has_something_to_open),
		cmocka_unit_test(only_where_the_server_saw_us_it_is_of_use),
		cmocka_unit_test(an_open_port_lets_everybody_in),
		cmocka_unit_test(it_is_refreshed_at_half_of_its_time),
	};

	return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
