/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * TT is a row of strings, each after its length in 8 bytes, little-endian (RFC 9382, 3.3):
 * identity A, identity B, share A, share B, K, w. SHA-256 of it is Ke and Ka, 16 bytes each.
 * HKDF of Ka gives a confirmation key for each role, and HMAC of TT under it is what that role
 * sends as confirmation.
 *
 * The RFC would have what else both must agree on (its AAD) in the confirmation keys only. Our
 * other keys come from Ke and may be used before the confirmation has arrived, so the context goes
 * where it changes Ke as well: behind a zero byte into both identities, which are text without
 * zero bytes. Without a context the identities are the plain names.
 */
#include "crypto/hkdf.h"
#include "crypto/secret.h"
#include "crypto/spake2_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define LENGTH_BYTES 8

struct text {
	uint8_t *bytes;
	size_t size;
};

static void put(struct text *text, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static void put_length(struct text *text, size_t size)
{
	uint8_t length[LENGTH_BYTES];

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)size >> (8 * i));
	put(text, length, sizeof(length));
}

static void put_string(struct text *text, const uint8_t *bytes, size_t size)
{
	put_length(text, size);
	put(text, bytes, size);
}

static size_t identity_size(const struct spake2_transcript *transcript, const char *name)
{
	return strlen(name) + (transcript->context_size > 0) + transcript->context_size;
}

static void put_identity(struct text *text, const struct spake2_transcript *transcript,
			 const char *name)
{
	put_length(text, identity_size(transcript, name));
	put(text, name, strlen(name) + (transcript->context_size > 0));
	put(text, transcript->context, transcript->context_size);
}

/* To be freed with text_free(); its bytes are NULL when there was no memory. */
static struct text transcript_text(const struct spake2_transcript *transcript)
{
	const size_t size = 6 * LENGTH_BYTES +
			    identity_size(transcript, transcript->identity_a) +
			    identity_size(transcript, transcript->identity_b) +
			    3 * SPAKE2_POINT_BYTES + SPAKE2_SCALAR_BYTES;
	struct text text = {.bytes = OPENSSL_malloc(size)};

	if (text.bytes == NULL)
		return text;
	put_identity(&text, transcript, transcript->identity_a);
	put_identity(&text, transcript, transcript->identity_b);
	put_string(&text, transcript->share_a, sizeof(transcript->share_a));
	put_string(&text, transcript->share_b, sizeof(transcript->share_b));
	put_string(&text, transcript->shared, sizeof(transcript->shared));
	put_string(&text, transcript->w, sizeof(transcript->w));
	return text;
}

static void text_free(struct text *text)
{
	OPENSSL_clear_free(text->bytes, text->size);
}

/* Two keys from the halves of 32 bytes. */
static void split(uint8_t first[SPAKE2_KEY_BYTES], uint8_t second[SPAKE2_KEY_BYTES],
		  uint8_t both[2 * SPAKE2_KEY_BYTES])
{
	memcpy(first, both, SPAKE2_KEY_BYTES);
	memcpy(second, both + SPAKE2_KEY_BYTES, SPAKE2_KEY_BYTES);
	secret_forget(both, 2 * SPAKE2_KEY_BYTES);
}

static bool hash(struct spake2_keys *keys, const struct text *text)
{
	uint8_t both[2 * SPAKE2_KEY_BYTES];
	size_t size = 0;

	ERR_set_mark();
	const bool is_done =
		EVP_Q_digest(NULL, "SHA256", NULL, text->bytes, text->size, both, &size) == 1;
	ERR_pop_to_mark();
	if (is_done)
		split(keys->ke, keys->ka, both);
	return is_done;
}

static bool confirm(struct spake2_keys *keys, const struct text *text)
{
	uint8_t both[2 * SPAKE2_KEY_BYTES];

	if (hkdf(both, sizeof(both), keys->ka, sizeof(keys->ka), "ConfirmationKeys") != 0)
		return false;
	split(keys->kc_a, keys->kc_b, both);
	return hmac_sha256(keys->confirmation_a, keys->kc_a, sizeof(keys->kc_a), text->bytes,
			   text->size) == 0 &&
	       hmac_sha256(keys->confirmation_b, keys->kc_b, sizeof(keys->kc_b), text->bytes,
			   text->size) == 0;
}

int spake2_keys_derive(struct spake2_keys *keys, const struct spake2_transcript *transcript)
{
	struct text text = transcript_text(transcript);

	if (text.bytes == NULL)
		return -ENOMEM;
	const bool is_done = hash(keys, &text) && confirm(keys, &text);
	text_free(&text);
	if (!is_done)
		secret_forget(keys, sizeof(*keys));
	return is_done ? 0 : -EIO;
}
