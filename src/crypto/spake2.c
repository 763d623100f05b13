/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * P is P-256's generator, M and N are points whose logarithms nobody knows (RFC 9382, 6), w comes
 * from the password. Role A chooses x and sends x P + w M; role B chooses y and sends y P + w N.
 * Each takes the other's mask away and multiplies with its own scalar: K = x y P. Without w the
 * mask cannot be taken away, and a wrong w leaves a multiple of M or N that nobody can follow.
 *
 * Whatever does not need the peer's share is done by spake2_new(), while connections are still
 * being made: spake2_finish() is on the way from the introduction to the first SYN. P-256's
 * cofactor is 1, so every point of the curve but infinity is in the group.
 *
 * The generator's and a point's multiples are computed apart: given both at once, OpenSSL's
 * portable code takes a way whose time depends on the scalars.
 */
#include "crypto/spake2.h"

#include "crypto/hkdf.h"
#include "crypto/secret.h"
#include "crypto/spake2_internal.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <string.h>

/* 64 bits more than the order has: reduced, it is uniform but for 2^-64 (RFC 9382, 3.2). */
#define WIDE_BYTES 40

struct spake2 {
	enum spake2_role role;
	bool is_finished;
	char *identity_a;
	char *identity_b;
	uint8_t *context;
	size_t context_size;
	EC_GROUP *group;
	BN_CTX *scratch;
	BIGNUM *w;
	BIGNUM *scalar;
	uint8_t share[SPAKE2_POINT_BYTES];
	EC_POINT *unmask; /* -(w N) of role A, -(w M) of role B */
};

/* M and N of RFC 9382, 6, uncompressed: no square root at each start. */
static const uint8_t masks[2][SPAKE2_POINT_BYTES] = {
	[SPAKE2_A] = {0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d,
		      0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1, 0x6e, 0xf3,
		      0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f,
		      0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce, 0x22, 0x4e, 0x0b, 0x0e,
		      0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0, 0x94, 0x19, 0xc7,
		      0x85, 0xe0, 0xca, 0x54, 0x7d, 0x55, 0xa1, 0x2e, 0x2d, 0x20},
	[SPAKE2_B] = {0x04, 0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d,
		      0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07, 0x19, 0xc6, 0x29, 0xd7, 0x01,
		      0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49,
		      0x07, 0xd6, 0x0a, 0xa6, 0xbf, 0xad, 0xe4, 0x50, 0x08, 0xa6, 0x36,
		      0x33, 0x7f, 0x51, 0x68, 0xc6, 0x4d, 0x9b, 0xd3, 0x60, 0x34, 0x80,
		      0x8c, 0xd5, 0x64, 0x49, 0x0b, 0x1e, 0x65, 0x6e, 0xdb, 0xe7},
};

static enum spake2_role other(enum spake2_role role)
{
	return role == SPAKE2_A ? SPAKE2_B : SPAKE2_A;
}

static void *copy(const void *bytes, size_t size)
{
	/* No size is no failure. */
	void *const copied = OPENSSL_malloc(size + 1);

	if (copied != NULL && size > 0)
		memcpy(copied, bytes, size);
	return copied;
}

static bool allocate(struct spake2 *exchange, const struct spake2_config *config)
{
	exchange->role = config->role;
	exchange->identity_a = OPENSSL_strdup(config->identity_a);
	exchange->identity_b = OPENSSL_strdup(config->identity_b);
	exchange->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	exchange->scratch = BN_CTX_new();
	exchange->w = BN_new();
	exchange->scalar = BN_new();
	if (exchange->group != NULL)
		exchange->unmask = EC_POINT_new(exchange->group);
	return exchange->identity_a != NULL && exchange->identity_b != NULL &&
	       exchange->scratch != NULL && exchange->w != NULL && exchange->scalar != NULL &&
	       exchange->unmask != NULL;
}

struct spake2 *spake2_free(struct spake2 *exchange)
{
	if (exchange == NULL)
		return NULL;
	EC_POINT_clear_free(exchange->unmask);
	BN_clear_free(exchange->scalar);
	BN_clear_free(exchange->w);
	BN_CTX_free(exchange->scratch);
	EC_GROUP_free(exchange->group);
	OPENSSL_clear_free(exchange->context, exchange->context_size);
	OPENSSL_free(exchange->identity_b);
	OPENSSL_free(exchange->identity_a);
	OPENSSL_clear_free(exchange, sizeof(*exchange));
	return NULL;
}

static bool choose_w(struct spake2 *exchange, const struct spake2_config *config)
{
	uint8_t wide[WIDE_BYTES];

	const bool is_done =
		hkdf(wide, sizeof(wide), config->password, config->password_size,
		     "midair 1 spake2 w") == 0 &&
		BN_bin2bn(wide, sizeof(wide), exchange->w) != NULL &&
		BN_mod(exchange->w, exchange->w, EC_GROUP_get0_order(exchange->group),
		       exchange->scratch) == 1;
	secret_forget(wide, sizeof(wide));
	return is_done;
}

static bool choose_scalar(struct spake2 *exchange)
{
	do {
		if (BN_priv_rand_range(exchange->scalar,
				       EC_GROUP_get0_order(exchange->group)) != 1)
			return false;
	} while (BN_is_zero(exchange->scalar));
	return true;
}

static bool encode(const struct spake2 *exchange, const EC_POINT *point,
		   uint8_t out[SPAKE2_POINT_BYTES])
{
	return EC_POINT_point2oct(exchange->group, point, POINT_CONVERSION_UNCOMPRESSED, out,
				  SPAKE2_POINT_BYTES, exchange->scratch) == SPAKE2_POINT_BYTES;
}

/* product = w times the mask of a role */
static bool mask(const struct spake2 *exchange, EC_POINT *product, enum spake2_role role)
{
	EC_POINT *const point = EC_POINT_new(exchange->group);
	const bool is_done = point != NULL &&
			     EC_POINT_oct2point(exchange->group, point, masks[role],
						SPAKE2_POINT_BYTES, exchange->scratch) == 1 &&
			     EC_POINT_mul(exchange->group, product, NULL, point, exchange->w,
					  exchange->scratch) == 1;

	EC_POINT_free(point);
	return is_done;
}

static bool compute_share(struct spake2 *exchange)
{
	const EC_GROUP *const group = exchange->group;
	BN_CTX *const scratch = exchange->scratch;
	EC_POINT *const masked = EC_POINT_new(group);
	EC_POINT *const share = EC_POINT_new(group);
	const bool is_done =
		masked != NULL && share != NULL && mask(exchange, masked, exchange->role) &&
		EC_POINT_mul(group, share, exchange->scalar, NULL, NULL, scratch) == 1 &&
		EC_POINT_add(group, share, share, masked, scratch) == 1 &&
		encode(exchange, share, exchange->share) &&
		mask(exchange, exchange->unmask, other(exchange->role)) &&
		EC_POINT_invert(group, exchange->unmask, scratch) == 1;

	EC_POINT_clear_free(share);
	EC_POINT_clear_free(masked);
	return is_done;
}

int spake2_bind(struct spake2 *exchange, const uint8_t *context, size_t size)
{
	uint8_t *const copied = copy(context, size);

	if (copied == NULL)
		return -ENOMEM;
	OPENSSL_clear_free(exchange->context, exchange->context_size);
	exchange->context = copied;
	exchange->context_size = size;
	return 0;
}

/* Without w and scalar: those of the password and of the generator. */
static int start(struct spake2 *exchange, const struct spake2_config *config, const uint8_t *w,
		 const uint8_t *scalar)
{
	if (!allocate(exchange, config) ||
	    spake2_bind(exchange, config->context, config->context_size) != 0)
		return -ENOMEM;
	BN_set_flags(exchange->w, BN_FLG_CONSTTIME);
	BN_set_flags(exchange->scalar, BN_FLG_CONSTTIME);
	const bool is_chosen =
		w != NULL ? BN_bin2bn(w, SPAKE2_SCALAR_BYTES, exchange->w) != NULL &&
				    BN_bin2bn(scalar, SPAKE2_SCALAR_BYTES, exchange->scalar) !=
					    NULL
			  : choose_w(exchange, config) && choose_scalar(exchange);
	return is_chosen && compute_share(exchange) ? 0 : -EIO;
}

static int new_exchange(struct spake2 **exchange, const struct spake2_config *config,
			const uint8_t *w, const uint8_t *scalar)
{
	*exchange = OPENSSL_zalloc(sizeof(**exchange));
	if (*exchange == NULL)
		return -ENOMEM;
	ERR_set_mark();
	const int result = start(*exchange, config, w, scalar);
	ERR_pop_to_mark();
	if (result != 0)
		*exchange = spake2_free(*exchange);
	return result;
}

int spake2_new(struct spake2 **exchange, const struct spake2_config *config)
{
	return new_exchange(exchange, config, NULL, NULL);
}

int spake2_new_fixed(struct spake2 **exchange, const struct spake2_config *config,
		     const uint8_t w[SPAKE2_SCALAR_BYTES],
		     const uint8_t scalar[SPAKE2_SCALAR_BYTES])
{
	return new_exchange(exchange, config, w, scalar);
}

void spake2_share(const struct spake2 *exchange, uint8_t share[SPAKE2_SHARE_BYTES])
{
	/* SEC 1, 2.3.3: the prefix tells whether y is odd. */
	share[0] = 2 | (exchange->share[SPAKE2_POINT_BYTES - 1] & 1);
	memcpy(share + 1, exchange->share + 1, SPAKE2_SHARE_BYTES - 1);
}

static bool is_our_own(const struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES])
{
	uint8_t ours[SPAKE2_SHARE_BYTES];

	spake2_share(exchange, ours);
	return memcmp(ours, share, sizeof(ours)) == 0;
}

/* OpenSSL checks that x is below the field's prime and that there is a y for it. Other forms than
 * the compressed one do not fit its length, infinity neither. */
static bool decode(const struct spake2 *exchange, EC_POINT *point,
		   const uint8_t share[SPAKE2_SHARE_BYTES])
{
	return (share[0] == POINT_CONVERSION_COMPRESSED ||
		share[0] == POINT_CONVERSION_COMPRESSED + 1) &&
	       EC_POINT_oct2point(exchange->group, point, share, SPAKE2_SHARE_BYTES,
				  exchange->scratch) == 1;
}

static int multiply(const struct spake2 *exchange, EC_POINT *point, EC_POINT *shared,
		    uint8_t out[SPAKE2_POINT_BYTES])
{
	const EC_GROUP *const group = exchange->group;

	if (EC_POINT_add(group, point, point, exchange->unmask, exchange->scratch) != 1)
		return -EIO;
	if (EC_POINT_is_at_infinity(group, point))
		return -EBADMSG;
	return EC_POINT_mul(group, shared, NULL, point, exchange->scalar, exchange->scratch) ==
				       1 &&
			       encode(exchange, shared, out)
		       ? 0
		       : -EIO;
}

/* theirs: their share without compression, shared: K */
static int meet(const struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES],
		uint8_t theirs[SPAKE2_POINT_BYTES], uint8_t shared[SPAKE2_POINT_BYTES])
{
	EC_POINT *const point = EC_POINT_new(exchange->group);
	EC_POINT *const product = EC_POINT_new(exchange->group);
	int result = -ENOMEM;

	if (point != NULL && product != NULL) {
		result = decode(exchange, point, share) ? 0 : -EBADMSG;
		if (result == 0)
			result = encode(exchange, point, theirs) ? 0 : -EIO;
		if (result == 0)
			result = multiply(exchange, point, product, shared);
	}
	EC_POINT_clear_free(product);
	EC_POINT_clear_free(point);
	return result;
}

int spake2_meet(struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES],
		struct spake2_transcript *transcript)
{
	const bool is_a = exchange->role == SPAKE2_A;

	if (exchange->is_finished)
		return -EALREADY;
	exchange->is_finished = true;
	if (is_our_own(exchange, share))
		return -EBADMSG;
	*transcript = (struct spake2_transcript){
		.identity_a = exchange->identity_a,
		.identity_b = exchange->identity_b,
		.context = exchange->context,
		.context_size = exchange->context_size,
	};
	memcpy(is_a ? transcript->share_a : transcript->share_b, exchange->share,
	       SPAKE2_POINT_BYTES);
	ERR_set_mark();
	int result = meet(exchange, share, is_a ? transcript->share_b : transcript->share_a,
			  transcript->shared);
	if (result == 0 && BN_bn2binpad(exchange->w, transcript->w, SPAKE2_SCALAR_BYTES) !=
				   SPAKE2_SCALAR_BYTES)
		result = -EIO;
	ERR_pop_to_mark();
	/* Never a second guess with the same scalar. */
	BN_clear(exchange->scalar);
	return result;
}

int spake2_finish(struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES],
		  struct spake2_result *result)
{
	struct spake2_transcript transcript;
	struct spake2_keys keys;
	int status = spake2_meet(exchange, share, &transcript);

	if (status == 0)
		status = spake2_keys_derive(&keys, &transcript);
	if (status == 0) {
		const bool is_a = exchange->role == SPAKE2_A;

		memcpy(result->secret, keys.ke, sizeof(result->secret));
		memcpy(result->our_confirmation,
		       is_a ? keys.confirmation_a : keys.confirmation_b, SPAKE2_CONFIRM_BYTES);
		memcpy(result->their_confirmation,
		       is_a ? keys.confirmation_b : keys.confirmation_a, SPAKE2_CONFIRM_BYTES);
	}
	secret_forget(&transcript, sizeof(transcript));
	secret_forget(&keys, sizeof(keys));
	return status;
}
