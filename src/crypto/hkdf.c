/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <string.h>

/* OpenSSL's parameters are not const, but what goes in is only read. */
static void *without_const(const void *pointer)
{
	union {
		const void *in;
		void *out;
	} cast = {.in = pointer};

	return cast.out;
}

int hkdf(uint8_t *out, size_t out_size, const uint8_t *key, size_t key_size, const char *label)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, without_const(key),
						  key_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, without_const(label),
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	ERR_set_mark();
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	const bool is_done =
		context != NULL && EVP_KDF_derive(context, out, out_size, params) == 1;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	ERR_pop_to_mark();
	return is_done ? 0 : -EIO;
}

int hmac_sha256(uint8_t out[HMAC_BYTES], const uint8_t *key, size_t key_size,
		const uint8_t *data, size_t size)
{
	size_t out_size = 0;

	ERR_set_mark();
	const bool is_done = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_size, data,
				       size, out, HMAC_BYTES, &out_size) != NULL;
	ERR_pop_to_mark();
	return is_done && out_size == HMAC_BYTES ? 0 : -EIO;
}
