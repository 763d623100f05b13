/* SPDX-License-Identifier: MIT */
#include "crypto/tls.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tls_internal.h"

/* RFC 8446, 5.5: AES-GCM is safe for 2^24.5 full records under one key. */
#define RECORDS_PER_KEY (1u << 24)

bool tls_grow(struct tls *tls, struct tls_buffer *buffer, size_t capacity)
{
	uint8_t *bytes = buffer->bytes;

	if (buffer->capacity >= capacity)
		return true;
	bytes = realloc(bytes, capacity);
	if (bytes == NULL) {
		tls_fail(tls);
		return false;
	}
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return true;
}

void tls_compact(struct tls_buffer *buffer)
{
	size_t n_waiting = buffer->end - buffer->begin;

	if (buffer->begin > 0 && n_waiting > 0)
		memmove(buffer->bytes, buffer->bytes + buffer->begin, n_waiting);
	buffer->begin = 0;
	buffer->end = n_waiting;
}

static void release(struct tls_buffer *buffer)
{
	if (buffer->begin < buffer->end)
		return;
	free(buffer->bytes);
	*buffer = (struct tls_buffer){.bytes = NULL};
}

/* The server seals as soon as it is PROVEN; everything else has its keys when DONE. */
static bool take_keys(struct tls *tls, enum tls_state state)
{
	const struct tls_secrets *secrets = tls_handshake_secrets(tls->handshake);
	const uint8_t *ours = tls->is_server ? secrets->server : secrets->client;
	const uint8_t *theirs = tls->is_server ? secrets->client : secrets->server;

	if (tls->sealing.context == NULL &&
	    tls_record_init(&tls->sealing, secrets->suite, ours, true) < 0)
		return false;
	if (state != TLS_DONE)
		return true;
	memcpy(tls->exporter, secrets->exporter, TLS_SECRET_BYTES);
	return tls_record_init(&tls->opening, secrets->suite, theirs, false) == 0;
}

static void step(struct tls *tls, const uint8_t *record, size_t size)
{
	struct tls_buffer *out = &tls->out;
	size_t n_flight = 0;
	enum tls_state state;

	if (!tls_grow(tls, out, out->end + TLS_FLIGHT_BYTES))
		return;
	state = tls_handshake_step(tls->handshake, record, size, out->bytes + out->end,
				   &n_flight);
	if ((state == TLS_PROVEN || state == TLS_DONE) && !take_keys(tls, state))
		state = TLS_FAILED;
	tls->state = state;
	if (state != TLS_FAILED)
		out->end += n_flight;
	if (state == TLS_DONE || state == TLS_FAILED)
		tls->handshake = tls_handshake_free(tls->handshake);
}

/* A record's header that no handshake of ours needs is refused before its body has come. */
static bool is_plausible(const uint8_t header[TLS_HEADER_BYTES])
{
	return header[0] >= TLS_CONTENT_CHANGE_CIPHER_SPEC && header[0] <= TLS_CONTENT_DATA &&
	       header[1] == 3 && tls_body_bytes(header) > 0 &&
	       tls_body_bytes(header) <= TLS_FLIGHT_BYTES;
}

void tls_work_on_handshake(struct tls *tls)
{
	struct tls_buffer *in = &tls->in;

	while (tls_is_in_handshake(tls) && in->end - in->begin >= TLS_HEADER_BYTES) {
		const uint8_t *record = in->bytes + in->begin;
		size_t n_record = TLS_HEADER_BYTES + tls_body_bytes(record);

		if (!is_plausible(record)) {
			tls_fail(tls);
			return;
		}
		if (in->end - in->begin < n_record)
			return;
		in->begin += n_record;
		step(tls, record, n_record);
	}
}

int tls_new(struct tls **tls, const struct tls_config *config)
{
	struct tls *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	made->is_server = config->is_server;
	made->is_handshake_only = config->is_handshake_only;
	made->records_per_key =
		config->records_per_key > 0 ? config->records_per_key : RECORDS_PER_KEY;
	result = tls_handshake_new(&made->handshake, config);
	if (result == 0 && !config->is_server)
		step(made, NULL, 0);
	if (result == 0 && made->state == TLS_FAILED)
		result = -EIO;
	if (result < 0)
		tls_free(made);
	else
		*tls = made;
	return result;
}

struct tls *tls_free(struct tls *tls)
{
	if (tls == NULL)
		return NULL;
	tls_handshake_free(tls->handshake);
	tls_record_deinit(&tls->sealing);
	tls_record_deinit(&tls->opening);
	free(tls->in.bytes);
	free(tls->out.bytes);
	OPENSSL_cleanse(tls, sizeof(*tls));
	free(tls);
	return NULL;
}

enum tls_state tls_state(const struct tls *tls)
{
	return tls->state;
}

void tls_trim(struct tls *tls)
{
	if (tls->plain_begin == tls->plain_end)
		release(&tls->in);
	release(&tls->out);
}

int tls_export(struct tls *tls, const char *label, void *out, size_t size)
{
	if (tls->state != TLS_DONE && tls->state != TLS_ENDED)
		return -EIO;
	return tls_export_label(out, size, tls->exporter, label);
}

const char *tls_cipher(const struct tls *tls)
{
	return tls->sealing.suite == TLS_SUITE_AES_128_GCM ? "TLS_AES_128_GCM_SHA256"
							   : "TLS_CHACHA20_POLY1305_SHA256";
}
