/* SPDX-License-Identifier: MIT */
/* secret: what is derived must stay as it is for ever, or two versions do not meet. */
#include "crypto/secret.h"

#include "crypto/secret_key.h"
#include "tests/unit/hex.h"
#include "tests/unit/unit.h"

#include <errno.h>

#define KEY "midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0"

static void derive(struct secret *secret, const char *text)
{
	assert_int_equal(secret_derive(secret, text, strlen(text)), 0);
}

static bool is_equal(const struct secret *a, const struct secret *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void derived_values_never_change(void **state)
{
	/* Computed from RFC 5869, 7914 and 2104 by another program. */
	static const struct {
		const char *text, *room, *password, *plan;
		uint16_t ports[4]; /* of the slots below */
	} rows[] = {
		{KEY,
		 "dae7141c2d865e97be283e9953ef95a9",
		 "912ca8ef71574f7bc3755a4ae3c310052e45a712033f927606c043d024355987",
		 "98eb7fb28736ee1af4bb8b612687c2ee26e1a935161d854d7001088707b18da5",
		 {63011, 54707, 57209, 62071}},
		{"correct horse battery staple",
		 "a8afa4cf37e3677f83a5f49b7bf7f639",
		 "02a793f796da38704c766d24e261106d9e9e59cc823a6d12b1f1f6f040cebf87",
		 "2a88ef1b7832094883a1aff55fbd0bbde932976a5af6b23f18b7c8b465051a85",
		 {62819, 51402, 50959, 57453}},
		{"x",
		 "f5aa6f7f4535189b33e59b76404e5f73",
		 "b76007fabab02bcc3d1c517c4b38baab2f83cf9a7c6ea478d3fb4fc215e40a23",
		 "43d729454b72b67c895071aa0682010341f091294396f08faae2f945bfdf12fd",
		 {58974, 59212, 56317, 63398}},
	};
	static const uint64_t slots[] = {0, 1, 29683200, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct secret secret;

		derive(&secret, rows[i].text);
		EXPECT(hex_is(secret.room, sizeof(secret.room), rows[i].room), rows[i].text);
		EXPECT(hex_is(secret.password, sizeof(secret.password), rows[i].password),
		       rows[i].text);
		EXPECT(hex_is(secret.plan, sizeof(secret.plan), rows[i].plan), rows[i].text);
		for (size_t j = 0; j < N_ITEMS(slots); j++)
			EXPECT(secret_port(&secret, slots[j]) == rows[i].ports[j],
			       rows[i].text);
	}
}

static void a_key_may_be_typed(void **state)
{
	static const char *const same[] = {
		"midair-key-1:0C51260Z4RPK8ET29585EQK5DHSQN0C8HYB9V95BPAWW1HYETQE0",
		"MIDAIR-KEY-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0",
		"midair-key-1:oc51260z4rpk8et29585eqk5dhsqnOc8hyb9v95bpawwlhyetqeO",
		"midair-key-1:0c5I26oz4rpk8et29585eqk5dhsqn0c8hyb9v95bpawwLhyetqe0",
	};
	struct secret key, typed;

	(void)state;
	derive(&key, KEY);
	for (size_t i = 0; i < N_ITEMS(same); i++) {
		derive(&typed, same[i]);
		EXPECT(is_equal(&key, &typed), same[i]);
	}
}

static void what_is_no_key_is_a_persons_secret(void **state)
{
	static const char *const others[] = {
		"midair-key-1:",
		"midair-key-2:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0",
		"midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe",
		"midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe00",
		"midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe1",
		"midair-key-1:uc51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0",
		"midair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe-",
		" idair-key-1:0c51260z4rpk8et29585eqk5dhsqn0c8hyb9v95bpaww1hyetqe0",
	};
	struct secret key, other;
	uint8_t bits[SECRET_KEY_BYTES];

	(void)state;
	derive(&key, KEY);
	for (size_t i = 0; i < N_ITEMS(others); i++)
		EXPECT(!secret_key_decode(bits, others[i], strlen(others[i])), others[i]);
	derive(&other, others[0]);
	assert_false(is_equal(&key, &other));
}

static void case_and_blanks_of_a_persons_secret_count(void **state)
{
	static const char *const texts[] = {"a secret", "A secret", "a secret ", "a  secret"};
	struct secret secrets[N_ITEMS(texts)];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(texts); i++) {
		derive(&secrets[i], texts[i]);
		for (size_t j = 0; j < i; j++)
			EXPECT(!is_equal(&secrets[i], &secrets[j]), texts[i]);
	}
}

static void the_room_tells_nothing_of_the_password(void **state)
{
	static const char *const texts[] = {KEY, "a secret"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(texts); i++) {
		struct secret secret;

		derive(&secret, texts[i]);
		EXPECT(memcmp(secret.room, secret.password, SECRET_ROOM_BYTES) != 0, texts[i]);
		EXPECT(memcmp(secret.room, secret.plan, SECRET_ROOM_BYTES) != 0, texts[i]);
		EXPECT(memcmp(secret.password, secret.plan, SECRET_PLAN_BYTES) != 0, texts[i]);
	}
}

static void a_secret_has_a_length(void **state)
{
	static const char nothing[] = "";
	char *const text = malloc(SECRET_MAX + 1);
	struct secret secret;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', SECRET_MAX + 1);
	assert_int_equal(secret_derive(&secret, nothing, 0), -EINVAL);
	assert_int_equal(secret_derive(&secret, text, SECRET_MAX + 1), -E2BIG);
	assert_int_equal(secret_derive(&secret, text, SECRET_MAX), 0);
	free(text);
}

static void ports_are_dynamic_ones_and_all_of_them(void **state)
{
	static bool is_seen[65536];
	struct secret secret;
	size_t n_seen = 0;

	(void)state;
	derive(&secret, KEY);
	for (uint64_t slot = 0; slot < 16384; slot++) {
		const uint16_t port = secret_port(&secret, slot);

		assert_true(port >= 49152);
		n_seen += !is_seen[port];
		is_seen[port] = true;
	}
	/* Of 16,384 draws from as many ports 63.2 % are different ones, give or take 0.25 %. */
	assert_in_range(n_seen, 10100, 10620);
}

static void a_key_reads_back_as_its_bits(void **state)
{
	uint8_t bits[SECRET_KEY_BYTES], again[SECRET_KEY_BYTES];
	char text[SECRET_KEY_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bits); i++)
		bits[i] = (uint8_t)(7 * i + 3);
	secret_key_encode(text, bits);
	assert_string_equal(text, KEY);
	assert_true(secret_key_decode(again, text, strlen(text)));
	assert_memory_equal(bits, again, sizeof(bits));
	/* Each bit has a place of its own. */
	for (size_t bit = 0; bit < 8 * sizeof(bits); bit++) {
		bits[bit / 8] ^= (uint8_t)(1u << bit % 8);
		secret_key_encode(text, bits);
		assert_true(secret_key_decode(again, text, strlen(text)));
		assert_memory_equal(bits, again, sizeof(bits));
		assert_string_not_equal(text, KEY);
		bits[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void random_bytes_are_all_drawn_anew(void **state)
{
	uint8_t first[2 * SECRET_KEY_BYTES] = {0}, second[2 * SECRET_KEY_BYTES] = {0};

	(void)state;
	assert_int_equal(secret_random(first, sizeof(first)), 0);
	assert_int_equal(secret_random(second, sizeof(second)), 0);
	/* By chance one time in 2^64. */
	for (size_t i = 0; i < sizeof(first); i += 8)
		assert_memory_not_equal(first + i, second + i, 8);
}

static void generated_keys_have_their_form_and_differ(void **state)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	char keys[16][SECRET_KEY_TEXT_SIZE];
	uint8_t bits[16][SECRET_KEY_BYTES];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(keys); i++) {
		assert_int_equal(secret_generate(keys[i]), 0);
		assert_int_equal(strlen(keys[i]), strlen(KEY));
		assert_memory_equal(keys[i], KEY, strlen("midair-key-1:"));
		assert_int_equal(strspn(keys[i] + strlen("midair-key-1:"), alphabet), 52);
		assert_true(secret_key_decode(bits[i], keys[i], strlen(keys[i])));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(bits[i], bits[j], SECRET_KEY_BYTES);
	}
}

static void a_wipe_leaves_nothing(void **state)
{
	static const struct secret zero;
	struct secret secret;

	(void)state;
	derive(&secret, KEY);
	secret_wipe(&secret);
	assert_true(is_equal(&secret, &zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derived_values_never_change),
		cmocka_unit_test(a_key_may_be_typed),
		cmocka_unit_test(what_is_no_key_is_a_persons_secret),
		cmocka_unit_test(case_and_blanks_of_a_persons_secret_count),
		cmocka_unit_test(the_room_tells_nothing_of_the_password),
		cmocka_unit_test(a_secret_has_a_length),
		cmocka_unit_test(ports_are_dynamic_ones_and_all_of_them),
		cmocka_unit_test(a_key_reads_back_as_its_bits),
		cmocka_unit_test(random_bytes_are_all_drawn_anew),
		cmocka_unit_test(generated_keys_have_their_form_and_differ),
		cmocka_unit_test(a_wipe_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
