/* SPDX-License-Identifier: MIT */
/* tls_internal: a connection, for the files that make up tls. */
#ifndef MIDAIR_CRYPTO_TLS_INTERNAL_H
#define MIDAIR_CRYPTO_TLS_INTERNAL_H

#include "crypto/tls_handshake.h"

#define TLS_ALERT_WARNING      1
#define TLS_ALERT_CLOSE_NOTIFY 0
#define TLS_ALERT_USER_CANCEL  90

/* Handshake messages that may come after the handshake. */
#define TLS_NEW_TICKET	     4
#define TLS_KEY_UPDATE	     24
#define TLS_MESSAGE_HEADER   4
#define TLS_KEY_UPDATE_BYTES (TLS_MESSAGE_HEADER + 1)

/* Records without application data that may come in a row, as OpenSSL and BoringSSL have it. A peer
 * that sends more keeps us at work and gives nothing for it. Ours sends at most one: a KeyUpdate. */
#define TLS_BARREN_RECORDS_MAX 32

/* bytes[begin] to bytes[end - 1] wait. There are no bytes until they are needed. */
struct tls_buffer {
	uint8_t *bytes;
	size_t capacity;
	size_t begin;
	size_t end;
};

struct tls {
	enum tls_state state;
	bool is_server;
	bool is_handshake_only;
	bool is_closed;			 /* our close_notify is in the output */
	bool is_handed_over;		 /* somebody else makes our records */
	bool is_update_due;		 /* the peer has asked for a KeyUpdate */
	struct tls_handshake *handshake; /* NULL once it is over */
	struct tls_record sealing;
	struct tls_record opening;
	uint32_t n_barren; /* records in a row, up to now, that brought no application data */
	uint32_t records_per_key;
	uint8_t exporter[TLS_SECRET_BYTES];
	struct tls_buffer in;
	struct tls_buffer out;
	/* Content of a record that did not fit into the reader's buffer, opened where it lies. */
	size_t plain_begin;
	size_t plain_end;
};

static inline void tls_fail(struct tls *tls)
{
	tls->state = TLS_FAILED;
}

static inline bool tls_is_in_handshake(const struct tls *tls)
{
	return tls->state == TLS_HANDSHAKE || tls->state == TLS_PROVEN;
}

/* Room for capacity bytes in all. False: no memory, and the connection has failed. */
bool tls_grow(struct tls *tls, struct tls_buffer *buffer, size_t capacity);
/* What waits moves to the front. */
void tls_compact(struct tls_buffer *buffer);
/* Works on the handshake's records in the input. */
void tls_work_on_handshake(struct tls *tls);
/* Appends a record, for which there is room. */
void tls_put(struct tls *tls, enum tls_content type, const void *data, size_t size);

#endif
