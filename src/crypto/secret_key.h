/* SPDX-License-Identifier: MIT */
/*
 * secret_key: the text of a generated key. "midair-key-1:" and 256 bits in base32 with Crockford's
 * alphabet, the first bit first, four zero bits at the end. Upper case and the look-alikes o, i
 * and l are forgiven: a key may be typed at a prompt.
 */
#ifndef MIDAIR_CRYPTO_SECRET_KEY_H
#define MIDAIR_CRYPTO_SECRET_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_KEY_BYTES 32

/* text: SECRET_KEY_TEXT_SIZE of secret.h. */
void secret_key_encode(char *text, const uint8_t key[SECRET_KEY_BYTES]);

/* Whether the text is that of a key; only then its bits are in key. */
bool secret_key_decode(uint8_t key[SECRET_KEY_BYTES], const char *text, size_t size);

#endif
