/* SPDX-License-Identifier: MIT */
/* hkdf: the key derivation of RFC 5869 with SHA-256, and HMAC-SHA-256 (RFC 2104). */
#ifndef MIDAIR_CRYPTO_HKDF_H
#define MIDAIR_CRYPTO_HKDF_H

#include <stddef.h>
#include <stdint.h>

#define HMAC_BYTES 32

/* Extract without a salt, then expand; label: the info. Returns 0 or -EIO. */
int hkdf(uint8_t *out, size_t out_size, const uint8_t *key, size_t key_size, const char *label);

/* Returns 0 or -EIO. */
int hmac_sha256(uint8_t out[HMAC_BYTES], const uint8_t *key, size_t key_size,
		const uint8_t *data, size_t size);

#endif
