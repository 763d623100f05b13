/* SPDX-License-Identifier: MIT */
/*
 * tls: TLS 1.3 (RFC 8446) with an external PSK, psk_dhe_ke, no certificates, over memory: bytes
 * in, bytes out, no socket. The caller moves whole batches of records in one system call.
 *
 * Theory of operation
 *
 * Role A of the pairing is the TLS server, role B the client, whoever connected to whom. A client
 * has its ClientHello in the output from the start. The server's state becomes PROVEN when a
 * ClientHello's binder has shown that the peer knows the PSK; its own flight is then in the
 * output, and it may already write (0.5-RTT data, RFC 8446 2.3): what it writes only the holder
 * of the PSK and of this exchange's key share can read. Both are DONE after the other's Finished.
 */
#ifndef MIDAIR_CRYPTO_TLS_H
#define MIDAIR_CRYPTO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_PSK_BYTES 32
/* Ciphertext that waits in either direction at most: the batch of one system call. */
#define TLS_BATCH_BYTES (256u * 1024)

struct tls;

struct tls_config {
	bool is_server;
	uint8_t psk[TLS_PSK_BYTES];
	/* Stop exactly at the handshake's last byte, for a descriptor that goes on without TLS: the
	 * input space never asks for more than the record that is expected. */
	bool is_handshake_only;
	/* Sealed under one key before a KeyUpdate; 0: what RFC 8446, 5.5 allows. */
	uint32_t records_per_key;
};

enum tls_state {
	TLS_HANDSHAKE, /* waits for input */
	TLS_PROVEN,    /* server only: the peer knows the PSK, its Finished is still to come */
	TLS_DONE,
	TLS_ENDED,  /* the peer's close_notify has been read */
	TLS_FAILED, /* wrong PSK, not TLS, broken record, truncated: nothing more will come */
};

/* Returns 0, -ENOMEM, -EIO. */
int tls_new(struct tls **tls, const struct tls_config *config);
struct tls *tls_free(struct tls *tls); /* wipes */

/* Where to put received bytes; *size is 0 when the input is full: tls_read() first. */
uint8_t *tls_input(struct tls *tls, size_t *size);
/* n bytes are there. Works on the handshake. Returns the state. */
enum tls_state tls_received(struct tls *tls, size_t n);
enum tls_state tls_state(const struct tls *tls);

/* Bytes to send; *size is 0 when there are none. */
const uint8_t *tls_output(struct tls *tls, size_t *size);
void tls_sent(struct tls *tls, size_t n);

/* Encrypts as much as the output has room for; the number of bytes taken. Only in PROVEN (server)
 * and DONE and ENDED. */
size_t tls_write(struct tls *tls, const void *data, size_t size);
/* Plaintext; 0: none yet, or ended, or failed: tls_state() tells. */
size_t tls_read(struct tls *tls, void *buffer, size_t size);
/* Puts close_notify into the output; no more tls_write(). Once there is room: call again when it
 * returns false. */
bool tls_close(struct tls *tls);

/* The key of our sending direction, for records that somebody else makes (the kernel). */
struct tls_sending_key {
	bool is_chacha20; /* else AES-128-GCM */
	uint8_t key[32];  /* 16 of them for AES-128 */
	uint8_t iv[12];
	uint64_t number; /* of the next record */
};

/* Only when DONE, not closed, and nothing waits in the output. Returns 0, -EBUSY, -EIO. */
int tls_hand_over(struct tls *tls, struct tls_sending_key *key);
/* The other one has taken it: tls_write() and tls_close() do nothing more, and KeyUpdate, when
 * the peer wants it or records_per_key are made, is the caller's to send. */
void tls_was_handed_over(struct tls *tls);
bool tls_is_update_due(const struct tls *tls);
/* The key after our KeyUpdate. Returns 0 or -EIO. */
int tls_next_key(struct tls *tls, struct tls_sending_key *key);
uint32_t tls_records_per_key(const struct tls *tls);

/* Gives back the memory of empty buffers, until they are needed again. For an idle connection. */
void tls_trim(struct tls *tls);

/* RFC 8446 7.5. Only when DONE. Returns 0 or -EIO. */
int tls_export(struct tls *tls, const char *label, void *out, size_t size);
/* "TLS_AES_128_GCM_SHA256". Static storage. */
const char *tls_cipher(const struct tls *tls);

#endif
