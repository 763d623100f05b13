/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/greeting.h"
#include "core/random.h"
#include "tests/unit/unit.h"

static struct greeting sample(uint8_t first)
{
	struct greeting greeting = {.flags = GREETING_PLAIN};

	for (uint8_t i = 0; i < GREETING_NONCE_BYTES; i++)
		greeting.nonce[i] = (uint8_t)(first + i);
	memset(greeting.share_a, 0xaa, sizeof(greeting.share_a));
	memset(greeting.share_b, 0xbb, sizeof(greeting.share_b));
	greeting.share_a[0] = 2;
	greeting.share_b[0] = 3;
	return greeting;
}

static void what_was_written_is_read(void **state)
{
	const struct greeting sent = sample(7);
	struct greeting read;
	uint8_t bytes[GREETING_BYTES];

	(void)state;
	greeting_encode(&sent, bytes);
	assert_int_equal(greeting_decode(&read, bytes), 0);
	assert_int_equal(read.flags, sent.flags);
	assert_memory_equal(read.nonce, sent.nonce, sizeof(sent.nonce));
	assert_memory_equal(read.share_a, sent.share_a, sizeof(sent.share_a));
	assert_memory_equal(read.share_b, sent.share_b, sizeof(sent.share_b));
}

static void the_bytes_are_those_of_the_protocol(void **state)
{
	static const uint8_t head[] = {'m', 'e', 'e', 't', 1, 1, 1, 0, 7, 8, 9};
	const struct greeting sent = sample(7);
	uint8_t bytes[GREETING_BYTES];

	(void)state;
	assert_int_equal(GREETING_BYTES, 90);
	greeting_encode(&sent, bytes);
	assert_memory_equal(bytes, head, sizeof(head));
	assert_int_equal(bytes[24], 2);
	assert_int_equal(bytes[57], 3);
	assert_int_equal(bytes[89], 0xbb);
}

/* offset, value, result */
static const struct {
	size_t offset;
	uint8_t value;
	int result;
} wrong[] = {
	{0, 'M', MIDAIR_E_PROTOCOL}, /* the magic */
	{3, 0, MIDAIR_E_PROTOCOL},
	{4, 2, MIDAIR_E_PROTOCOL}, /* from 2 to 1 */
	{5, 0, MIDAIR_E_PROTOCOL},
	{5, 2, 0}, /* from 1 to 2: 1 is spoken */
	{6, 2, MIDAIR_E_PROTOCOL},
	{6, 0xff, MIDAIR_E_PROTOCOL},
	{6, 0, 0},
	{7, 1, MIDAIR_E_PROTOCOL},
	{24, 0, MIDAIR_E_PROTOCOL}, /* the point at infinity */
	{24, 4, MIDAIR_E_PROTOCOL}, /* an uncompressed point */
	{57, 1, MIDAIR_E_PROTOCOL},
	{57, 2, 0},
};

static void what_no_session_sends_is_refused(void **state)
{
	const struct greeting sent = sample(7);

	(void)state;
	for (size_t i = 0; i < N_ITEMS(wrong); i++) {
		struct greeting read = {.flags = 77};
		uint8_t bytes[GREETING_BYTES];

		greeting_encode(&sent, bytes);
		bytes[wrong[i].offset] = wrong[i].value;
		if (greeting_decode(&read, bytes) != wrong[i].result)
			fail_msg("row %zu", i);
		assert_true(wrong[i].result == 0 || read.flags == 77);
	}
}

static void another_version_is_told_as_such(void **state)
{
	const struct greeting sent = sample(7);
	struct greeting read;
	uint8_t bytes[GREETING_BYTES];

	(void)state;
	greeting_encode(&sent, bytes);
	bytes[4] = 2;
	bytes[5] = 9;
	assert_int_equal(greeting_decode(&read, bytes), MIDAIR_E_VERSION);
	bytes[4] = bytes[5] = 0;
	assert_int_equal(greeting_decode(&read, bytes), MIDAIR_E_VERSION);
}

static void a_beginning_is_judged_as_soon_as_it_can_be(void **state)
{
	static const struct {
		const char *bytes;
		bool is_plausible;
	} rows[] = {{"", true},	      {"m", true},	  {"mee", true},
		    {"meet", true},   {"meet you", true}, {"H", false},
		    {"mee\r", false}, {"SSH-2.0", false}, {"\x16\x03\x01", false}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		assert_int_equal(greeting_is_plausible((const uint8_t *)rows[i].bytes,
						       strlen(rows[i].bytes)),
				 rows[i].is_plausible);
}

static void the_larger_nonce_is_role_a_and_our_own_is_nobodys(void **state)
{
	struct greeting a = sample(8);
	struct greeting b = sample(7);

	(void)state;
	assert_int_equal(greeting_role(&a, &b), MIDAIR_ROLE_A);
	assert_int_equal(greeting_role(&b, &a), MIDAIR_ROLE_B);
	assert_int_equal(greeting_role(&a, &a), MIDAIR_ROLE_NONE);
	b = a;
	b.share_a[5] ^= 1;
	assert_int_equal(greeting_role(&a, &b), MIDAIR_ROLE_NONE);
	b.nonce[15] ^= 0x80;
	assert_int_not_equal(greeting_role(&a, &b), greeting_role(&b, &a));
}

static void garbage_is_refused(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 10000; i++) {
		struct greeting read;
		uint8_t bytes[GREETING_BYTES];

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)random_next(&random);
		assert_int_not_equal(greeting_decode(&read, bytes), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(the_bytes_are_those_of_the_protocol),
		cmocka_unit_test(what_no_session_sends_is_refused),
		cmocka_unit_test(another_version_is_told_as_such),
		cmocka_unit_test(a_beginning_is_judged_as_soon_as_it_can_be),
		cmocka_unit_test(the_larger_nonce_is_role_a_and_our_own_is_nobodys),
		cmocka_unit_test(garbage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
