/* SPDX-License-Identifier: MIT */
/*
 * pairing_keys: all keys of one pairing, by HKDF (RFC 5869) from SPAKE2's secret. One
 * label for each use; "midair 1 " and the label, so that no two uses share a key.
 */
#ifndef MIDAIR_CRYPTO_PAIRING_KEYS_H
#define MIDAIR_CRYPTO_PAIRING_KEYS_H

#include "crypto/spake2.h"

#define PAIRING_KEY_BYTES 32

struct pairing_keys {
	uint8_t psk[PAIRING_KEY_BYTES];	   /* TLS 1.3's external PSK */
	uint8_t seal_a[PAIRING_KEY_BYTES]; /* messages of role A through the server */
	uint8_t seal_b[PAIRING_KEY_BYTES]; /* of role B */
	uint8_t hole[PAIRING_KEY_BYTES];   /* TLS 1.3's external PSK of the next time */
};

/* Returns 0 or -EIO. */
int pairing_keys_derive(struct pairing_keys *keys, const uint8_t secret[SPAKE2_SECRET_BYTES]);
void pairing_keys_wipe(struct pairing_keys *keys);

#endif
