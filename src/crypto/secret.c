/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A generated key's bits, or scrypt of anything else, are 32 bytes that cannot be searched for.
 * HKDF makes a room, a password and a plan of them, one label each; none tells another. scrypt's
 * salt has to be the same at both ends, which share nothing else yet, so it is a constant: a
 * table of common secrets could be made once for all of midair's users. Hence `midair key`.
 */
#include "crypto/secret.h"

#include "crypto/hkdf.h"
#include "crypto/secret_key.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define MASTER_BYTES SECRET_KEY_BYTES

#define FIRST_DYNAMIC_PORT 49152u
#define N_DYNAMIC_PORTS	   16384u

void secret_forget(void *memory, size_t size)
{
	OPENSSL_cleanse(memory, size);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

int secret_random(void *memory, size_t size)
{
	ERR_set_mark();
	const int is_done = size <= INT_MAX && RAND_priv_bytes(memory, (int)size) == 1;
	ERR_pop_to_mark();
	return is_done ? 0 : -EIO;
}

static int stretch(uint8_t master[MASTER_BYTES], const char *text, size_t size)
{
	static const uint8_t salt[] = "midair 1 secret";
	const uint64_t n = 1 << 15, r = 8, p = 1;
	const uint64_t most_bytes = 2 * 128 * n * r;

	ERR_set_mark();
	const int is_done = EVP_PBE_scrypt(text, size, salt, sizeof(salt) - 1, n, r, p,
					   most_bytes, master, MASTER_BYTES);
	const int reason = ERR_GET_REASON(ERR_peek_last_error());
	ERR_pop_to_mark();
	if (is_done == 1)
		return 0;
	return reason == ERR_R_MALLOC_FAILURE ? -ENOMEM : -EIO;
}

static int expand(struct secret *secret, const uint8_t master[MASTER_BYTES])
{
	int result =
		hkdf(secret->room, sizeof(secret->room), master, MASTER_BYTES, "midair 1 room");

	if (result == 0)
		result = hkdf(secret->password, sizeof(secret->password), master, MASTER_BYTES,
			      "midair 1 password");
	if (result == 0)
		result = hkdf(secret->plan, sizeof(secret->plan), master, MASTER_BYTES,
			      "midair 1 plan");
	return result;
}

int secret_derive(struct secret *secret, const char *text, size_t size)
{
	uint8_t master[MASTER_BYTES];
	int result = 0;

	if (size == 0)
		return -EINVAL;
	if (size > SECRET_MAX)
		return -E2BIG;
	if (!secret_key_decode(master, text, size))
		result = stretch(master, text, size);
	if (result == 0)
		result = expand(secret, master);
	if (result != 0)
		secret_wipe(secret);
	secret_forget(master, sizeof(master));
	return result;
}

void secret_wipe(struct secret *secret)
{
	secret_forget(secret, sizeof(*secret));
}

uint16_t secret_port(const struct secret *secret, uint64_t slot)
{
	uint8_t number[sizeof(slot)], mac[HMAC_BYTES];

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(slot >> (8 * (sizeof(number) - 1 - i)));
	if (hmac_sha256(mac, secret->plan, sizeof(secret->plan), number, sizeof(number)) != 0)
		return 0;
	/* A power of two: every port is as likely as any other. */
	const unsigned drawn = ((unsigned)mac[0] << 8 | mac[1]) % N_DYNAMIC_PORTS;
	secret_forget(mac, sizeof(mac));
	return (uint16_t)(FIRST_DYNAMIC_PORT + drawn);
}
