/* SPDX-License-Identifier: MIT */
/*
 * session_greet: how two sessions with one secret and no server get a PSK for a connection
 * between them. Each connection gets a key exchange of its own, and so its own PSK.
 */
#ifndef MIDAIR_LIB_SESSION_GREET_H
#define MIDAIR_LIB_SESSION_GREET_H

#include "core/greeting.h"
#include "crypto/secret.h"
#include "crypto/tls.h"

/* What all connections of a session share. */
struct greeter {
	struct secret secret;
	uint8_t nonce[GREETING_NONCE_BYTES];
	uint32_t flags; /* GREETING_PLAIN */
};

/* Takes tens of milliseconds and 32 MiB for a moment, unless the secret is a made key. Returns 0
 * or -errno. */
int greeter_new(struct greeter **greeter, const char *secret, size_t size, uint32_t flags);
struct greeter *greeter_free(struct greeter *greeter); /* wipes */

struct greet;

/* Returns 0, -ENOMEM, -EIO. */
int greet_new(struct greet **greet, const struct greeter *greeter);
struct greet *greet_free(struct greet *greet); /* wipes */

/* Our greeting's bytes that are not sent yet; *size is 0 when there are none. */
const uint8_t *greet_output(const struct greet *greet, size_t *size);
void greet_sent(struct greet *greet, size_t n);

/* Where the rest of theirs goes, and no byte more; *size is 0 when it is there. */
uint8_t *greet_input(struct greet *greet, size_t *size);
/* Returns 0, or why this is not the peer: MIDAIR_E_PROTOCOL, MIDAIR_E_VERSION, MIDAIR_E_SELF (our
 * own greeting came back), MIDAIR_E_CONFIG (one side wants MIDAIR_PLAIN). */
int greet_received(struct greet *greet, size_t n);

/* Ours is sent and theirs is there. */
bool greet_is_complete(const struct greet *greet);

/* Once it is complete: the keys of the connection, and the role. Once. Whoever is at the
 * other end can check one guess at the secret with what follows. Returns 0, MIDAIR_E_PROTOCOL,
 * -EIO. */
int greet_finish(struct greet *greet, bool *is_server, uint8_t psk[TLS_PSK_BYTES]);

#endif
