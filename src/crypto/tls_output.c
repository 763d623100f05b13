/* SPDX-License-Identifier: MIT */
/* What goes: plaintext in, batches of records out. */
#include <openssl/err.h>

#include "crypto/tls_internal.h"

static bool may_write(const struct tls *tls)
{
	return (tls->state == TLS_PROVEN || tls->state == TLS_DONE ||
		tls->state == TLS_ENDED) &&
	       !tls->is_closed && !tls->is_handed_over;
}

void tls_put(struct tls *tls, enum tls_content type, const void *data, size_t size)
{
	struct tls_buffer *out = &tls->out;

	if (tls_record_seal(&tls->sealing, type, data, size, out->bytes + out->end) < 0)
		tls_fail(tls);
	else
		out->end += size + TLS_OVERHEAD_BYTES;
}

static size_t room_for_content(const struct tls *tls)
{
	size_t room = tls->out.capacity - tls->out.end;
	/* A KeyUpdate must always fit before it, and a close_notify after it. */
	size_t overhead = 3 * TLS_OVERHEAD_BYTES + TLS_KEY_UPDATE_BYTES + 2;

	return room > overhead ? room - overhead : 0;
}

/* Before the peer's request is answered and before the key is worn out. */
static void put_key_update(struct tls *tls)
{
	const uint8_t message[TLS_KEY_UPDATE_BYTES] = {TLS_KEY_UPDATE, 0, 0, 1, 0};

	if (!tls->is_update_due && tls->sealing.number + 1 < tls->records_per_key)
		return;
	tls_put(tls, TLS_CONTENT_HANDSHAKE, message, sizeof(message));
	tls->is_update_due = false;
	if (tls_record_update(&tls->sealing) < 0)
		tls_fail(tls);
}

/* Makes room for content; false: there is none, or nothing may be written. */
static bool prepare_output(struct tls *tls)
{
	if (!may_write(tls) || !tls_grow(tls, &tls->out, TLS_BATCH_BYTES))
		return false;
	if (tls->out.begin == tls->out.end)
		tls_compact(&tls->out);
	if (room_for_content(tls) == 0)
		return false;
	put_key_update(tls);
	return tls->state != TLS_FAILED;
}

const uint8_t *tls_output(struct tls *tls, size_t *size)
{
	struct tls_buffer *out = &tls->out;

	if (tls->is_update_due)
		prepare_output(tls);
	*size = tls->state == TLS_FAILED ? 0 : out->end - out->begin;
	/* An idle stream has given its buffer back, and NULL + 0 is undefined in C11. */
	return out->bytes != NULL ? out->bytes + out->begin : NULL;
}

void tls_sent(struct tls *tls, size_t n)
{
	tls->out.begin += n;
}

size_t tls_write(struct tls *tls, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t n_written = 0;

	ERR_set_mark();
	while (n_written < size && prepare_output(tls)) {
		size_t room = room_for_content(tls);
		size_t n = size - n_written;

		if (n > TLS_CONTENT_MAX)
			n = TLS_CONTENT_MAX;
		if (n > room)
			break;
		tls_put(tls, TLS_CONTENT_DATA, bytes + n_written, n);
		if (tls->state == TLS_FAILED)
			break;
		n_written += n;
	}
	ERR_pop_to_mark();
	return n_written;
}

bool tls_close(struct tls *tls)
{
	const uint8_t alert[] = {TLS_ALERT_WARNING, TLS_ALERT_CLOSE_NOTIFY};

	if (tls->is_closed || tls->state == TLS_FAILED)
		return true;
	ERR_set_mark();
	if (prepare_output(tls)) {
		tls_put(tls, TLS_CONTENT_ALERT, alert, sizeof(alert));
		tls->is_closed = tls->state != TLS_FAILED;
	}
	ERR_pop_to_mark();
	return tls->is_closed || tls->state == TLS_FAILED;
}
