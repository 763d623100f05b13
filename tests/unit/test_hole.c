/* SPDX-License-Identifier: MIT */
#include "core/hole.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

static struct midair_hole sample(const char *local, const char *remote, enum midair_role role)
{
	struct midair_hole hole = {.role = role};

	assert_int_equal(midair_endpoint_parse(&hole.local, local), 0);
	assert_int_equal(midair_endpoint_parse(&hole.remote, remote), 0);
	for (uint8_t i = 0; i < MIDAIR_HOLE_KEY_BYTES; i++)
		hole.key[i] = i;
	hole.key[MIDAIR_HOLE_KEY_BYTES - 1] = 0xff;
	return hole;
}

static void a_hole_is_one_line(void **state)
{
	struct midair_hole hole =
		sample("192.168.1.2:40112", "203.0.113.7:51820", MIDAIR_ROLE_A);
	char text[MIDAIR_HOLE_TEXT_SIZE];

	(void)state;
	assert_string_equal(midair_hole_format(&hole, text),
			    "midair-hole-1 a 192.168.1.2:40112 203.0.113.7:51820 " KEY);
}

static void what_is_written_is_read_again(void **state)
{
	const char *ends[][2] = {
		{"192.168.1.2:40112", "203.0.113.7:51820"},
		{"[2001:db8::1]:1", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
		{"[fe80::1%4294967295]:1314", "[fe80::ffff:ffff:ffff:ffff%4294967295]:65535"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(ends); i++) {
		struct midair_hole hole = sample(ends[i][0], ends[i][1], MIDAIR_ROLE_B);
		char text[MIDAIR_HOLE_TEXT_SIZE];
		struct midair_hole again;

		assert_int_equal(midair_hole_parse(&again, midair_hole_format(&hole, text)), 0);
		assert_int_equal(again.role, MIDAIR_ROLE_B);
		assert_true(midair_endpoint_equal(&again.local, &hole.local));
		assert_true(midair_endpoint_equal(&again.remote, &hole.remote));
		assert_memory_equal(again.key, hole.key, sizeof(hole.key));
	}
}

static void everything_else_is_refused_and_leaves_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"midair-hole-1",
		"midair-hole-2 a 192.0.2.1:1 192.0.2.2:2 " KEY,
		"midair-hole-1 c 192.0.2.1:1 192.0.2.2:2 " KEY,
		"midair-hole-1 A 192.0.2.1:1 192.0.2.2:2 " KEY,
		"midair-hole-1  a 192.0.2.1:1 192.0.2.2:2 " KEY,
		" midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 " KEY,
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 " KEY " ",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 " KEY "\n",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 " KEY "0",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 00",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 ",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2",
		"midair-hole-1 a 192.0.2.1:1 " KEY,
		"midair-hole-1 a 192.0.2.1:0 192.0.2.2:2 " KEY,
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:0 " KEY,
		/* two families; nobody's address; everybody's */
		"midair-hole-1 a 192.0.2.1:1 [2001:db8::1]:2 " KEY,
		"midair-hole-1 a 192.0.2.1:1 0.0.0.0:2 " KEY,
		"midair-hole-1 a 192.0.2.1:1 224.0.0.1:2 " KEY,
		"midair-hole-1 a [2001:db8::1]:1 [ff02::1]:2 " KEY,
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 "
		"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF",
		"midair-hole-1 a 192.0.2.1:1 192.0.2.2:2 "
		"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff",
	};
	static const struct midair_hole nothing;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(texts); i++) {
		struct midair_hole hole = sample("192.0.2.1:1", "192.0.2.2:2", MIDAIR_ROLE_A);

		if (midair_hole_parse(&hole, texts[i]) != MIDAIR_E_SYNTAX)
			fail_msg("taken: \"%s\"", texts[i]);
		assert_memory_equal(&hole, &nothing, sizeof(hole));
	}
}

static void a_hole_needs_a_role(void **state)
{
	struct midair_hole hole = sample("192.0.2.1:1", "192.0.2.2:2", MIDAIR_ROLE_A);

	(void)state;
	assert_true(hole_is_sound(&hole));
	hole.role = MIDAIR_ROLE_NONE;
	assert_false(hole_is_sound(&hole));
	hole.role = (enum midair_role)3;
	assert_false(hole_is_sound(&hole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_is_one_line),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(everything_else_is_refused_and_leaves_nothing),
		cmocka_unit_test(a_hole_needs_a_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
