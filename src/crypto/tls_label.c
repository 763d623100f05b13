/* SPDX-License-Identifier: MIT */
#include "crypto/tls_label.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/hkdf.h"

#define PREFIX	      "tls13 "
#define PREFIX_BYTES  (sizeof(PREFIX) - 1)
#define LABEL_BYTES   (255 - PREFIX_BYTES)
#define CONTEXT_BYTES HMAC_BYTES
#define ROUNDS	      255 /* RFC 5869: the counter is one byte */

/* What HKDF-Expand signs in each round: the block of the round before (not in the first),
 * HkdfLabel, and the counter. */
#define INFO_BYTES (2 + 1 + 255 + 1 + CONTEXT_BYTES)
#define DATA_BYTES (HMAC_BYTES + INFO_BYTES + 1)

/* SHA-256 of nothing. */
static const uint8_t hash_of_nothing[HMAC_BYTES] = {
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
	0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
	0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

/* HkdfLabel: length, label and context, the last two with their lengths before them. Returns its
 * size. */
static size_t write_info(uint8_t *info, size_t size, const char *label, const uint8_t *context,
			 size_t context_size)
{
	size_t n_label = strlen(label);
	uint8_t *at = info;

	*at++ = (uint8_t)(size >> 8);
	*at++ = (uint8_t)size;
	*at++ = (uint8_t)(PREFIX_BYTES + n_label);
	memcpy(at, PREFIX, PREFIX_BYTES);
	memcpy(at + PREFIX_BYTES, label, n_label);
	at += PREFIX_BYTES + n_label;
	*at++ = (uint8_t)context_size;
	if (context_size > 0)
		memcpy(at, context, context_size);
	return (size_t)(at - info) + context_size;
}

int tls_expand_label(void *out, size_t size, const uint8_t secret[TLS_SECRET_BYTES],
		     const char *label, const uint8_t *context, size_t context_size)
{
	uint8_t data[DATA_BYTES];
	uint8_t *const info = data + HMAC_BYTES;
	const uint8_t *begin = info;
	uint8_t *end = out;
	uint8_t block[HMAC_BYTES];
	int result = 0;

	if (size > ROUNDS * HMAC_BYTES || strlen(label) > LABEL_BYTES ||
	    context_size > CONTEXT_BYTES)
		return -EINVAL;
	uint8_t *const counter = info + write_info(info, size, label, context, context_size);
	for (*counter = 1; size > 0 && result == 0; ++*counter) {
		size_t n = size < HMAC_BYTES ? size : HMAC_BYTES;

		result = hmac_sha256(block, secret, TLS_SECRET_BYTES, begin,
				     (size_t)(counter + 1 - begin));
		if (result == 0)
			memcpy(end, block, n);
		memcpy(data, block, HMAC_BYTES);
		begin = data;
		end += n;
		size -= n;
	}
	OPENSSL_cleanse(data, sizeof(data));
	OPENSSL_cleanse(block, sizeof(block));
	return result;
}

int tls_export_label(void *out, size_t size, const uint8_t exporter[TLS_SECRET_BYTES],
		     const char *label)
{
	uint8_t derived[TLS_SECRET_BYTES];
	int result = tls_expand_label(derived, sizeof(derived), exporter, label,
				      hash_of_nothing, sizeof(hash_of_nothing));

	if (result == 0)
		result = tls_expand_label(out, size, derived, "exporter", hash_of_nothing,
					  sizeof(hash_of_nothing));
	OPENSSL_cleanse(derived, sizeof(derived));
	return result;
}
