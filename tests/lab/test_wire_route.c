/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include <string.h>

#include "lab/network_wire.h"

static struct midair_endpoint address(const char *text)
{
	struct midair_endpoint endpoint;

	if (midair_endpoint_parse(&endpoint, text))
		fail_msg("not an endpoint: %s", text);
	return endpoint;
}

/* The wire of a scenario with a server. */
static struct wire_config plan(const char *line)
{
	struct scenario scenario;
	struct network_plan network;
	struct wire_config wire;

	if (scenario_parse(&scenario, line, NULL))
		fail_msg("not a scenario: %s", line);
	network_plan_init(&network, &scenario, NETWORK_APART);
	network_wire_plan(&wire, &network, &scenario);
	return wire;
}

static struct wire_routes routes_of(const struct wire_config *wire)
{
	struct wire_routes routes = {.n_ends = wire->n_ends};

	for (size_t i = 0; i < wire->n_ends; i++)
		routes.ends[i] = wire->ends[i].addresses;
	return routes;
}

/* An IP header with this destination. */
static size_t make_packet(uint8_t packet[40], const char *destination)
{
	struct midair_endpoint endpoint = address(destination);
	bool is_ipv6 = endpoint.family == MIDAIR_IPV6;

	memset(packet, 0, 40);
	packet[0] = is_ipv6 ? 0x60 : 0x45;
	memcpy(packet + (is_ipv6 ? 24 : 16), endpoint.address, is_ipv6 ? 16 : 4);
	return is_ipv6 ? 40 : 20;
}

static void a_packet_comes_out_where_its_destination_lives(void **state)
{
	static const struct {
		const char *destination;
		size_t from, to;
	} rows[] = {
		{"192.0.2.1:1", LAB_A, LAB_S},
		{"192.0.2.1:1", LAB_B, LAB_S},
		{"203.0.113.1:1", LAB_A, LAB_B},
		{"203.0.113.1:1", LAB_S, LAB_B},
		{"198.51.100.1:1", LAB_S, LAB_A},
		{"198.51.100.1:1", LAB_B, LAB_A},
		{"203.0.113.254:1", LAB_S, LAB_B},
		{"[2001:db8:5::1]:1", LAB_A, LAB_S},
		{"[2001:db8:a::1]:1", LAB_S, LAB_A},
		{"[2001:db8:b::fe]:1", LAB_A, LAB_B},
		{"192.0.2.99:1", LAB_A, WIRE_NO_END},
		{"10.0.1.2:1", LAB_S, WIRE_NO_END},
		{"[2001:db8::1]:1", LAB_B, WIRE_NO_END},
		/* its own: nothing on the link hands it back */
		{"198.51.100.1:1", LAB_A, WIRE_NO_END},
	};
	struct wire_config wire = plan("x a=drop b=firewall server=20ms expect=connect");
	struct wire_routes routes = routes_of(&wire);

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint8_t packet[40];
		size_t n_bytes = make_packet(packet, rows[i].destination);

		EXPECT(wire_route(&routes, rows[i].from, packet, n_bytes) == rows[i].to,
		       rows[i].destination);
	}
}

static void what_is_no_ip_packet_goes_nowhere(void **state)
{
	struct wire_config wire = plan("x server=20ms expect=connect");
	struct wire_routes routes = routes_of(&wire);
	uint8_t packet[40];
	size_t n_bytes = make_packet(packet, "192.0.2.1:1");

	(void)state;
	assert_int_equal(wire_route(&routes, LAB_A, packet, n_bytes), LAB_S);
	assert_int_equal(wire_route(&routes, LAB_A, packet, n_bytes - 1), WIRE_NO_END);
	assert_int_equal(wire_route(&routes, LAB_A, packet, 0), WIRE_NO_END);
	packet[0] = 0x55;
	assert_int_equal(wire_route(&routes, LAB_A, packet, n_bytes), WIRE_NO_END);
	n_bytes = make_packet(packet, "[2001:db8:5::1]:1");
	assert_int_equal(wire_route(&routes, LAB_A, packet, n_bytes - 1), WIRE_NO_END);
}

static void two_ends_are_a_cable(void **state)
{
	struct wire_config wire = plan("x expect=connect");
	struct wire_routes routes = routes_of(&wire);
	uint8_t packet[40];
	size_t n_bytes = make_packet(packet, "192.0.2.99:1");

	(void)state;
	assert_int_equal(wire.n_ends, 2);
	assert_int_equal(wire_route(&routes, LAB_A, packet, n_bytes), LAB_B);
	assert_int_equal(wire_route(&routes, LAB_B, packet, n_bytes), LAB_A);
}

static void each_two_places_have_their_own_delay(void **state)
{
	struct wire_config wire =
		plan("x server=100ms,30ms rtt=40ms loss=5% jitter=1ms expect=connect");
	const uint64_t ms = 1000000;

	(void)state;
	assert_int_equal(wire.n_ends, 3);
	assert_int_equal(wire.ends[LAB_A].to[LAB_S].delay_ns, 50 * ms);
	assert_int_equal(wire.ends[LAB_S].to[LAB_A].delay_ns, 50 * ms);
	assert_int_equal(wire.ends[LAB_B].to[LAB_S].delay_ns, 15 * ms);
	assert_int_equal(wire.ends[LAB_S].to[LAB_B].delay_ns, 15 * ms);
	assert_int_equal(wire.ends[LAB_A].to[LAB_B].delay_ns, 20 * ms);
	assert_int_equal(wire.ends[LAB_B].to[LAB_A].delay_ns, 20 * ms);
	assert_int_equal(wire.ends[LAB_S].to[LAB_B].loss_ppm, 50000);
	assert_int_equal(wire.ends[LAB_A].to[LAB_B].jitter_ns, ms);
}

static void addresses_own_what_is_sent_to_them(void **state)
{
	struct midair_endpoint one = address("10.0.1.2:1"), other = address("[fd00:1::2]:1");
	struct wire_addresses addresses = {0};
	uint8_t packet[40];
	size_t n_bytes = make_packet(packet, "10.0.1.2:7");

	(void)state;
	assert_false(wire_addresses_own(&addresses, packet, n_bytes));
	assert_true(wire_addresses_add(&addresses, &one));
	assert_true(wire_addresses_add(&addresses, &other));
	assert_true(wire_addresses_own(&addresses, packet, n_bytes));
	assert_false(wire_addresses_own(&addresses, packet, n_bytes - 1));
	n_bytes = make_packet(packet, "[fd00:1::2]:7");
	assert_true(wire_addresses_own(&addresses, packet, n_bytes));
	n_bytes = make_packet(packet, "[fd00:1::3]:7");
	assert_false(wire_addresses_own(&addresses, packet, n_bytes));
}

static void an_end_has_room_for_so_many_addresses(void **state)
{
	struct midair_endpoint endpoint = address("192.0.2.7:1");
	struct midair_endpoint none = {0};
	struct wire_addresses addresses = {0};

	(void)state;
	for (size_t i = 0; i < WIRE_ADDRESSES_MAX; i++) {
		assert_true(wire_addresses_add(&addresses, &endpoint));
		assert_true(wire_addresses_add(&addresses, &none));
	}
	assert_false(wire_addresses_add(&addresses, &endpoint));
	assert_int_equal(addresses.n_addresses, WIRE_ADDRESSES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_comes_out_where_its_destination_lives),
		cmocka_unit_test(what_is_no_ip_packet_goes_nowhere),
		cmocka_unit_test(two_ends_are_a_cable),
		cmocka_unit_test(each_two_places_have_their_own_delay),
		cmocka_unit_test(addresses_own_what_is_sent_to_them),
		cmocka_unit_test(an_end_has_room_for_so_many_addresses),
	};

	return cmocka_run_group_tests_name("wire_route", tests, NULL, NULL);
}
