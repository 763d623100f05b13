/* SPDX-License-Identifier: MIT */
#include "core/candidates.h"

#include <stdio.h>
#include <string.h>

#include "core/address_kind.h"
#include "tests/unit/unit.h"

static struct midair_endpoint endpoint_of(const char *text)
{
	struct midair_endpoint endpoint = {0};

	if (text[0] != '\0' && midair_endpoint_parse(&endpoint, text) != 0)
		fail_msg("\"%s\" is no endpoint", text);
	return endpoint;
}

static void add_interface(struct candidate_view *view, const char *text, uint8_t prefix_bits,
			  bool is_unfit)
{
	struct interface_address *interface = &view->interfaces[view->n_interfaces++];

	/* The text needs a port, the interface has none. */
	interface->endpoint = endpoint_of(text);
	interface->endpoint.port = 0;
	interface->prefix_bits = prefix_bits;
	interface->is_unfit = is_unfit;
}

/* A laptop behind a NAT, with IPv6. */
static struct candidate_view laptop(void)
{
	struct candidate_view view = {
		.server = endpoint_of("203.0.113.200:1314"),
		.observed = {endpoint_of("198.51.100.1:4000"),
			     endpoint_of("[2001:db8:1::5]:1400")},
		.ports = {1400, 1400},
	};

	add_interface(&view, "127.0.0.1:1", 8, false);
	add_interface(&view, "[::1]:1", 128, false);
	add_interface(&view, "192.168.1.20:1", 24, false);
	add_interface(&view, "172.17.0.1:1", 16, false);
	add_interface(&view, "[2001:db8:1::5]:1", 64, false);
	add_interface(&view, "[2001:db8:1::99]:1", 64, true);
	add_interface(&view, "[fe80::1%2]:1", 64, false);
	add_interface(&view, "169.254.3.4:1", 16, false);
	return view;
}

static struct candidate_view on_loopback(void)
{
	struct candidate_view view = laptop();

	view.server = endpoint_of("127.0.0.1:1314");
	view.observed[0] = endpoint_of("127.0.0.1:1400");
	view.observed[1] = endpoint_of("");
	return view;
}

static struct candidate_view beside_the_server(void)
{
	struct candidate_view view = laptop();

	view.server = endpoint_of("10.9.8.7:1314");
	view.observed[0] = endpoint_of("192.168.1.20:1400");
	return view;
}

static const char *type_text(enum candidate_type type)
{
	switch (type) {
	case CANDIDATE_HOST:
		return "host=";
	case CANDIDATE_SERVER_REFLEXIVE:
		return "seen=";
	case CANDIDATE_MAPPED:
		return "mapped=";
	}
	return "";
}

static const char *offer_text(const struct candidate_view *view)
{
	static char text[1024];
	struct candidate candidates[INTRODUCTION_CANDIDATES_MAX];
	uint32_t n = candidates_offer(view, candidates);
	size_t length = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		char endpoint[MIDAIR_ENDPOINT_TEXT_SIZE];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s",
					   i == 0 ? "" : " ", type_text(candidates[i].type),
					   midair_endpoint_format(&candidates[i].endpoint,
								  endpoint));
	}
	return text;
}

static void what_servers_saw_is_offered_first_then_the_interfaces(void **state)
{
	struct candidate_view view = laptop();

	(void)state;
	/* No loopback, nothing of the link, nothing that passes, nothing twice. */
	assert_string_equal(offer_text(&view),
			    "seen=198.51.100.1:4000 seen=[2001:db8:1::5]:1400 "
			    "host=192.168.1.20:1400 host=172.17.0.1:1400");
	view.observed[1] = endpoint_of("");
	assert_string_equal(offer_text(&view),
			    "seen=198.51.100.1:4000 host=[2001:db8:1::5]:1400 "
			    "host=192.168.1.20:1400 host=172.17.0.1:1400");
	view.ports[0] = 0;
	assert_string_equal(offer_text(&view),
			    "seen=198.51.100.1:4000 host=[2001:db8:1::5]:1400");
}

static void a_mapped_port_is_offered_where_servers_saw_us(void **state)
{
	struct candidate_view view = laptop();

	(void)state;
	view.mapped[0] = endpoint_of("198.51.100.1:1400");
	assert_non_null(strstr(offer_text(&view), "mapped=198.51.100.1:1400 host="));
	/* The outer port may be the one that was seen anyway. */
	view.mapped[0] = endpoint_of("198.51.100.1:4000");
	assert_null(strstr(offer_text(&view), "mapped="));
	/* Another router's behind it, a lie, or not known yet. */
	view.mapped[0] = endpoint_of("198.51.100.2:1400");
	assert_null(strstr(offer_text(&view), "mapped="));
	view.mapped[0] = endpoint_of("10.0.0.1:1400");
	assert_null(strstr(offer_text(&view), "mapped="));
	view.mapped[0] = endpoint_of("198.51.100.1:1400");
	view.observed[0] = endpoint_of("");
	assert_null(strstr(offer_text(&view), "mapped="));
}

static void loopback_is_offered_when_the_server_is_there(void **state)
{
	struct candidate_view view = on_loopback();

	(void)state;
	assert_non_null(strstr(offer_text(&view), "seen=127.0.0.1:1400"));
	assert_non_null(strstr(offer_text(&view), "host=[::1]:1400"));
}

static void no_more_is_offered_than_the_message_holds(void **state)
{
	struct candidate candidates[INTRODUCTION_CANDIDATES_MAX];
	struct candidate_view view = laptop();

	(void)state;
	view.n_interfaces = 0;
	for (uint32_t i = 0; i < INTERFACE_ADDRESSES_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.1.1.%u:1", i + 1);
		add_interface(&view, text, 8, false);
	}
	assert_int_equal(candidates_offer(&view, candidates), INTRODUCTION_CANDIDATES_MAX);
	assert_int_equal(candidates[0].type, CANDIDATE_SERVER_REFLEXIVE);
}

static void addresses_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum address_kind kind;
	} rows[] = {
		{"0.0.0.0:1", ADDRESS_NO_HOST},		{"0.255.0.1:1", ADDRESS_NO_HOST},
		{"1.1.1.1:1", ADDRESS_PUBLIC},		{"9.255.255.255:1", ADDRESS_PUBLIC},
		{"10.0.0.0:1", ADDRESS_PRIVATE},	{"10.255.255.255:1", ADDRESS_PRIVATE},
		{"11.0.0.0:1", ADDRESS_PUBLIC},		{"100.63.255.255:1", ADDRESS_PUBLIC},
		{"100.64.0.0:1", ADDRESS_PRIVATE},	{"100.127.255.255:1", ADDRESS_PRIVATE},
		{"100.128.0.0:1", ADDRESS_PUBLIC},	{"127.1.2.3:1", ADDRESS_LOOPBACK},
		{"169.254.0.1:1", ADDRESS_LINK},	{"172.15.255.255:1", ADDRESS_PUBLIC},
		{"172.16.0.0:1", ADDRESS_PRIVATE},	{"172.31.255.255:1", ADDRESS_PRIVATE},
		{"172.32.0.0:1", ADDRESS_PUBLIC},	{"192.168.0.1:1", ADDRESS_PRIVATE},
		{"198.51.100.1:1", ADDRESS_PUBLIC},	{"223.255.255.255:1", ADDRESS_PUBLIC},
		{"224.0.0.1:1", ADDRESS_NO_HOST},	{"240.0.0.1:1", ADDRESS_NO_HOST},
		{"255.255.255.255:1", ADDRESS_NO_HOST}, {"[::]:1", ADDRESS_NO_HOST},
		{"[::1]:1", ADDRESS_LOOPBACK},		{"[::2]:1", ADDRESS_NO_HOST},
		{"[2001:db8::1]:1", ADDRESS_PUBLIC},	{"[fc00::1]:1", ADDRESS_PRIVATE},
		{"[fdff::1]:1", ADDRESS_PRIVATE},	{"[fe00::1]:1", ADDRESS_PUBLIC},
		{"[fe80::1%1]:1", ADDRESS_LINK},	{"[ff02::1%1]:1", ADDRESS_NO_HOST},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint endpoint = endpoint_of(rows[i].text);

		EXPECT(address_kind(&endpoint) == rows[i].kind, rows[i].text);
	}
	assert_int_equal(address_kind(&(struct midair_endpoint){0}), ADDRESS_NO_HOST);
}

static void private_ranges_are_told_apart(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} rows[] = {
		{"10.0.0.1:1", "10.255.0.1:2", true},
		{"10.0.0.1:1", "172.16.0.1:1", false},
		{"172.16.0.1:1", "172.31.9.9:1", true},
		{"172.16.0.1:1", "172.32.0.1:1", false},
		{"192.168.0.1:1", "192.168.9.1:1", true},
		{"100.64.0.1:1", "100.127.0.1:1", true},
		{"100.64.0.1:1", "10.0.0.1:1", false},
		{"8.8.8.8:1", "8.8.4.4:1", false},
		{"127.0.0.1:1", "127.0.0.2:1", false},
		{"10.0.0.1:1", "[fd00::1]:1", false},
		{"[fd12:3456:789a:1::1]:1", "[fd12:3456:789a:2::1]:1", true},
		{"[fd12:3456:789a::1]:1", "[fd12:3456:789b::1]:1", false},
		{"[2001:db8::1]:1", "[2001:db8::2]:1", false},
		{"", "10.0.0.1:1", false},
		{"10.0.0.1:1", "", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint a = endpoint_of(rows[i].a), b = endpoint_of(rows[i].b);

		EXPECT(address_is_same_private_range(&a, &b) == rows[i].is_same, rows[i].a);
	}
}

enum where { AT_HOME, ON_LOOPBACK, BESIDE_THE_SERVER };

static struct candidate_view view_of(enum where where)
{
	if (where == ON_LOOPBACK)
		return on_loopback();
	return where == AT_HOME ? laptop() : beside_the_server();
}

static void a_lying_server_reaches_nothing_that_it_should_not(void **state)
{
	static const struct {
		enum where where;
		const char *observed;
		bool is_dialled;
	} rows[] = {
		{AT_HOME, "203.0.113.7:4000", true},
		{AT_HOME, "198.51.100.1:4001", true},  /* behind the same NAT */
		{AT_HOME, "198.51.100.1:4000", false}, /* ourselves */
		{AT_HOME, "192.168.1.20:1400", false},
		{AT_HOME, "[2001:db8:1::5]:1400", false},
		{AT_HOME, "[2001:db8:2::5]:1400", true},
		{AT_HOME, "127.0.0.1:22", false},
		{AT_HOME, "[::1]:22", false},
		{AT_HOME, "0.0.0.0:22", false},
		{AT_HOME, "224.0.0.1:22", false},
		{AT_HOME, "255.255.255.255:22", false},
		{AT_HOME, "192.168.1.255:22", false}, /* our network's broadcast */
		{AT_HOME, "10.0.0.1:22", false},
		{AT_HOME, "169.254.3.9:22", false},
		{AT_HOME, "[fe80::9%2]:22", false},
		{AT_HOME, "192.168.1.1:22", true}, /* a server beside a NAT's inside */
		{ON_LOOPBACK, "127.0.0.1:4000", true},
		{ON_LOOPBACK, "127.0.0.1:1400", false},
		{AT_HOME, "172.17.0.9:22", true}, /* one of our own networks, whatever for */
		{AT_HOME, "172.18.0.9:22", false},
		{AT_HOME, "192.168.2.1:22", false},
		{AT_HOME, "100.64.0.1:22", false},
		{AT_HOME, "[fd00::7]:22", false},
		{ON_LOOPBACK, "10.1.2.3:4000", true}, /* our own machine sees it */
		{BESIDE_THE_SERVER, "10.1.2.3:4000", true},
		{BESIDE_THE_SERVER, "127.0.0.1:4000", false},
		/* the server's being in one range opens no other one */
		{BESIDE_THE_SERVER, "172.18.0.9:22", false},
		{BESIDE_THE_SERVER, "192.168.2.1:22", false},
		{BESIDE_THE_SERVER, "100.64.0.1:22", false},
		{BESIDE_THE_SERVER, "[fd00::7]:22", false},
		{BESIDE_THE_SERVER, "192.168.1.1:22", true},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct candidate_view view = view_of(rows[i].where);
		struct midair_endpoint observed = endpoint_of(rows[i].observed);

		EXPECT(candidates_may_dial_observed(&view, &observed) == rows[i].is_dialled,
		       rows[i].observed);
	}
}

static void private_addresses_are_dialled_where_they_mean_the_same(void **state)
{
	static const struct {
		enum where where;
		const char *observed;
		const char *remote;
		bool is_dialled;
	} rows[] = {
		{AT_HOME, "203.0.113.7:4000", "203.0.113.7:4000", true},
		{AT_HOME, "203.0.113.7:4000", "203.0.113.8:4000", true},
		{AT_HOME, "203.0.113.7:4000", "192.168.1.30:1400", true}, /* our network too */
		{AT_HOME, "203.0.113.7:4000", "192.168.2.30:1400", false},
		{AT_HOME, "203.0.113.7:4000", "192.168.1.255:1400", false},
		/* The server says that the peer is behind our router, and the peer names what it likes. */
		{AT_HOME, "198.51.100.1:4001", "192.168.1.30:1400", true},
		{AT_HOME, "198.51.100.1:4001", "192.168.2.30:1400", false},
		{AT_HOME, "198.51.100.1:4001", "10.0.0.1:22", false},
		{AT_HOME, "198.51.100.1:4001", "100.64.0.1:22", false},
		{AT_HOME, "198.51.100.1:4001", "[fd00::7]:22", false},
		{AT_HOME, "198.51.100.1:4001", "198.51.100.1:4001", true}, /* by the hairpin */
		{AT_HOME, "10.0.0.1:22", "10.0.0.1:22", false},
		{AT_HOME, "", "192.168.2.30:1400", false},
		{AT_HOME, "203.0.113.7:4000", "127.0.0.1:22", false},
		{AT_HOME, "127.0.0.1:4000", "127.0.0.1:22", false},
		{AT_HOME, "10.3.3.3:4000", "10.3.3.3:4000", false},
		{AT_HOME, "203.0.113.7:4000", "[fd00::7]:1400", false},
		{ON_LOOPBACK, "127.0.0.1:4000", "[::1]:4000", true},
		{BESIDE_THE_SERVER, "10.3.3.3:4000", "10.3.3.3:4000", true},
		{BESIDE_THE_SERVER, "10.3.3.3:4000", "10.3.3.4:4000", false},
		{BESIDE_THE_SERVER, "192.168.2.30:22", "192.168.2.30:22", false},
		{ON_LOOPBACK, "127.0.0.1:4000", "10.3.3.4:22", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct candidate_view view = view_of(rows[i].where);
		struct midair_endpoint observed = endpoint_of(rows[i].observed);
		struct midair_endpoint remote = endpoint_of(rows[i].remote);

		EXPECT(candidates_may_dial(&view, &observed, &remote) == rows[i].is_dialled,
		       rows[i].remote);
	}
}

static void neighbours_have_our_outer_address(void **state)
{
	static const struct {
		enum where where;
		const char *observed;
		bool are_neighbours;
	} rows[] = {
		{AT_HOME, "198.51.100.1:4001", true},
		{AT_HOME, "203.0.113.7:4000", false},
		{AT_HOME, "", false},
		/* nothing is translated */
		{ON_LOOPBACK, "127.0.0.1:4000", false},
		{BESIDE_THE_SERVER, "10.1.2.3:4000", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct candidate_view view = view_of(rows[i].where);
		struct midair_endpoint observed = endpoint_of(rows[i].observed);

		EXPECT(candidates_are_neighbours(&view, &observed) == rows[i].are_neighbours,
		       rows[i].observed);
	}
}

/* Who is in public has that address itself, and nobody else has it. */
static void an_outer_address_of_our_own_makes_no_neighbours(void **state)
{
	struct candidate_view view = view_of(AT_HOME);
	struct midair_endpoint observed = endpoint_of("198.51.100.1:4001");

	(void)state;
	view.interfaces[0].endpoint = view.observed[0];
	view.interfaces[0].endpoint.port = 0;
	assert_false(candidates_are_neighbours(&view, &observed));
}

static void a_family_that_is_not_bound_is_not_dialled(void **state)
{
	struct candidate_view view = laptop();
	struct midair_endpoint remote = endpoint_of("[2001:db8:7::1]:5");

	(void)state;
	assert_true(candidates_may_dial_observed(&view, &remote));
	view.ports[1] = 0;
	assert_false(candidates_may_dial_observed(&view, &remote));
	remote.port = 0;
	view.ports[1] = 1400;
	assert_false(candidates_may_dial_observed(&view, &remote));
}

static void the_most_promising_comes_first(void **state)
{
	struct candidate candidates[] = {
		{CANDIDATE_HOST, endpoint_of("192.168.1.2:1")},
		{CANDIDATE_HOST, endpoint_of("203.0.113.9:2")},
		{CANDIDATE_MAPPED, endpoint_of("203.0.113.9:3")},
		{CANDIDATE_HOST, endpoint_of("10.1.1.1:4")},
		{CANDIDATE_SERVER_REFLEXIVE, endpoint_of("203.0.113.9:5")},
	};
	static const uint16_t ports[] = {3, 5, 2, 1, 4};

	(void)state;
	candidates_sort(candidates, N_ITEMS(candidates));
	for (size_t i = 0; i < N_ITEMS(ports); i++)
		assert_int_equal(candidates[i].endpoint.port, ports[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_servers_saw_is_offered_first_then_the_interfaces),
		cmocka_unit_test(a_mapped_port_is_offered_where_servers_saw_us),
		cmocka_unit_test(loopback_is_offered_when_the_server_is_there),
		cmocka_unit_test(no_more_is_offered_than_the_message_holds),
		cmocka_unit_test(addresses_are_told_apart),
		cmocka_unit_test(private_ranges_are_told_apart),
		cmocka_unit_test(a_lying_server_reaches_nothing_that_it_should_not),
		cmocka_unit_test(private_addresses_are_dialled_where_they_mean_the_same),
		cmocka_unit_test(neighbours_have_our_outer_address),
		cmocka_unit_test(an_outer_address_of_our_own_makes_no_neighbours),
		cmocka_unit_test(a_family_that_is_not_bound_is_not_dialled),
		cmocka_unit_test(the_most_promising_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
