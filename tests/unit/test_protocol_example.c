/* SPDX-License-Identifier: MIT */
/* The example of docs/PROTOCOL.md, value by value. Its numbers were computed by another program from
 * what the document says. */
#include <ctype.h>
#include <stdio.h>

#include "core/code.h"
#include "core/introduction.h"
#include "crypto/hkdf.h"
#include "crypto/pairing_keys.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/spake2_internal.h"
#include "tests/unit/hex.h"
#include "tests/unit/unit.h"

#define LINE_SIZE  1024
#define WIDE_BYTES 40

static const struct spake2_config config = {
	.identity_a = "midair role A",
	.identity_b = "midair role B",
};

/* The second cell of the row whose first one is `name`. */
static const char *row(const char *name)
{
	static char line[LINE_SIZE];
	FILE *file = fopen(PROTOCOL_MD, "r");
	char wanted[64];
	bool is_found = false;

	assert_non_null(file);
	snprintf(wanted, sizeof(wanted), "| `%s` | ", name);
	while (!is_found && fgets(line, sizeof(line), file) != NULL)
		is_found = strncmp(line, wanted, strlen(wanted)) == 0 &&
			   isxdigit((unsigned char)line[strlen(wanted)]);
	fclose(file);
	if (!is_found)
		fail_msg("the document has no %s", name);
	line[strlen(wanted) + strcspn(line + strlen(wanted), " ")] = '\0';
	return line + strlen(wanted);
}

static void expect(const char *name, const void *bytes, size_t size)
{
	const char *text = row(name);

	if (strlen(text) != 2 * size || !hex_is(bytes, size, text))
		fail_msg("%s is not %s", name, text);
}

static void take(const char *name, uint8_t *bytes, size_t size)
{
	hex_read(bytes, size, row(name));
}

/* Ours of a role, with the document's w and scalar, and its context. */
static struct spake2 *exchange_of(enum spake2_role role)
{
	struct spake2_config fixed = config;
	struct spake2 *exchange;
	uint8_t w[SPAKE2_SCALAR_BYTES], scalar[SPAKE2_SCALAR_BYTES], context[11];

	take("w", w, sizeof(w));
	take(role == SPAKE2_A ? "x" : "y", scalar, sizeof(scalar));
	take("context", context, sizeof(context));
	fixed.role = role;
	assert_int_equal(spake2_new_fixed(&exchange, &fixed, w, scalar), 0);
	assert_int_equal(spake2_bind(exchange, context, sizeof(context)), 0);
	return exchange;
}

static void the_code_gives_the_password_and_the_context(void **state)
{
	/* as lib/pair_peer.c puts it together */
	static const uint8_t context[] = "midair 1\0\1"
					 "7";
	char words[MIDAIR_CODE_SIZE];
	struct code code;

	(void)state;
	assert_int_equal(code_parse(&code, "7-crossover-clockwork", NULL), 0);
	code_password(&code, words);
	expect("password", words, strlen(words));
	expect("context", context, sizeof(context) - 1);
}

static void the_password_gives_w(void **state)
{
	static const char password[] = "crossover-clockwork";
	struct spake2_config by_password = config;
	struct spake2_transcript transcript;
	uint8_t wide[WIDE_BYTES], share[SPAKE2_SHARE_BYTES];
	struct spake2 *exchange;

	(void)state;
	assert_int_equal(hkdf(wide, sizeof(wide), (const uint8_t *)password, strlen(password),
			      "midair 1 spake2 w"),
			 0);
	expect("40 bytes for w", wide, sizeof(wide));
	by_password.role = SPAKE2_A;
	by_password.password = (const uint8_t *)password;
	by_password.password_size = strlen(password);
	assert_int_equal(spake2_new(&exchange, &by_password), 0);
	take("share_b", share, sizeof(share));
	assert_int_equal(spake2_meet(exchange, share, &transcript), 0);
	expect("w", transcript.w, sizeof(transcript.w));
	spake2_free(exchange);
}

/* Both roles come to the same keys. */
static void the_shares_give_the_keys(void **state)
{
	(void)state;
	for (enum spake2_role role = SPAKE2_A; role <= SPAKE2_B; role++) {
		struct spake2 *exchange = exchange_of(role);
		struct spake2_transcript transcript;
		struct spake2_keys keys;
		uint8_t ours[SPAKE2_SHARE_BYTES], theirs[SPAKE2_SHARE_BYTES];

		spake2_share(exchange, ours);
		expect(role == SPAKE2_A ? "share_a" : "share_b", ours, sizeof(ours));
		take(role == SPAKE2_A ? "share_b" : "share_a", theirs, sizeof(theirs));
		assert_int_equal(spake2_meet(exchange, theirs, &transcript), 0);
		expect("K", transcript.shared, sizeof(transcript.shared));
		assert_int_equal(spake2_keys_derive(&keys, &transcript), 0);
		expect("Ke", keys.ke, sizeof(keys.ke));
		expect("Ka", keys.ka, sizeof(keys.ka));
		expect("confirmation key of A", keys.kc_a, sizeof(keys.kc_a));
		expect("confirmation key of B", keys.kc_b, sizeof(keys.kc_b));
		expect("confirmation of A", keys.confirmation_a, sizeof(keys.confirmation_a));
		expect("confirmation of B", keys.confirmation_b, sizeof(keys.confirmation_b));
		spake2_free(exchange);
	}
}

static void ke_gives_the_keys_of_the_pairing(void **state)
{
	uint8_t secret[SPAKE2_SECRET_BYTES];
	struct pairing_keys keys;

	(void)state;
	take("Ke", secret, sizeof(secret));
	assert_int_equal(pairing_keys_derive(&keys, secret), 0);
	expect("psk", keys.psk, sizeof(keys.psk));
	expect("seal a", keys.seal_a, sizeof(keys.seal_a));
	expect("seal b", keys.seal_b, sizeof(keys.seal_b));
}

static void the_first_message_is_sealed_so(void **state)
{
	struct introduction introduction = {
		.has_confirmation = true,
		.n_candidates = 1,
		.candidates = {{.type = CANDIDATE_SERVER_REFLEXIVE,
				.endpoint = {.family = MIDAIR_IPV4,
					     .port = 40112,
					     .address = {192, 0, 2, 7}}}},
	};
	const size_t n_fields = 2 + INTRODUCTION_CONFIRM_BYTES + 2 + 8;
	uint8_t plain[INTRODUCTION_BYTES_MAX], key[SEAL_KEY_BYTES];
	uint8_t sealed[INTRODUCTION_PADDED_BYTES + SEAL_TAG_BYTES];

	(void)state;
	take("confirmation of A", introduction.confirmation, INTRODUCTION_CONFIRM_BYTES);
	assert_int_equal(introduction_encode(&introduction, plain), INTRODUCTION_PADDED_BYTES);
	expect("introduction of A", plain, n_fields);
	for (size_t i = n_fields; i < INTRODUCTION_PADDED_BYTES; i++)
		assert_int_equal(plain[i], 0);
	take("seal a", key, sizeof(key));
	assert_int_equal(seal(key, 0, plain, INTRODUCTION_PADDED_BYTES, sealed), 0);
	expect("sealed, its beginning", sealed, n_fields);
	expect("sealed, its tag", sealed + INTRODUCTION_PADDED_BYTES, SEAL_TAG_BYTES);
}

static void a_secret_gives_a_room_a_password_and_ports(void **state)
{
	static const char text[] = "correct horse battery staple";
	uint8_t master[32], room[SECRET_ROOM_BYTES];
	struct secret secret;

	(void)state;
	assert_int_equal(secret_derive(&secret, text, strlen(text)), 0);
	expect("room", secret.room, sizeof(secret.room));
	expect("secret's password", secret.password, sizeof(secret.password));
	expect("plan", secret.plan, sizeof(secret.plan));
	assert_int_equal(secret_port(&secret, 2950000), 62610);
	take("master key", master, sizeof(master));
	assert_int_equal(hkdf(room, sizeof(room), master, sizeof(master), "midair 1 room"), 0);
	assert_memory_equal(room, secret.room, sizeof(room));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_gives_the_password_and_the_context),
		cmocka_unit_test(the_password_gives_w),
		cmocka_unit_test(the_shares_give_the_keys),
		cmocka_unit_test(ke_gives_the_keys_of_the_pairing),
		cmocka_unit_test(the_first_message_is_sealed_so),
		cmocka_unit_test(a_secret_gives_a_room_a_password_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
