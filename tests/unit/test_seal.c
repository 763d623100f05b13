/* SPDX-License-Identifier: MIT */
#include "crypto/seal.h"

#include "tests/unit/hex.h"
#include "tests/unit/unit.h"

#include <errno.h>

#define MESSAGE	      "both dial, both hold"
#define MESSAGE_BYTES (sizeof(MESSAGE) - 1)
#define SEALED_BYTES  (MESSAGE_BYTES + SEAL_TAG_BYTES)

static void make_key(uint8_t key[SEAL_KEY_BYTES])
{
	for (size_t i = 0; i < SEAL_KEY_BYTES; i++)
		key[i] = (uint8_t)(0x80 + i);
}

static void make_message(uint8_t sealed[SEALED_BYTES], uint64_t number)
{
	uint8_t key[SEAL_KEY_BYTES];

	make_key(key);
	assert_int_equal(seal(key, number, (const uint8_t *)MESSAGE, MESSAGE_BYTES, sealed), 0);
}

static void sealed_messages_are_those_of_the_protocol(void **state)
{
	/* Computed from RFC 8439 by another program. */
	static const struct {
		uint64_t number;
		const char *plain, *sealed;
	} rows[] = {
		{0, "", "3ae5d3f2a376d317eaea5aef0215ba54"},
		{1, MESSAGE,
		 "1c01b5ba89e322fea64ac7e6a75447ab743bb6e78d3dd64c650f2a796cd7224ebeb2d87d"},
		{UINT64_C(0x0102030405060708), MESSAGE,
		 "83d6609037811e9933b543de5698d700a6bcef6973208e0496a00bea127b85b8cffd9b0d"},
	};
	uint8_t key[SEAL_KEY_BYTES], sealed[SEALED_BYTES], plain[MESSAGE_BYTES];

	(void)state;
	make_key(key);
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const size_t size = strlen(rows[i].plain);

		EXPECT(seal(key, rows[i].number, (const uint8_t *)rows[i].plain, size,
			    sealed) == 0,
		       rows[i].sealed);
		EXPECT(hex_is(sealed, size + SEAL_TAG_BYTES, rows[i].sealed), rows[i].sealed);
		EXPECT(seal_open(key, rows[i].number, sealed, size + SEAL_TAG_BYTES, plain) ==
			       0,
		       rows[i].sealed);
		EXPECT(memcmp(plain, rows[i].plain, size) == 0, rows[i].sealed);
	}
}

/* -EBADMSG, and nothing is written. */
static void expect_refused(const uint8_t *key, uint64_t number, const uint8_t *sealed,
			   size_t size)
{
	uint8_t plain[SEALED_BYTES], untouched[SEALED_BYTES];

	memset(plain, 0xa5, sizeof(plain));
	memset(untouched, 0xa5, sizeof(untouched));
	assert_int_equal(seal_open(key, number, sealed, size, plain), -EBADMSG);
	assert_memory_equal(plain, untouched, sizeof(plain));
}

static void another_number_does_not_open(void **state)
{
	static const uint64_t others[] = {0, 2, UINT64_C(1) << 32, UINT64_C(1) << 63,
					  UINT64_C(1) << 56};
	uint8_t key[SEAL_KEY_BYTES], sealed[SEALED_BYTES];

	(void)state;
	make_key(key);
	make_message(sealed, 1);
	for (size_t i = 0; i < N_ITEMS(others); i++)
		expect_refused(key, others[i], sealed, sizeof(sealed));
}

static void a_flipped_bit_anywhere_does_not_open(void **state)
{
	uint8_t key[SEAL_KEY_BYTES], sealed[SEALED_BYTES];

	(void)state;
	make_key(key);
	make_message(sealed, 1);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_refused(key, 1, sealed, sizeof(sealed));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_refused(key, 1, sealed, sizeof(sealed));
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_message_of_another_length_does_not_open(void **state)
{
	uint8_t key[SEAL_KEY_BYTES], sealed[SEALED_BYTES + 1];

	(void)state;
	make_key(key);
	make_message(sealed, 1);
	sealed[SEALED_BYTES] = 0;
	for (size_t size = 0; size < SEALED_BYTES; size++) {
		/* In memory of just that size, for the sanitizer. */
		uint8_t *const cut = malloc(size + 1);

		assert_non_null(cut);
		memcpy(cut + 1, sealed, size);
		expect_refused(key, 1, cut + 1, size);
		free(cut);
	}
	uint8_t plain[MESSAGE_BYTES + 1];
	assert_int_equal(seal_open(key, 1, sealed, SEALED_BYTES + 1, plain), -EBADMSG);
}

static void a_message_may_be_opened_in_place(void **state)
{
	uint8_t key[SEAL_KEY_BYTES], sealed[SEALED_BYTES];

	(void)state;
	make_key(key);
	make_message(sealed, 7);
	assert_int_equal(seal_open(key, 7, sealed, sizeof(sealed), sealed), 0);
	assert_memory_equal(sealed, MESSAGE, MESSAGE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_messages_are_those_of_the_protocol),
		cmocka_unit_test(another_number_does_not_open),
		cmocka_unit_test(a_flipped_bit_anywhere_does_not_open),
		cmocka_unit_test(a_message_of_another_length_does_not_open),
		cmocka_unit_test(a_message_may_be_opened_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
