/* SPDX-License-Identifier: MIT */
#include "core/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/unit.h"

/* text in, text out */
static const struct {
	const char *text;
	const char *formatted;
} valid[] = {
	{"192.0.2.1:1314", "192.0.2.1:1314"},
	{"0.0.0.0:1", "0.0.0.0:1"},
	{"255.255.255.255:65535", "255.255.255.255:65535"},
	{"[::]:80", "[::]:80"},
	{"[::1]:80", "[::1]:80"},
	{"[1::]:80", "[1::]:80"},
	{"[2001:DB8::AbCd]:80", "[2001:db8::abcd]:80"},
	{"[2001:0db8:0000:0000:0001:0000:0000:0001]:80", "[2001:db8::1:0:0:1]:80"},
	{"[2001:db8:0:0:1:0:0:0]:80", "[2001:db8:0:0:1::]:80"},
	{"[2001:db8:0:1:1:1:1:1]:80", "[2001:db8:0:1:1:1:1:1]:80"},
	{"[2001:db8::1:1:1:1:1]:80", "[2001:db8:0:1:1:1:1:1]:80"},
	{"[0:0:1:2:3:4:5:6]:80", "[::1:2:3:4:5:6]:80"},
	{"[1:2:3:4:5:6:0:0]:80", "[1:2:3:4:5:6::]:80"},
	{"[1:2:3:4:5:6:7:8]:80", "[1:2:3:4:5:6:7:8]:80"},
	{"[1:2:3:4:5:6:7::]:80", "[1:2:3:4:5:6:7:0]:80"},
	{"[::2:3:4:5:6:7:8]:80", "[0:2:3:4:5:6:7:8]:80"},
	{"[64:ff9b::192.0.2.33]:80", "[64:ff9b::c000:221]:80"},
	{"[1:2:3:4:5:6:192.0.2.33]:80", "[1:2:3:4:5:6:c000:221]:80"},
	{"[::192.0.2.33]:80", "[::c000:221]:80"},
	{"[::ffff:192.0.2.33]:80", "192.0.2.33:80"},
	{"[::ffff:c000:221]:80", "192.0.2.33:80"},
	{"[0:0:0:0:0:FFFF:192.0.2.33]:80", "192.0.2.33:80"},
	{"[fe80::1%3]:1314", "[fe80::1%3]:1314"},
	{"[fe80::1%0]:1314", "[fe80::1]:1314"},
	{"[fe80::1%4294967295]:65535", "[fe80::1%4294967295]:65535"},
	{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535",
	 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535"},
};

static void an_endpoint_is_read_strictly_and_written_as_rfc_5952_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(valid); i++) {
		struct midair_endpoint endpoint, again;
		char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];

		EXPECT(midair_endpoint_parse(&endpoint, valid[i].text) == 0, valid[i].text);
		assert_string_equal(midair_endpoint_format(&endpoint, buffer),
				    valid[i].formatted);
		EXPECT(midair_endpoint_parse(&again, buffer) == 0, valid[i].text);
		EXPECT(midair_endpoint_equal(&endpoint, &again), valid[i].text);
	}
}

static const struct {
	const char *text;
	int result;
} invalid[] = {
	{"", MIDAIR_E_SYNTAX},
	{":", MIDAIR_E_SYNTAX},
	{":80", MIDAIR_E_SYNTAX},
	{"192.0.2.1", MIDAIR_E_SYNTAX},
	{"192.0.2.1:", MIDAIR_E_SYNTAX},
	{"192.0.2.1:0", MIDAIR_E_RANGE},
	{"192.0.2.1:65536", MIDAIR_E_RANGE},
	{"192.0.2.1:99999999999999999999999", MIDAIR_E_RANGE},
	{"192.0.2.1:-1", MIDAIR_E_SYNTAX},
	{"192.0.2.1:+1", MIDAIR_E_SYNTAX},
	{"192.0.2.1:080", MIDAIR_E_SYNTAX},
	{"192.0.2.1: 80", MIDAIR_E_SYNTAX},
	{"192.0.2.1:80 ", MIDAIR_E_SYNTAX},
	{" 192.0.2.1:80", MIDAIR_E_SYNTAX},
	{"192.0.2.1:80x", MIDAIR_E_SYNTAX},
	{"192.0.2.1:http", MIDAIR_E_SYNTAX},
	{"192.0.2:80", MIDAIR_E_SYNTAX},
	{"192.0.2.1.5:80", MIDAIR_E_SYNTAX},
	{"192.0.2.:80", MIDAIR_E_SYNTAX},
	{"192.0..1:80", MIDAIR_E_SYNTAX},
	{".0.2.1:80", MIDAIR_E_SYNTAX},
	{"192.0.2.256:80", MIDAIR_E_SYNTAX},
	{"192.0.2.010:80", MIDAIR_E_SYNTAX},
	{"192.0.2.00:80", MIDAIR_E_SYNTAX},
	{"0x7f.0.0.1:80", MIDAIR_E_SYNTAX},
	{"2130706433:80", MIDAIR_E_SYNTAX},
	{"localhost:80", MIDAIR_E_SYNTAX},
	{"[192.0.2.1]:80", MIDAIR_E_SYNTAX},
	{"::1:80", MIDAIR_E_SYNTAX},
	{"::1", MIDAIR_E_SYNTAX},
	{"[::1]", MIDAIR_E_SYNTAX},
	{"[::1]80", MIDAIR_E_SYNTAX},
	{"[::1:80", MIDAIR_E_SYNTAX},
	{"::1]:80", MIDAIR_E_SYNTAX},
	{"[[::1]]:80", MIDAIR_E_SYNTAX},
	{"[]:80", MIDAIR_E_SYNTAX},
	{"[:]:80", MIDAIR_E_SYNTAX},
	{"[:::]:80", MIDAIR_E_SYNTAX},
	{"[1::2::3]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4:5:6:7]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4:5:6:7:8:9]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4::5:6:7:8]:80", MIDAIR_E_SYNTAX},
	{"[::1:2:3:4:5:6:7:8]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4:5:6:7:8::]:80", MIDAIR_E_SYNTAX},
	{"[:1:2:3:4:5:6:7]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4:5:6:7:]:80", MIDAIR_E_SYNTAX},
	{"[1::2:]:80", MIDAIR_E_SYNTAX},
	{"[12345::]:80", MIDAIR_E_SYNTAX},
	{"[g::]:80", MIDAIR_E_SYNTAX},
	{"[1:2:3:4:5:6:7:1.2.3.4]:80", MIDAIR_E_SYNTAX},
	{"[::1.2.3.4:5]:80", MIDAIR_E_SYNTAX},
	{"[1.2.3.4::]:80", MIDAIR_E_SYNTAX},
	{"[::1.2.3]:80", MIDAIR_E_SYNTAX},
	{"[::1.2.3.04]:80", MIDAIR_E_SYNTAX},
	{"[fe80::1%]:80", MIDAIR_E_SYNTAX},
	{"[fe80::1%eth0]:80", MIDAIR_E_SYNTAX},
	{"[fe80::1%03]:80", MIDAIR_E_SYNTAX},
	{"[fe80::1%4294967296]:80", MIDAIR_E_SYNTAX},
	{"[fe80::1%3%4]:80", MIDAIR_E_SYNTAX},
	{"[::ffff:192.0.2.1%3]:80", MIDAIR_E_SYNTAX},
	{"192.0.2.1%3:80", MIDAIR_E_SYNTAX},
	{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%42949672951111111111111111111111111111]:80",
	 MIDAIR_E_SYNTAX},
};

static void anything_else_is_refused_and_leaves_the_output_untouched(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(invalid); i++) {
		struct midair_endpoint endpoint, before;

		memset(&endpoint, 0x5a, sizeof(endpoint));
		before = endpoint;
		EXPECT(midair_endpoint_parse(&endpoint, invalid[i].text) == invalid[i].result,
		       invalid[i].text);
		EXPECT(memcmp(&endpoint, &before, sizeof(before)) == 0, invalid[i].text);
	}
}

static void an_endpoint_of_no_family_has_a_text(void **state)
{
	struct midair_endpoint endpoint = {.port = 7};
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];

	(void)state;
	assert_string_equal(midair_endpoint_format(&endpoint, buffer), "-:7");
	assert_string_equal(endpoint_format_address(&endpoint, buffer), "-");
}

static void an_address_alone_has_no_brackets_and_no_port(void **state)
{
	struct midair_endpoint endpoint;
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];

	(void)state;
	assert_int_equal(endpoint_parse_address(&endpoint, "FE80::1%3"), 0);
	assert_int_equal(endpoint.port, 0);
	assert_int_equal(endpoint.scope_id, 3);
	assert_string_equal(endpoint_format_address(&endpoint, buffer), "fe80::1%3");
	assert_int_equal(endpoint_parse_address(&endpoint, "10.0.0.1"), 0);
	assert_string_equal(endpoint_format_address(&endpoint, buffer), "10.0.0.1");
	assert_int_equal(endpoint_parse_address(&endpoint, "[::1]"), MIDAIR_E_SYNTAX);
	assert_int_equal(endpoint_parse_address(&endpoint, "10.0.0.1:1"), MIDAIR_E_SYNTAX);
	assert_int_equal(endpoint_parse_address(&endpoint, ""), MIDAIR_E_SYNTAX);
}

static void endpoints_are_equal_only_in_every_part(void **state)
{
	static const char *const others[] = {
		"[fe80::1%3]:1315",
		"[fe80::1%4]:1314",
		"[fe80::2%3]:1314",
		"254.128.0.0:1314",
	};
	struct midair_endpoint one, same, other;

	(void)state;
	assert_int_equal(midair_endpoint_parse(&one, "[fe80::1%3]:1314"), 0);
	assert_int_equal(midair_endpoint_parse(&same, "[fe80:0::1%3]:1314"), 0);
	assert_true(midair_endpoint_equal(&one, &same));
	for (size_t i = 0; i < N_ITEMS(others); i++) {
		assert_int_equal(midair_endpoint_parse(&other, others[i]), 0);
		EXPECT(!midair_endpoint_equal(&one, &other), others[i]);
	}
	/* same bytes, other family */
	assert_int_equal(midair_endpoint_parse(&one, "1.2.3.4:1"), 0);
	assert_int_equal(midair_endpoint_parse(&other, "[102:304::]:1"), 0);
	assert_false(midair_endpoint_equal(&one, &other));
}

static const struct {
	const char *text;
	int result;
	const char *host;
	uint16_t port;
} splits[] = {
	{"example.org:1314", 0, "example.org", 1314},
	{"localhost:1", 0, "localhost", 1},
	{"192.0.2.1:80", 0, "192.0.2.1", 80},
	{"[2001:db8::1]:80", 0, "2001:db8::1", 80},
	{"[fe80::1%eth0]:80", 0, "fe80::1%eth0", 80},
	{"[example.org]:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"2001:db8::1:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"a:b:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"example.org", MIDAIR_E_SYNTAX, NULL, 0},
	{"exam ple.org:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"example.org\n:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"example[org:80", MIDAIR_E_SYNTAX, NULL, 0},
	{"example.org:0", MIDAIR_E_RANGE, NULL, 0},
	{"example.org:70000", MIDAIR_E_RANGE, NULL, 0},
	{"this-name-is-too-long-for-the-buffer:80", MIDAIR_E_SYNTAX, NULL, 0},
};

static void a_host_and_its_port_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(splits); i++) {
		char host[32] = "untouched";
		uint16_t port = 4242;

		EXPECT(endpoint_split(splits[i].text, host, sizeof(host), &port) ==
			       splits[i].result,
		       splits[i].text);
		assert_string_equal(host, splits[i].host ? splits[i].host : "untouched");
		assert_int_equal(port, splits[i].host ? splits[i].port : 4242);
	}
}

/* A text that is nearly an IPv6 address: groups, colons, gaps and tails in random order. */
static void write_near_address(struct random *random, char *text, size_t size)
{
	static const char *const pieces[] = {":",   ":",       "::",	"0",
					     "1",   "ffff",    "a",	"F00",
					     "00b", "1.2.3.4", "00000", "10.0.0.256"};
	size_t length = 0;
	uint64_t n_pieces = random_below(random, 18);

	text[0] = '\0';
	for (uint64_t i = 0; i < n_pieces; i++) {
		const char *piece = pieces[i % 2 == 0 ? 3 + random_below(random, 7)
						      : random_below(random, 3)];

		if (random_below(random, 16) == 0)
			piece = pieces[random_below(random, N_ITEMS(pieces))];
		length += (size_t)snprintf(text + length, size - length, "%s", piece);
	}
}

static void ipv6_is_accepted_exactly_when_the_c_library_accepts_it(void **state)
{
	struct random random;
	uint32_t n_accepted = 0;

	(void)state;
	random_init(&random, 4291);
	for (int i = 0; i < 100000; i++) {
		char text[256];
		struct midair_endpoint endpoint;
		uint8_t expected[16];
		bool is_expected;

		write_near_address(&random, text, sizeof(text));
		if (!strchr(text, ':'))
			continue;
		is_expected = inet_pton(AF_INET6, text, expected) == 1;
		EXPECT((endpoint_parse_address(&endpoint, text) == 0) == is_expected, text);
		if (!is_expected || endpoint.family == MIDAIR_IPV4)
			continue;
		n_accepted++;
		EXPECT(memcmp(endpoint.address, expected, 16) == 0, text);
	}
	assert_true(n_accepted > 1000);
}

static void every_written_address_reads_back_in_the_c_library(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 5952);
	for (int i = 0; i < 100000; i++) {
		struct midair_endpoint endpoint = {.family = MIDAIR_IPV6};
		char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];
		uint8_t expected[16];
		uint64_t zeros = random_next(&random);

		for (size_t byte = 0; byte < 16; byte++) {
			if (zeros >> (byte / 2) & 1)
				endpoint.address[byte] = (uint8_t)random_below(&random, 256);
		}
		endpoint_format_address(&endpoint, buffer);
		assert_int_equal(inet_pton(AF_INET6, buffer, expected), 1);
		EXPECT(memcmp(endpoint.address, expected, 16) == 0, buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_read_strictly_and_written_as_rfc_5952_says),
		cmocka_unit_test(anything_else_is_refused_and_leaves_the_output_untouched),
		cmocka_unit_test(an_endpoint_of_no_family_has_a_text),
		cmocka_unit_test(an_address_alone_has_no_brackets_and_no_port),
		cmocka_unit_test(endpoints_are_equal_only_in_every_part),
		cmocka_unit_test(a_host_and_its_port_are_split),
		cmocka_unit_test(ipv6_is_accepted_exactly_when_the_c_library_accepts_it),
		cmocka_unit_test(every_written_address_reads_back_in_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
