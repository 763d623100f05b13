/* SPDX-License-Identifier: MIT */
#include "crypto/pairing_keys.h"

#include "tests/unit/hex.h"
#include "tests/unit/unit.h"

static void keys_are_those_of_the_protocol(void **state)
{
	/* Computed from RFC 5869 by another program. */
	static const char psk[] =
		"9a91c761b956a79f1c6c74264077e51ce727336024326ba9e2726b77586ef276";
	static const char seal_a[] =
		"7abecffea1ad67d82c471e3692fd18db9c05d16d60431460a3abe405c21bc88d";
	static const char seal_b[] =
		"6eac17b3c4a6f3d9d8f56e4bf35cf58c6d91790f900f8f822b715eab4fa0d980";
	static const char hole[] =
		"500480c446f3a15f032f77259855e68b0673b682d8cd5aa669ae76a1dc538ec1";
	uint8_t secret[SPAKE2_SECRET_BYTES];
	struct pairing_keys keys;

	(void)state;
	hex_read(secret, sizeof(secret), "000102030405060708090a0b0c0d0e0f");
	assert_int_equal(pairing_keys_derive(&keys, secret), 0);
	assert_true(hex_is(keys.psk, sizeof(keys.psk), psk));
	assert_true(hex_is(keys.seal_a, sizeof(keys.seal_a), seal_a));
	assert_true(hex_is(keys.seal_b, sizeof(keys.seal_b), seal_b));
	assert_true(hex_is(keys.hole, sizeof(keys.hole), hole));
}

static void one_bit_of_the_secret_changes_every_key(void **state)
{
	uint8_t secret[SPAKE2_SECRET_BYTES] = {0};
	struct pairing_keys first, second;

	(void)state;
	assert_int_equal(pairing_keys_derive(&first, secret), 0);
	secret[SPAKE2_SECRET_BYTES - 1] ^= 1;
	assert_int_equal(pairing_keys_derive(&second, secret), 0);
	assert_memory_not_equal(first.psk, second.psk, sizeof(first.psk));
	assert_memory_not_equal(first.seal_a, second.seal_a, sizeof(first.seal_a));
	assert_memory_not_equal(first.seal_b, second.seal_b, sizeof(first.seal_b));
	assert_memory_not_equal(first.hole, second.hole, sizeof(first.hole));
}

static void a_wipe_leaves_nothing(void **state)
{
	static const struct pairing_keys zero;
	const uint8_t secret[SPAKE2_SECRET_BYTES] = {1};
	struct pairing_keys keys;

	(void)state;
	assert_int_equal(pairing_keys_derive(&keys, secret), 0);
	pairing_keys_wipe(&keys);
	assert_memory_equal(&keys, &zero, sizeof(keys));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_protocol),
		cmocka_unit_test(one_bit_of_the_secret_changes_every_key),
		cmocka_unit_test(a_wipe_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
