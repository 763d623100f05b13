/* SPDX-License-Identifier: MIT */
/* What comes: batches of records in, plaintext out. */
#include <openssl/err.h>
#include <string.h>

#include "crypto/tls_internal.h"

/* Bytes that the expected record still lacks, or its header. */
static size_t missing(const struct tls_buffer *in)
{
	size_t n_there = in->end - in->begin;

	if (n_there < TLS_HEADER_BYTES)
		return TLS_HEADER_BYTES - n_there;
	return TLS_HEADER_BYTES + tls_body_bytes(in->bytes + in->begin) - n_there;
}

uint8_t *tls_input(struct tls *tls, size_t *size)
{
	struct tls_buffer *in = &tls->in;
	bool is_handshake = tls_is_in_handshake(tls);

	*size = 0;
	if ((!is_handshake && tls->state != TLS_DONE) ||
	    (!is_handshake && tls->is_handshake_only) ||
	    !tls_grow(tls, in,
		      is_handshake ? TLS_HEADER_BYTES + TLS_FLIGHT_BYTES : TLS_BATCH_BYTES))
		return NULL;
	if (tls->plain_begin == tls->plain_end &&
	    (in->begin == in->end || in->capacity - in->end < TLS_BODY_MAX))
		tls_compact(in);
	*size = is_handshake && tls->is_handshake_only ? missing(in) : in->capacity - in->end;
	return in->bytes + in->end;
}

enum tls_state tls_received(struct tls *tls, size_t n)
{
	tls->in.end += n;
	tls_work_on_handshake(tls);
	return tls->state;
}

/* The messages of a record after the handshake. KeyUpdate ends its record (RFC 8446, 5.1);
 * tickets, which a server of another make may send, are passed over. */
static void take_messages(struct tls *tls, const uint8_t *at, size_t size)
{
	while (size >= TLS_MESSAGE_HEADER && tls->state == TLS_DONE) {
		size_t n =
			TLS_MESSAGE_HEADER + ((size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);

		if (n > size) {
			break;
		} else if (at[0] == TLS_KEY_UPDATE && n == TLS_KEY_UPDATE_BYTES && size == n &&
			   at[TLS_MESSAGE_HEADER] <= 1) {
			tls->is_update_due |= at[TLS_MESSAGE_HEADER] == 1;
			if (tls_record_update(&tls->opening) < 0)
				tls_fail(tls);
			return;
		} else if (at[0] != TLS_NEW_TICKET || tls->is_server) {
			break;
		}
		at += n;
		size -= n;
	}
	if (size > 0)
		tls_fail(tls);
}

static void take_alert(struct tls *tls, const uint8_t *alert, size_t size)
{
	if (size == 2 && alert[1] == TLS_ALERT_CLOSE_NOTIFY)
		tls->state = TLS_ENDED;
	else if (size != 2 || alert[1] != TLS_ALERT_USER_CANCEL)
		tls_fail(tls);
}

/* What has been read is the reader's before the failure shows. */
static bool count_barren(struct tls *tls)
{
	if (tls->state == TLS_DONE && ++tls->n_barren > TLS_BARREN_RECORDS_MAX)
		tls_fail(tls);
	return tls->state == TLS_DONE;
}

/* Opens the next record into out; *n: its application data, 0 for another type of record. False:
 * there is no whole record, or it was the last. */
static bool open_next(struct tls *tls, uint8_t *out, size_t *n)
{
	struct tls_buffer *in = &tls->in;
	const uint8_t *record = in->bytes + in->begin;
	uint8_t type = 0;

	in->begin += TLS_HEADER_BYTES + tls_body_bytes(record);
	if (tls_record_open(&tls->opening, record, out, n, &type) < 0) {
		tls_fail(tls);
	} else if (type == TLS_CONTENT_DATA && *n > 0) {
		tls->n_barren = 0;
		return true;
	} else if (type == TLS_CONTENT_DATA) {
		return count_barren(tls);
	} else if (type == TLS_CONTENT_HANDSHAKE && *n > 0) {
		take_messages(tls, out, *n);
	} else if (type == TLS_CONTENT_ALERT) {
		take_alert(tls, out, *n);
	} else {
		tls_fail(tls);
	}
	*n = 0;
	return count_barren(tls);
}

/* The room that opening the next record takes; 0: it has not come whole, or cannot come. */
static size_t next_room(struct tls *tls)
{
	struct tls_buffer *in = &tls->in;
	size_t n_there = in->end - in->begin;
	size_t n_body;

	if (tls->state != TLS_DONE || tls->is_handshake_only || n_there < TLS_HEADER_BYTES)
		return 0;
	n_body = tls_body_bytes(in->bytes + in->begin);
	if (n_body <= TLS_TAG_BYTES || n_body > TLS_BODY_MAX) {
		tls_fail(tls);
		return 0;
	}
	return n_there < TLS_HEADER_BYTES + n_body ? 0 : n_body - TLS_TAG_BYTES;
}

static size_t take_plain(struct tls *tls, uint8_t *out, size_t size)
{
	size_t n = tls->plain_end - tls->plain_begin;

	if (n > size)
		n = size;
	if (n > 0)
		memcpy(out, tls->in.bytes + tls->plain_begin, n);
	tls->plain_begin += n;
	return n;
}

size_t tls_read(struct tls *tls, void *buffer, size_t size)
{
	uint8_t *out = buffer;
	size_t n_read = take_plain(tls, out, size);
	size_t room, n;

	ERR_set_mark();
	while (n_read < size && (room = next_room(tls)) > 0) {
		if (room <= size - n_read) {
			if (!open_next(tls, out + n_read, &n))
				break;
			n_read += n;
		} else if (n_read > 0) {
			break;
		} else {
			/* The reader's buffer is smaller than the record. */
			uint8_t *body = tls->in.bytes + tls->in.begin + TLS_HEADER_BYTES;

			if (!open_next(tls, body, &n))
				break;
			tls->plain_begin = (size_t)(body - tls->in.bytes);
			tls->plain_end = tls->plain_begin + n;
			n_read = take_plain(tls, out, size);
		}
	}
	ERR_pop_to_mark();
	return n_read;
}
