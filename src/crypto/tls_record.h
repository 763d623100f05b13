/* SPDX-License-Identifier: MIT */
/*
 * tls_record: the record protection of TLS 1.3 (RFC 8446, 5.2), one direction.
 *
 * Theory of operation
 *
 * A record is five bytes of header, then the ciphertext of: content, its type (one byte), zeros at
 * will; then the tag. The header is the additional data; the nonce is the direction's IV, into
 * which the record's number is folded. Sealing reads the caller's bytes and writes the batch that
 * goes to the kernel, opening the other way round: each byte is touched once.
 */
#ifndef MIDAIR_CRYPTO_TLS_RECORD_H
#define MIDAIR_CRYPTO_TLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/tls_label.h"

#define TLS_HEADER_BYTES 5
#define TLS_TAG_BYTES	 16
#define TLS_CONTENT_MAX	 16384u /* 2^14: RFC 8446, 5.1 */
#define TLS_BODY_MAX	 (TLS_CONTENT_MAX + 256)
/* What a record is longer than its content when it is sealed here: header, type, tag. */
#define TLS_OVERHEAD_BYTES (TLS_HEADER_BYTES + 1 + TLS_TAG_BYTES)
#define TLS_IV_BYTES	   12

enum tls_content {
	/* Without meaning, but other implementations send it among a handshake's (RFC 8446, D.4). */
	TLS_CONTENT_CHANGE_CIPHER_SPEC = 20,
	TLS_CONTENT_ALERT = 21,
	TLS_CONTENT_HANDSHAKE = 22,
	TLS_CONTENT_DATA = 23,
};

/* Both use SHA-256. */
enum tls_suite { TLS_SUITE_AES_128_GCM, TLS_SUITE_CHACHA20_POLY1305 };

struct tls_record {
	enum tls_suite suite;
	void *context; /* the AEAD, keyed */
	uint8_t secret[TLS_SECRET_BYTES];
	uint8_t iv[TLS_IV_BYTES];
	uint64_t number; /* of the next record under this key */
};

/* From a traffic secret. Returns 0, -ENOMEM, -EIO. deinit is due in either case, and wipes. */
int tls_record_init(struct tls_record *direction, enum tls_suite suite,
		    const uint8_t secret[TLS_SECRET_BYTES], bool is_sealing);
void tls_record_deinit(struct tls_record *direction);

/* The next key (RFC 8446, 7.2). Returns 0 or -EIO. */
int tls_record_update(struct tls_record *direction);

/* Writes one record of size <= TLS_CONTENT_MAX bytes, size + TLS_OVERHEAD_BYTES long. data does
 * not overlap out. Returns 0 or -EIO. */
int tls_record_seal(struct tls_record *direction, enum tls_content type, const void *data,
		    size_t size, uint8_t *out);

/* The length of a record's body out of its header. */
static inline size_t tls_body_bytes(const uint8_t header[TLS_HEADER_BYTES])
{
	return (size_t)header[3] << 8 | header[4];
}

/* Opens a whole record. out: room for its body less TLS_TAG_BYTES, may be the body itself; what stands there
 * after a failure is zero. Returns 0 with content and type, -EBADMSG, -EIO. */
int tls_record_open(struct tls_record *direction, const uint8_t *record, uint8_t *out,
		    size_t *size, uint8_t *type);

#endif
