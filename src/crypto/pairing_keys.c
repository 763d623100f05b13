/* SPDX-License-Identifier: MIT */
#include "crypto/pairing_keys.h"

#include "crypto/hkdf.h"
#include "crypto/secret.h"

int pairing_keys_derive(struct pairing_keys *keys, const uint8_t secret[SPAKE2_SECRET_BYTES])
{
	const struct {
		uint8_t *key;
		const char *label;
	} uses[] = {
		{keys->psk, "midair 1 psk"},
		{keys->seal_a, "midair 1 seal a"},
		{keys->seal_b, "midair 1 seal b"},
		{keys->hole, "midair 1 hole"},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		const int result = hkdf(uses[i].key, PAIRING_KEY_BYTES, secret,
					SPAKE2_SECRET_BYTES, uses[i].label);
		if (result != 0) {
			pairing_keys_wipe(keys);
			return result;
		}
	}
	return 0;
}

void pairing_keys_wipe(struct pairing_keys *keys)
{
	secret_forget(keys, sizeof(*keys));
}
