/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/loopback.h"
#include "tests/lib/silent_resolver.h"

static void an_address_needs_no_resolver(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} rows[] = {
		{"192.0.2.1:1314", "192.0.2.1:1314"},
		{"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
		{"[::ffff:192.0.2.1]:1", "192.0.2.1:1"},
		{"[fe80::1%3]:7", "[fe80::1%3]:7"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint found;
		struct midair_endpoint expected = endpoint_of(rows[i].expected);
		size_t count = 1;

		EXPECT(midair_resolve(rows[i].text, 0, &found, &count) == 0, rows[i].text);
		EXPECT(count == 1 && midair_endpoint_equal(&found, &expected), rows[i].text);
	}
}

/* None of these reaches a resolver; those that look like addresses would there become ones that
 * nobody meant. */
static void what_is_neither_address_nor_name_is_refused_at_once(void **state)
{
	static const struct {
		const char *text;
		int expected;
	} rows[] = {
		{"", MIDAIR_E_SYNTAX},
		{":", MIDAIR_E_SYNTAX},
		{":80", MIDAIR_E_SYNTAX},
		{"host", MIDAIR_E_SYNTAX},
		{"host:", MIDAIR_E_SYNTAX},
		{"host:http", MIDAIR_E_SYNTAX},
		{"host:-1", MIDAIR_E_SYNTAX},
		{"host:+1", MIDAIR_E_SYNTAX},
		{"host: 1", MIDAIR_E_SYNTAX},
		{"host:01", MIDAIR_E_SYNTAX},
		{"host:1 ", MIDAIR_E_SYNTAX},
		{"a b:1", MIDAIR_E_SYNTAX},
		{"a\nb:1", MIDAIR_E_SYNTAX},
		{"::1:80", MIDAIR_E_SYNTAX},
		{"[::1]", MIDAIR_E_SYNTAX},
		{"[]:1", MIDAIR_E_SYNTAX},
		{"[host]:1", MIDAIR_E_SYNTAX},
		{"[192.0.2.1]:1", MIDAIR_E_SYNTAX},
		{"192.0.2.1.:1", MIDAIR_E_SYNTAX},
		{"192.0.2.256:1", MIDAIR_E_SYNTAX},
		{"010.0.0.1:1", MIDAIR_E_SYNTAX},
		{"192.0.513:1", MIDAIR_E_SYNTAX},
		{"0x7f.1:1", MIDAIR_E_SYNTAX},
		{"0x7f000001:1", MIDAIR_E_SYNTAX},
		{"2130706433:1", MIDAIR_E_SYNTAX},
		{"host:0", MIDAIR_E_RANGE},
		{"192.0.2.1:0", MIDAIR_E_RANGE},
		{"192.0.2.1:65536", MIDAIR_E_RANGE},
		{"host:99999999999999999999", MIDAIR_E_RANGE},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint found = {.port = 77};
		size_t count = 1;

		EXPECT(midair_resolve(rows[i].text, 0, &found, &count) == rows[i].expected,
		       rows[i].text);
		EXPECT(count == 1 && found.port == 77, rows[i].text);
	}
}

static void a_name_too_long_for_any_host_is_refused(void **state)
{
	struct midair_endpoint found;
	size_t count = 1;
	size_t n_bytes = 100000;
	char *text = malloc(n_bytes + 3);

	(void)state;
	memset(text, 'a', n_bytes);
	memcpy(text + n_bytes, ":1", 3);
	assert_int_equal(midair_resolve(text, 0, &found, &count), MIDAIR_E_SYNTAX);
	free(text);
}

static void localhost_is_this_machine_ipv6_first(void **state)
{
	struct midair_endpoint found[MIDAIR_PEERS_MAX] = {0};
	size_t count = MIDAIR_PEERS_MAX;

	(void)state;
	assert_int_equal(midair_resolve("localhost:1314", PATIENCE_MS, found, &count), 0);
	assert_in_range(count, 1, MIDAIR_PEERS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(found[i].port, 1314);
		assert_true(i == 0 || found[i].family != MIDAIR_IPV6 ||
			    found[i - 1].family == MIDAIR_IPV6);
		for (size_t j = 0; j < i; j++)
			assert_false(midair_endpoint_equal(&found[i], &found[j]));
	}
}

static void the_room_is_respected(void **state)
{
	struct midair_endpoint found[2] = {[1] = {.port = 77}};
	size_t count = 1;

	(void)state;
	assert_int_equal(midair_resolve("localhost:1314", PATIENCE_MS, found, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(found[0].port, 1314);
	assert_int_equal(found[1].port, 77);
	count = 0;
	found[0].port = 77;
	assert_int_equal(midair_resolve("localhost:1314", PATIENCE_MS, found, &count),
			 MIDAIR_E_LIMIT);
	assert_int_equal(midair_resolve("192.0.2.1:1", PATIENCE_MS, found, &count),
			 MIDAIR_E_LIMIT);
	assert_int_equal(found[0].port, 77);
}

static int resolve_in_silence(void)
{
	struct midair_endpoint found;
	uint64_t begin_ms = now_ms();
	size_t count = 1;
	int result = midair_resolve("host.example:1314", 200, &found, &count);
	uint64_t elapsed_ms = now_ms() - begin_ms;

	if (result != MIDAIR_E_RESOLVER || elapsed_ms < 200 || elapsed_ms > 4000) {
		fprintf(stderr, "%s after %u ms\n", midair_strerror(result),
			(unsigned int)elapsed_ms);
		return 1;
	}
	return 0;
}

static void a_resolver_that_never_answers_is_not_waited_for(void **state)
{
	int status = in_silent_network(resolve_in_silence);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_needs_no_resolver),
		cmocka_unit_test(what_is_neither_address_nor_name_is_refused_at_once),
		cmocka_unit_test(a_name_too_long_for_any_host_is_refused),
		cmocka_unit_test(localhost_is_this_machine_ipv6_first),
		cmocka_unit_test(the_room_is_respected),
		cmocka_unit_test(a_resolver_that_never_answers_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
