/* SPDX-License-Identifier: MIT */
#include "crypto/tls_record.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define LONGEST_KEY_BYTES 32

static const EVP_CIPHER *cipher_of(enum tls_suite suite)
{
	switch (suite) {
	case TLS_SUITE_AES_128_GCM:
		return EVP_aes_128_gcm();
	case TLS_SUITE_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	}
	return NULL;
}

/* Key and IV from the secret, numbers from 0 (RFC 8446, 7.3). */
static int take_key(struct tls_record *direction)
{
	uint8_t key[LONGEST_KEY_BYTES];
	size_t n_key = (size_t)EVP_CIPHER_CTX_get_key_length(direction->context);
	int result = tls_expand_label(key, n_key, direction->secret, "key", NULL, 0);

	if (result == 0)
		result = tls_expand_label(direction->iv, TLS_IV_BYTES, direction->secret, "iv",
					  NULL, 0);
	if (result == 0 &&
	    EVP_CipherInit_ex(direction->context, NULL, NULL, key, NULL, -1) != 1)
		result = -EIO;
	direction->number = 0;
	OPENSSL_cleanse(key, sizeof(key));
	return result;
}

int tls_record_init(struct tls_record *direction, enum tls_suite suite,
		    const uint8_t secret[TLS_SECRET_BYTES], bool is_sealing)
{
	*direction = (struct tls_record){.suite = suite, .context = EVP_CIPHER_CTX_new()};
	memcpy(direction->secret, secret, TLS_SECRET_BYTES);
	if (direction->context == NULL)
		return -ENOMEM;
	if (EVP_CipherInit_ex(direction->context, cipher_of(suite), NULL, NULL, NULL,
			      is_sealing) != 1)
		return -EIO;
	return take_key(direction);
}

void tls_record_deinit(struct tls_record *direction)
{
	EVP_CIPHER_CTX_free(direction->context); /* wipes the key */
	OPENSSL_cleanse(direction, sizeof(*direction));
}

int tls_record_update(struct tls_record *direction)
{
	uint8_t next[TLS_SECRET_BYTES];
	int result =
		tls_expand_label(next, sizeof(next), direction->secret, "traffic upd", NULL, 0);

	if (result == 0) {
		memcpy(direction->secret, next, sizeof(next));
		result = take_key(direction);
	}
	OPENSSL_cleanse(next, sizeof(next));
	return result;
}

/* Sets the next record's nonce (RFC 8446, 5.3) and its header as additional data. */
static bool begin_record(struct tls_record *direction, const uint8_t *header)
{
	uint8_t nonce[TLS_IV_BYTES];
	uint64_t number = direction->number++;
	int n;

	memcpy(nonce, direction->iv, sizeof(nonce));
	for (size_t i = 0; i < sizeof(number); i++)
		nonce[TLS_IV_BYTES - 1 - i] ^= (uint8_t)(number >> (8 * i));
	return EVP_CipherInit_ex(direction->context, NULL, NULL, NULL, nonce, -1) == 1 &&
	       EVP_CipherUpdate(direction->context, NULL, &n, header, TLS_HEADER_BYTES) == 1;
}

int tls_record_seal(struct tls_record *direction, enum tls_content type, const void *data,
		    size_t size, uint8_t *out)
{
	EVP_CIPHER_CTX *context = direction->context;
	size_t n_body = size + 1 + TLS_TAG_BYTES;
	const uint8_t header[] = {TLS_CONTENT_DATA, 3, 3, (uint8_t)(n_body >> 8),
				  (uint8_t)n_body};
	const uint8_t type_byte = (uint8_t)type;
	uint8_t *body = out + TLS_HEADER_BYTES;
	uint8_t *tag = body + size + 1;
	int n;

	memcpy(out, header, sizeof(header));
	/* An update with nothing may look like additional data to OpenSSL. */
	if (!begin_record(direction, header) ||
	    (size > 0 && EVP_EncryptUpdate(context, body, &n, data, (int)size) != 1) ||
	    EVP_EncryptUpdate(context, body + size, &n, &type_byte, 1) != 1 ||
	    EVP_EncryptFinal_ex(context, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TLS_TAG_BYTES, tag) != 1)
		return -EIO;
	return 0;
}

/* Takes the zeros and the type off. A record of nothing but zeros has no type, and zeros count as
 * content does (RFC 8446, 5.4). */
static int take_type(const uint8_t *inner, size_t *size, uint8_t *type)
{
	size_t n = *size;

	while (n > 0 && inner[n - 1] == 0)
		n--;
	if (n == 0 || *size > TLS_CONTENT_MAX + 1)
		return -EBADMSG;
	*type = inner[n - 1];
	*size = n - 1;
	return 0;
}

int tls_record_open(struct tls_record *direction, const uint8_t *record, uint8_t *out,
		    size_t *size, uint8_t *type)
{
	EVP_CIPHER_CTX *context = direction->context;
	const uint8_t *body = record + TLS_HEADER_BYTES;
	size_t n_body = tls_body_bytes(record);
	uint8_t tag[TLS_TAG_BYTES];
	size_t n_inner;
	int n;

	if (record[0] != TLS_CONTENT_DATA || n_body <= TLS_TAG_BYTES || n_body > TLS_BODY_MAX)
		return -EBADMSG;
	n_inner = n_body - TLS_TAG_BYTES;
	memcpy(tag, body + n_inner, TLS_TAG_BYTES);
	if (!begin_record(direction, record))
		return -EIO;
	/* What is not authentic must not be seen, so it is wiped. */
	if (EVP_DecryptUpdate(context, out, &n, body, (int)n_inner) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TLS_TAG_BYTES, tag) != 1 ||
	    EVP_DecryptFinal_ex(context, out + n_inner, &n) != 1 ||
	    take_type(out, &n_inner, type) < 0) {
		memset(out, 0, n_body - TLS_TAG_BYTES);
		return -EBADMSG;
	}
	*size = n_inner;
	return 0;
}
