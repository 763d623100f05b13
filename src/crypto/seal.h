/* SPDX-License-Identifier: MIT */
/* seal: authenticated encryption of one message (ChaCha20-Poly1305, RFC 8439). The nonce is the
 * message's number, which both ends count: a replayed or reordered message does not open. */
#ifndef MIDAIR_CRYPTO_SEAL_H
#define MIDAIR_CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_BYTES 32
#define SEAL_TAG_BYTES 16

/* out: room for size + SEAL_TAG_BYTES. Returns 0 or -EIO. */
int seal(const uint8_t key[SEAL_KEY_BYTES], uint64_t number, const uint8_t *plain, size_t size,
	 uint8_t *out);

/* size counts the tag; out: room for size - SEAL_TAG_BYTES, untouched on failure. Returns 0,
 * -EBADMSG (not sealed with this key and number), -EIO. */
int seal_open(const uint8_t key[SEAL_KEY_BYTES], uint64_t number, const uint8_t *sealed,
	      size_t size, uint8_t *out);

#endif
