/* SPDX-License-Identifier: MIT */
/*
 * secret: from what two people share to a room's name and a password for SPAKE2.
 *
 * The server sees the room's name, so nothing may be found out from it. A key that `midair key`
 * made has 256 random bits: HKDF is enough. Everything else may be a word that a person chose:
 * scrypt (RFC 7914, N = 2^15, r = 8, p = 1: 32 MiB, some 60 ms) makes each guess cost as much.
 */
#ifndef MIDAIR_CRYPTO_SECRET_H
#define MIDAIR_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_ROOM_BYTES     16
#define SECRET_PASSWORD_BYTES 32
#define SECRET_PLAN_BYTES     32
/* "midair-key-1:" and 256 bits in base32 of Crockford's alphabet, and a NUL. */
#define SECRET_KEY_TEXT_SIZE 72
/* A longer secret is refused. */
#define SECRET_MAX 1024

struct secret {
	uint8_t room[SECRET_ROOM_BYTES];	 /* the server sees it */
	uint8_t password[SECRET_PASSWORD_BYTES]; /* SPAKE2's */
	uint8_t plan[SECRET_PLAN_BYTES]; /* of the ports of a meeting without a server */
};

/* text: without its final newline. A key may be written in upper case, and with o, i and l for 0,
 * 1 and 1. Returns 0, -EINVAL (empty), -E2BIG, -ENOMEM, -EIO. */
int secret_derive(struct secret *secret, const char *text, size_t size);
void secret_wipe(struct secret *secret);

/* A new key. Returns 0 or -EIO. */
int secret_generate(char text[SECRET_KEY_TEXT_SIZE]);

/* HMAC-SHA-256(plan, slot) as a port from 49152 to 65535 (RFC 6335: the dynamic ports). 0: -EIO */
uint16_t secret_port(const struct secret *secret, uint64_t slot);

/* Overwrites memory in a way that the compiler keeps. */
void secret_forget(void *memory, size_t size);
/* In a time that does not depend on what is in them. */
bool secret_equal(const void *a, const void *b, size_t size);
/* Random bytes for keys (OpenSSL's generator). 0 or -EIO. */
int secret_random(void *memory, size_t size);

#endif
