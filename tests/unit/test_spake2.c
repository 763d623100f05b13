/* SPDX-License-Identifier: MIT */
/* spake2: the vectors of RFC 9382, Appendix B, and what an attacker may send instead of a share. */
#include "crypto/spake2.h"

#include "crypto/spake2_internal.h"
#include "tests/unit/hex.h"
#include "tests/unit/unit.h"

#include <errno.h>

/* SPAKE2-P256-SHA256-HKDF-HMAC */
static const struct vector {
	const char *identity_a, *identity_b, *w, *x, *y, *share_a, *share_b, *shared, *ke, *ka;
	const char *kc_a, *kc_b, *confirmation_a, *confirmation_b;
} vectors[] = {
	{
		.identity_a = "server",
		.identity_b = "client",
		.w = "2ee57912099d31560b3a44b1184b9b4866e904c49d12ac5042c97dca461b1a5f",
		.x = "43dd0fd7215bdcb482879fca3220c6a968e66d70b1356cac18bb26c84a78d729",
		.y = "dcb60106f276b02606d8ef0a328c02e4b629f84f89786af5befb0bc75b6e66be",
		.share_a = "04a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9"
			   "010153ac33d0d5f2047ffdb1a3e42c9b4e6be662766e1eeb4116988ede5f912c",
		.share_b = "0406557e482bd03097ad0cbaa5df82115460d951e3451962f1eaf4367a420676d0"
			   "9857ccbc522686c83d1852abfa8ed6e4a1155cf8f1543ceca528afb591a1e0b7",
		.shared = "0412af7e89717850671913e6b469ace67bd90a4df8ce45c2af19010175e37eed69"
			  "f75897996d539356e2fa6a406d528501f907e04d97515fbe83db277b715d3325",
		.ke = "0e0672dc86f8e45565d338b0540abe69",
		.ka = "15bdf72e2b35b5c9e5663168e960a91b",
		.kc_a = "00c12546835755c86d8c0db7851ae86f",
		.kc_b = "a9fa3406c3b781b93d804485430ca27a",
		.confirmation_a =
			"58ad4aa88e0b60d5061eb6b5dd93e80d9c4f00d127c65b3b35b1b5281fee38f0",
		.confirmation_b =
			"d3e2e547f1ae04f2dbdbf0fc4b79f8ecff2dff314b5d32fe9fcef2fb26dc459b",
	},
	{
		.identity_a = "",
		.identity_b = "client",
		.w = "0548d8729f730589e579b0475a582c1608138ddf7054b73b5381c7e883e2efae",
		.x = "403abbe3b1b4b9ba17e3032849759d723939a27a27b9d921c500edde18ed654b",
		.y = "903023b6598908936ea7c929bd761af6039577a9c3f9581064187c3049d87065",
		.share_a = "04a897b769e681c62ac1c2357319a3d363f610839c4477720d24cbe32f5fd85f44"
			   "fb92ba966578c1b712be6962498834078262caa5b441ecfa9d4a9485720e918a",
		.share_b = "04e0f816fd1c35e22065d5556215c097e799390d16661c386e0ecc84593974a61b"
			   "881a8c82327687d0501862970c64565560cb5671f696048050ca66ca5f8cc7fc",
		.shared = "048f83ec9f6e4f87cc6f9dc740bdc2769725f923364f01c84148c049a39a735ebd"
			  "a82eac03e00112fd6a5710682767cff5361f7e819e53d8d3c3a2922e0d837aa6",
		.ke = "642f05c473c2cd79909f9a841e2f30a7",
		.ka = "0bf89b18180af97353ba198789c2b963",
		.kc_a = "c6be376fc7cd1301fd0a13adf3e7bffd",
		.kc_b = "b7243f4ae60440a49b3f8cab3c1fba07",
		.confirmation_a =
			"47d29e6666af1b7dd450d571233085d7a9866e4d49d2645e2df975489521232b",
		.confirmation_b =
			"3313c5cefc361d27fb16847a91c2a73b766ffa90a4839122a9b70a2f6bd1d6df",
	},
	{
		.identity_a = "server",
		.identity_b = "",
		.w = "626e0cdc7b14c9db3e52a0b1b3a768c98e37852d5db30febe0497b14eae8c254",
		.x = "07adb3db6bc623d3399726bfdbfd3d15a58ea776ab8a308b00392621291f9633",
		.y = "b6a4fc8dbb629d4ba51d6f91ed1532cf87adec98f25dd153a75accafafedec16",
		.share_a = "04f88fb71c99bfffaea370966b7eb99cd4be0ff1a7d335caac4211c4afd855e2e1"
			   "5a873b298503ad8ba1d9cbb9a392d2ba309b48bfd7879aefd0f2cea6009763b0",
		.share_b = "040c269d6be017dccb15182ac6bfcd9e2a14de019dd587eaf4bdfd353f031101e7"
			   "cca177f8eb362a6e83e7d5e729c0732e1b528879c086f39ba0f31a9661bd34db",
		.shared = "0445ee233b8ecb51ebd6e7da3f307e88a1616bae2166121221fdc0dadb986afaf3"
			  "ec8a988dc9c626fa3b99f58a7ca7c9b844bb3e8dd9554aafc5b53813504c1cbe",
		.ke = "005184ff460da2ce59062c87733c299c",
		.ka = "3521297d736598fc0a1127600efa1afb",
		.kc_a = "f3da53604f0aeecea5a33be7bddf6edf",
		.kc_b = "9e3f86848736f159bd92b6e107ec6799",
		.confirmation_a =
			"bc9f9bbe99f26d0b2260e6456e05a86196a3307ec6663a18bf6ac825736533b2",
		.confirmation_b =
			"c2370e1bf813b086dff0d834e74425a06e6390f48f5411900276dcccc5a297ec",
	},
	{
		.identity_a = "",
		.identity_b = "",
		.w = "7bf46c454b4c1b25799527d896508afd5fc62ef4ec59db1efb49113063d70cca",
		.x = "8cef65df64bb2d0f83540c53632de911b5b24b3eab6cc74a97609fd659e95473",
		.y = "d7a66f64074a84652d8d623a92e20c9675c61cb5b4f6a0063e4648a2fdc02d53",
		.share_a = "04a65b367a3f613cf9f0654b1b28a1e3a8a40387956c8ba6063e8658563890f46c"
			   "a1ef6a676598889fc28de2950ab8120b79a5ef1ea4c9f44bc98f585634b46d66",
		.share_b = "04589f13218822710d98d8b2123a079041052d9941b9cf88c6617ddb2fcc049466"
			   "2eea8ba6b64692dc318250030c6af045cb738bc81ba35b043c3dcb46adf6f58d",
		.shared = "041a3c03d51b452537ca2a1fea6110353c6d5ed483c4f0f86f4492ca3f378d40a9"
			  "94b4477f93c64d928edbbcd3e85a7c709b7ea73ee97986ce3d1438e135543772",
		.ke = "fc6374762ba5cf11f4b2caa08b2cd1b9",
		.ka = "907ae0e26e8d6234318d91583cd74c86",
		.kc_a = "5dbd2f477166b7fb6d61febbd77a5563",
		.kc_b = "7689b4654407a5faeffdc8f18359d8a3",
		.confirmation_a =
			"dfb4db8d48ae5a675963ea5e6c19d98d4ea028d8e898dad96ea19a80ade95dca",
		.confirmation_b =
			"d0f0609d1613138d354f7e95f19fb556bf52d751947241e8c7118df5ef0ae175",
	},
};

static struct spake2 *new_fixed(enum spake2_role role, const struct vector *vector)
{
	const struct spake2_config config = {
		.role = role,
		.identity_a = vector->identity_a,
		.identity_b = vector->identity_b,
	};
	uint8_t w[SPAKE2_SCALAR_BYTES], scalar[SPAKE2_SCALAR_BYTES];
	struct spake2 *exchange;

	hex_read(w, sizeof(w), vector->w);
	hex_read(scalar, sizeof(scalar), role == SPAKE2_A ? vector->x : vector->y);
	assert_int_equal(spake2_new_fixed(&exchange, &config, w, scalar), 0);
	return exchange;
}

static void expect_transcript(const struct vector *vector, const char *row,
			      const struct spake2_transcript *transcript)
{
	struct spake2_keys keys;

	EXPECT(hex_is(transcript->w, SPAKE2_SCALAR_BYTES, vector->w), row);
	EXPECT(hex_is(transcript->share_a, SPAKE2_POINT_BYTES, vector->share_a), row);
	EXPECT(hex_is(transcript->share_b, SPAKE2_POINT_BYTES, vector->share_b), row);
	EXPECT(hex_is(transcript->shared, SPAKE2_POINT_BYTES, vector->shared), row);
	EXPECT(spake2_keys_derive(&keys, transcript) == 0, row);
	EXPECT(hex_is(keys.ke, SPAKE2_KEY_BYTES, vector->ke), row);
	EXPECT(hex_is(keys.ka, SPAKE2_KEY_BYTES, vector->ka), row);
	EXPECT(hex_is(keys.kc_a, SPAKE2_KEY_BYTES, vector->kc_a), row);
	EXPECT(hex_is(keys.kc_b, SPAKE2_KEY_BYTES, vector->kc_b), row);
	EXPECT(hex_is(keys.confirmation_a, SPAKE2_CONFIRM_BYTES, vector->confirmation_a), row);
	EXPECT(hex_is(keys.confirmation_b, SPAKE2_CONFIRM_BYTES, vector->confirmation_b), row);
}

static void every_step_is_that_of_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_ITEMS(vectors); i++) {
		const struct vector *const vector = &vectors[i / 2];
		const enum spake2_role role = i % 2 == 0 ? SPAKE2_A : SPAKE2_B;
		struct spake2 *ours = new_fixed(role, vector);
		struct spake2 *theirs =
			new_fixed(role == SPAKE2_A ? SPAKE2_B : SPAKE2_A, vector);
		struct spake2_transcript transcript;
		uint8_t share[SPAKE2_SHARE_BYTES];

		spake2_share(theirs, share);
		EXPECT(spake2_meet(ours, share, &transcript) == 0, vector->w);
		expect_transcript(vector, vector->w, &transcript);
		spake2_free(theirs);
		spake2_free(ours);
	}
}

static void shares_are_the_compressed_points_of_the_vectors(void **state)
{
	/* One with an odd y, one with an even y. */
	static const char *const shares[] = {
		"02a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"0306557e482bd03097ad0cbaa5df82115460d951e3451962f1eaf4367a420676d0",
	};

	(void)state;
	for (int role = SPAKE2_A; role <= SPAKE2_B; role++) {
		struct spake2 *exchange = new_fixed((enum spake2_role)role, &vectors[0]);
		uint8_t share[SPAKE2_SHARE_BYTES];

		spake2_share(exchange, share);
		EXPECT(hex_is(share, sizeof(share), shares[role]), shares[role]);
		spake2_free(exchange);
	}
}

static void results_are_those_of_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(vectors); i++) {
		const struct vector *const vector = &vectors[i];
		struct spake2 *a = new_fixed(SPAKE2_A, vector);
		struct spake2 *b = new_fixed(SPAKE2_B, vector);
		uint8_t share_a[SPAKE2_SHARE_BYTES], share_b[SPAKE2_SHARE_BYTES];
		struct spake2_result at_a, at_b;

		spake2_share(a, share_a);
		spake2_share(b, share_b);
		EXPECT(spake2_finish(a, share_b, &at_a) == 0, vector->w);
		EXPECT(spake2_finish(b, share_a, &at_b) == 0, vector->w);
		EXPECT(hex_is(at_a.secret, SPAKE2_SECRET_BYTES, vector->ke), vector->w);
		EXPECT(hex_is(at_b.secret, SPAKE2_SECRET_BYTES, vector->ke), vector->w);
		EXPECT(hex_is(at_a.our_confirmation, SPAKE2_CONFIRM_BYTES,
			      vector->confirmation_a),
		       vector->w);
		EXPECT(hex_is(at_b.our_confirmation, SPAKE2_CONFIRM_BYTES,
			      vector->confirmation_b),
		       vector->w);
		EXPECT(memcmp(at_a.our_confirmation, at_b.their_confirmation,
			      SPAKE2_CONFIRM_BYTES) == 0,
		       vector->w);
		EXPECT(memcmp(at_b.our_confirmation, at_a.their_confirmation,
			      SPAKE2_CONFIRM_BYTES) == 0,
		       vector->w);
		spake2_free(a);
		spake2_free(b);
	}
}

/* What one end knows. The context is text here. */
struct end {
	const char *password, *identity_a, *identity_b, *context;
};

static const struct end usual = {"crossover clockwork", "midair 1 a", "midair 1 b", "room 7"};

static struct spake2 *new_exchange(enum spake2_role role, const struct end *end)
{
	const struct spake2_config config = {
		.role = role,
		.password = (const uint8_t *)end->password,
		.password_size = strlen(end->password),
		.identity_a = end->identity_a,
		.identity_b = end->identity_b,
		.context = (const uint8_t *)end->context,
		.context_size = strlen(end->context),
	};
	struct spake2 *exchange;

	assert_int_equal(spake2_new(&exchange, &config), 0);
	return exchange;
}

/* Both exchanges finish with the other's share. */
static void cross(struct spake2 *a, struct spake2 *b, struct spake2_result *at_a,
		  struct spake2_result *at_b)
{
	uint8_t share_a[SPAKE2_SHARE_BYTES], share_b[SPAKE2_SHARE_BYTES];

	spake2_share(a, share_a);
	spake2_share(b, share_b);
	assert_int_equal(spake2_finish(a, share_b, at_a), 0);
	assert_int_equal(spake2_finish(b, share_a, at_b), 0);
	spake2_free(a);
	spake2_free(b);
}

static bool is_agreed(const struct spake2_result *at_a, const struct spake2_result *at_b)
{
	return memcmp(at_a->secret, at_b->secret, SPAKE2_SECRET_BYTES) == 0;
}

static bool is_confirmed(const struct spake2_result *ours, const struct spake2_result *theirs)
{
	return memcmp(ours->their_confirmation, theirs->our_confirmation,
		      SPAKE2_CONFIRM_BYTES) == 0;
}

static void the_same_password_gives_the_same_secret(void **state)
{
	static const char *const passwords[] = {
		"", "a", "crossover clockwork",
		"a sentence that is longer than one of the hashes"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(passwords); i++) {
		struct end end = usual;
		struct spake2_result at_a, at_b;

		end.password = passwords[i];
		cross(new_exchange(SPAKE2_A, &end), new_exchange(SPAKE2_B, &end), &at_a, &at_b);
		EXPECT(is_agreed(&at_a, &at_b), passwords[i]);
		EXPECT(is_confirmed(&at_a, &at_b) && is_confirmed(&at_b, &at_a), passwords[i]);
	}
}

static void any_difference_gives_other_secrets_and_no_confirmation(void **state)
{
	static const struct end others[] = {
		{"crossover clockworks", "midair 1 a", "midair 1 b", "room 7"},
		{"Crossover clockwork", "midair 1 a", "midair 1 b", "room 7"},
		{"", "midair 1 a", "midair 1 b", "room 7"},
		{"crossover clockwork", "midair 2 a", "midair 1 b", "room 7"},
		{"crossover clockwork", "midair 1 a", "midair 2 b", "room 7"},
		{"crossover clockwork", "midair 1 b", "midair 1 a", "room 7"},
		{"crossover clockwork", "midair 1 a", "midair 1 b", "room 8"},
		{"crossover clockwork", "midair 1 a", "midair 1 b", "room 77"},
		{"crossover clockwork", "midair 1 a", "midair 1 b", ""},
		{"crossover clockwork", "midair 1 aroom 7", "midair 1 broom 7", ""},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(others); i++) {
		struct spake2_result at_a, at_b;

		cross(new_exchange(SPAKE2_A, &usual), new_exchange(SPAKE2_B, &others[i]), &at_a,
		      &at_b);
		EXPECT(!is_agreed(&at_a, &at_b), others[i].password);
		EXPECT(!is_confirmed(&at_a, &at_b), others[i].password);
		EXPECT(!is_confirmed(&at_b, &at_a), others[i].password);
	}
}

static void a_context_may_come_after_the_share(void **state)
{
	struct end unknown = usual;
	struct spake2_result at_a, at_b;

	(void)state;
	unknown.context = "room not known yet";
	struct spake2 *late = new_exchange(SPAKE2_A, &unknown);
	assert_int_equal(
		spake2_bind(late, (const uint8_t *)usual.context, strlen(usual.context)), 0);
	cross(late, new_exchange(SPAKE2_B, &usual), &at_a, &at_b);
	assert_true(is_agreed(&at_a, &at_b));
	assert_true(is_confirmed(&at_a, &at_b));
}

static void each_exchange_has_a_share_of_its_own(void **state)
{
	uint8_t shares[8][SPAKE2_SHARE_BYTES];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(shares); i++) {
		struct spake2 *exchange = new_exchange(i % 2 ? SPAKE2_A : SPAKE2_B, &usual);

		spake2_share(exchange, shares[i]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(shares[i], shares[j], SPAKE2_SHARE_BYTES);
		spake2_free(exchange);
	}
}

/* -EBADMSG, nothing written, and the exchange is spent. */
static void expect_refused(struct spake2 *exchange, const uint8_t *share, const char *row)
{
	struct spake2_result result, untouched;
	uint8_t good[SPAKE2_SHARE_BYTES];
	struct spake2 *other = new_exchange(SPAKE2_B, &usual);

	memset(&result, 0xa5, sizeof(result));
	untouched = result;
	EXPECT(spake2_finish(exchange, share, &result) == -EBADMSG, row);
	EXPECT(memcmp(&result, &untouched, sizeof(result)) == 0, row);
	spake2_share(other, good);
	EXPECT(spake2_finish(exchange, good, &result) == -EALREADY, row);
	spake2_free(other);
	spake2_free(exchange);
}

static void bytes_that_are_no_share_are_refused(void **state)
{
	/* Prefixes 04, 06 and 07 belong to 65 bytes, 00 to a single one. No point has x = 1;
	 * there is one with x = 0, but not when that is written with the field's prime added. */
	static const char *const shares[] = {
		"000000000000000000000000000000000000000000000000000000000000000000",
		"00a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"01a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"04a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"05a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"06a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"07a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"82a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"020000000000000000000000000000000000000000000000000000000000000001",
		"030000000000000000000000000000000000000000000000000000000000000001",
		"02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		"03ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		"02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		"02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(shares); i++) {
		uint8_t share[SPAKE2_SHARE_BYTES];

		hex_read(share, sizeof(share), shares[i]);
		expect_refused(new_exchange(SPAKE2_A, &usual), share, shares[i]);
	}
}

static void our_own_share_is_refused(void **state)
{
	(void)state;
	for (int role = SPAKE2_A; role <= SPAKE2_B; role++) {
		struct spake2 *exchange = new_exchange((enum spake2_role)role, &usual);
		uint8_t share[SPAKE2_SHARE_BYTES];

		spake2_share(exchange, share);
		expect_refused(exchange, share, "our own");
	}
}

/* With the scalar 0 a share is the bare mask: K would be infinity, which everybody can compute. */
static void a_share_that_leads_to_infinity_is_refused(void **state)
{
	static const char zero[] =
		"0000000000000000000000000000000000000000000000000000000000000000";

	(void)state;
	for (int role = SPAKE2_A; role <= SPAKE2_B; role++) {
		struct vector bare = vectors[0];
		uint8_t share[SPAKE2_SHARE_BYTES];

		bare.x = bare.y = zero;
		struct spake2 *mask = new_fixed(role == SPAKE2_A ? SPAKE2_B : SPAKE2_A, &bare);
		spake2_share(mask, share);
		expect_refused(new_fixed((enum spake2_role)role, &vectors[0]), share, "mask");
		spake2_free(mask);
	}
}

static void an_exchange_finishes_once(void **state)
{
	struct spake2 *a = new_exchange(SPAKE2_A, &usual);
	struct spake2 *b = new_exchange(SPAKE2_B, &usual);
	uint8_t share[SPAKE2_SHARE_BYTES];
	struct spake2_result first, second;

	(void)state;
	spake2_share(b, share);
	assert_int_equal(spake2_finish(a, share, &first), 0);
	memcpy(&second, &first, sizeof(first));
	assert_int_equal(spake2_finish(a, share, &second), -EALREADY);
	assert_memory_equal(&second, &first, sizeof(first));
	spake2_free(a);
	spake2_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_that_of_the_vectors),
		cmocka_unit_test(shares_are_the_compressed_points_of_the_vectors),
		cmocka_unit_test(results_are_those_of_the_vectors),
		cmocka_unit_test(the_same_password_gives_the_same_secret),
		cmocka_unit_test(any_difference_gives_other_secrets_and_no_confirmation),
		cmocka_unit_test(a_context_may_come_after_the_share),
		cmocka_unit_test(each_exchange_has_a_share_of_its_own),
		cmocka_unit_test(bytes_that_are_no_share_are_refused),
		cmocka_unit_test(our_own_share_is_refused),
		cmocka_unit_test(a_share_that_leads_to_infinity_is_refused),
		cmocka_unit_test(an_exchange_finishes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
