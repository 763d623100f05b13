/* SPDX-License-Identifier: MIT */
/*
 * tls_handshake: OpenSSL does the handshake, and nothing else. It gets one record at a time, and
 * hands over the traffic secrets (its key log); when they are there it is not needed any more.
 * Why the records are not left to it: docs/decisions.md.
 */
#ifndef MIDAIR_CRYPTO_TLS_HANDSHAKE_H
#define MIDAIR_CRYPTO_TLS_HANDSHAKE_H

#include "crypto/tls.h"
#include "crypto/tls_record.h"

/* Our whole flight, and each record of the peer's: far less is needed. */
#define TLS_FLIGHT_BYTES 4096u
/* A handshake in which the peer sends more has failed. */
#define TLS_HANDSHAKE_BYTES_MAX 16384u

struct tls_secrets {
	enum tls_suite suite;
	uint8_t client[TLS_SECRET_BYTES];
	uint8_t server[TLS_SECRET_BYTES];
	uint8_t exporter[TLS_SECRET_BYTES];
	bool has_client;
	bool has_server;
	bool has_exporter;
};

struct tls_handshake;

/* Returns 0, -ENOMEM, -EIO. */
int tls_handshake_new(struct tls_handshake **handshake, const struct tls_config *config);
struct tls_handshake *tls_handshake_free(struct tls_handshake *handshake); /* wipes */

/* The next record of the peer; none (size 0) for a client's beginning. flight: room for
 * TLS_FLIGHT_BYTES, what is to be sent; nothing that a failed or unproven handshake would say.
 * Returns HANDSHAKE, PROVEN, DONE or FAILED; PROVEN has the server's and the exporter's secret,
 * DONE all. */
enum tls_state tls_handshake_step(struct tls_handshake *handshake, const uint8_t *record,
				  size_t size, uint8_t *flight, size_t *n_flight);

const struct tls_secrets *tls_handshake_secrets(const struct tls_handshake *handshake);

#endif
