/* SPDX-License-Identifier: MIT */
/*
 * spake2: the password-authenticated key exchange of RFC 9382 with P-256, SHA-256, HKDF and HMAC.
 *
 * Each end makes one exchange for each role that it may get (independent scalars), sends its
 * shares, and finishes the one whose role the introduction gave it. A wrong password shows in the
 * confirmation alone; whoever listens or sits in the middle gets one guess for each exchange that
 * an honest end finishes, and nothing to try guesses on later.
 */
#ifndef MIDAIR_CRYPTO_SPAKE2_H
#define MIDAIR_CRYPTO_SPAKE2_H

#include <stddef.h>
#include <stdint.h>

/* A point in compressed form (SEC 1, 2.3.3), as it is sent. */
#define SPAKE2_SHARE_BYTES   33
#define SPAKE2_SECRET_BYTES  16 /* Ke: half of SHA-256's output (RFC 9382, 4) */
#define SPAKE2_CONFIRM_BYTES 32 /* HMAC-SHA-256 */

enum spake2_role { SPAKE2_A, SPAKE2_B };

struct spake2_config {
	enum spake2_role role;
	const uint8_t *password; /* any length; w is HKDF of it, reduced from 40 bytes */
	size_t password_size;
	/* Bound into the transcript: identities, and what else both must agree on. The share does
	 * not depend on them. */
	const char *identity_a;
	const char *identity_b;
	const uint8_t *context;
	size_t context_size;
};

struct spake2_result {
	uint8_t secret[SPAKE2_SECRET_BYTES];
	uint8_t our_confirmation[SPAKE2_CONFIRM_BYTES];
	uint8_t their_confirmation[SPAKE2_CONFIRM_BYTES]; /* what the peer must send */
};

struct spake2;

/* Returns 0, -ENOMEM, or -EIO when the random generator failed. config is copied. */
int spake2_new(struct spake2 **exchange, const struct spake2_config *config);
struct spake2 *spake2_free(struct spake2 *exchange); /* wipes */

/* What to send. */
void spake2_share(const struct spake2 *exchange, uint8_t share[SPAKE2_SHARE_BYTES]);

/* Another context than the config's, for what is known only after the share was sent. Before
 * spake2_finish(). Returns 0 or -ENOMEM. */
int spake2_bind(struct spake2 *exchange, const uint8_t *context, size_t size);

/* Once, whatever comes of it. Returns 0, -EBADMSG when the share is no point of the curve, is our
 * own, or leads to the point at infinity; -EALREADY the second time; -ENOMEM, -EIO. */
int spake2_finish(struct spake2 *exchange, const uint8_t share[SPAKE2_SHARE_BYTES],
		  struct spake2_result *result);

#endif
