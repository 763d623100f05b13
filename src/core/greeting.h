/* SPDX-License-Identifier: MIT */
/*
 * greeting: the one message that two sessions with a secret and without a server send each other
 * on every connection that lands, both at once (docs/PROTOCOL.md, "Without a server"):
 *
 *	magic, 4 bytes; lowest and highest version, 1 byte each; flags, 1; zero, 1;
 *	the session's nonce, 16; a share of SPAKE2 for role A, 33, and one for role B, 33
 *
 * The session with the larger nonce is role A. What arrives is hostile, and nothing in it is
 * believed before both sides have proved with keys over both whole greetings that they know the
 * secret.
 */
#ifndef MIDAIR_CORE_GREETING_H
#define MIDAIR_CORE_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

#define GREETING_MAGIC	     UINT32_C(0x6d656574) /* "meet" */
#define GREETING_VERSION     1
#define GREETING_NONCE_BYTES 16
#define GREETING_SHARE_BYTES 33
#define GREETING_BYTES	     (8 + GREETING_NONCE_BYTES + 2 * GREETING_SHARE_BYTES)

/* The descriptor goes on without TLS after the handshake (MIDAIR_PLAIN). */
#define GREETING_PLAIN (1u << 0)

struct greeting {
	uint32_t flags;
	uint8_t nonce[GREETING_NONCE_BYTES];
	uint8_t share_a[GREETING_SHARE_BYTES]; /* of the sender, should it be role A */
	uint8_t share_b[GREETING_SHARE_BYTES];
};

void greeting_encode(const struct greeting *greeting, uint8_t bytes[GREETING_BYTES]);

/* Whether the first size bytes of what arrives can still become a greeting. */
bool greeting_is_plausible(const uint8_t *bytes, size_t size);

/* Returns 0, MIDAIR_E_PROTOCOL, or MIDAIR_E_VERSION when the sender does not speak ours. */
int greeting_decode(struct greeting *greeting, const uint8_t bytes[GREETING_BYTES]);

/* Our role towards the sender of theirs; NONE: it is our own session. */
enum midair_role greeting_role(const struct greeting *ours, const struct greeting *theirs);

#endif
