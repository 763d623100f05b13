/* SPDX-License-Identifier: MIT */
/* spake2's two halves: the group (spake2.c) gives the points of a transcript, the key schedule
 * (spake2_keys.c) hashes it. RFC 9382's test vectors come in here. */
#ifndef MIDAIR_CRYPTO_SPAKE2_INTERNAL_H
#define MIDAIR_CRYPTO_SPAKE2_INTERNAL_H

#include "crypto/spake2.h"

/* A point without compression (SEC 1, 2.3.3), as the transcript has it. */
#define SPAKE2_POINT_BYTES  65
#define SPAKE2_SCALAR_BYTES 32
#define SPAKE2_KEY_BYTES    16

struct spake2_transcript {
	const char *identity_a;
	const char *identity_b;
	const uint8_t *context;
	size_t context_size;
	uint8_t share_a[SPAKE2_POINT_BYTES];
	uint8_t share_b[SPAKE2_POINT_BYTES];
	uint8_t shared[SPAKE2_POINT_BYTES]; /* K */
	uint8_t w[SPAKE2_SCALAR_BYTES];
};

/* All of RFC 9382, 4: TT's hash is Ke and Ka; the confirmation keys come from Ka. */
struct spake2_keys {
	uint8_t ke[SPAKE2_KEY_BYTES];
	uint8_t ka[SPAKE2_KEY_BYTES];
	uint8_t kc_a[SPAKE2_KEY_BYTES];
	uint8_t kc_b[SPAKE2_KEY_BYTES];
	uint8_t confirmation_a[SPAKE2_CONFIRM_BYTES];
	uint8_t confirmation_b[SPAKE2_CONFIRM_BYTES];
};

/* Returns 0, -ENOMEM, -EIO; keys hold nothing unless 0. */
int spake2_keys_derive(struct spake2_keys *keys, const struct spake2_transcript *transcript);

/* spake2_new() with a scalar and w of the caller's choice (big-endian) instead of a random one and
 * the password. Only for test vectors. */
int spake2_new_fixed(struct spake2 **exchange, const struct spake2_config *config,
		     const uint8_t w[SPAKE2_SCALAR_BYTES],
		     const uint8_t scalar[SPAKE2_SCALAR_BYTES]);

/* spake2_finish() up to the transcript, which holds secrets and points into the exchange. */
int spake2_meet(struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES],
		struct spake2_transcript *transcript);

#endif
