/* SPDX-License-Identifier: MIT */
#include "crypto/seal.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define NONCE_BYTES 12

struct sealer {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
};

static void sealer_free(struct sealer *sealer)
{
	EVP_CIPHER_CTX_free(sealer->context);
	EVP_CIPHER_free(sealer->cipher);
	ERR_pop_to_mark();
}

/* The nonce: 32 zero bits and the number, as TLS 1.3 counts its records (RFC 8446, 5.3). */
static bool sealer_new(struct sealer *sealer, const uint8_t key[SEAL_KEY_BYTES],
		       uint64_t number, bool is_sealing)
{
	uint8_t nonce[NONCE_BYTES] = {0};

	for (size_t i = 0; i < sizeof(number); i++)
		nonce[NONCE_BYTES - 1 - i] = (uint8_t)(number >> (8 * i));
	ERR_set_mark();
	sealer->cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	sealer->context = EVP_CIPHER_CTX_new();
	return sealer->cipher != NULL && sealer->context != NULL &&
	       EVP_CipherInit_ex2(sealer->context, sealer->cipher, key, nonce, is_sealing,
				  NULL) == 1;
}

static bool encrypt(const struct sealer *sealer, const uint8_t *plain, size_t size,
		    uint8_t *out)
{
	int n = 0;

	/* An update with nothing may look like additional data to OpenSSL. */
	return (size == 0 ||
		EVP_CipherUpdate(sealer->context, out, &n, plain, (int)size) == 1) &&
	       EVP_CipherFinal_ex(sealer->context, out + size, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(sealer->context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES,
				   out + size) == 1;
}

int seal(const uint8_t key[SEAL_KEY_BYTES], uint64_t number, const uint8_t *plain, size_t size,
	 uint8_t *out)
{
	struct sealer sealer;

	if (size > INT_MAX - SEAL_TAG_BYTES)
		return -EIO;
	const bool is_done =
		sealer_new(&sealer, key, number, true) && encrypt(&sealer, plain, size, out);
	sealer_free(&sealer);
	return is_done ? 0 : -EIO;
}

static bool decrypt(const struct sealer *sealer, const uint8_t *sealed, size_t size,
		    uint8_t *plain)
{
	uint8_t tag[SEAL_TAG_BYTES];
	int n = 0;

	memcpy(tag, sealed + size, sizeof(tag));
	return EVP_CIPHER_CTX_ctrl(sealer->context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES,
				   tag) == 1 &&
	       (size == 0 ||
		EVP_CipherUpdate(sealer->context, plain, &n, sealed, (int)size) == 1) &&
	       EVP_CipherFinal_ex(sealer->context, plain + size, &n) == 1;
}

int seal_open(const uint8_t key[SEAL_KEY_BYTES], uint64_t number, const uint8_t *sealed,
	      size_t size, uint8_t *out)
{
	struct sealer sealer;

	if (size < SEAL_TAG_BYTES || size > INT_MAX)
		return -EBADMSG;
	size -= SEAL_TAG_BYTES;
	/* OpenSSL decrypts before it knows whether the tag is right, so not into out. */
	uint8_t *const plain = OPENSSL_malloc(size + 1);
	int result = -EIO;

	if (sealer_new(&sealer, key, number, false) && plain != NULL)
		result = decrypt(&sealer, sealed, size, plain) ? 0 : -EBADMSG;
	if (result == 0 && size > 0)
		memcpy(out, plain, size);
	sealer_free(&sealer);
	OPENSSL_clear_free(plain, size + 1);
	return result;
}
