/* SPDX-License-Identifier: MIT */
#include "crypto/secret.h"
#include "midair/midair.h"

#include <assert.h>
#include <errno.h>

static_assert(MIDAIR_KEY_SIZE == SECRET_KEY_TEXT_SIZE, "a key's text has one size");
static_assert(MIDAIR_SECRET_MAX == SECRET_MAX, "a secret has one limit");

int midair_key_generate(char key[MIDAIR_KEY_SIZE])
{
	return secret_generate(key);
}

int midair_secret_port(const char *text, size_t size, int64_t unix_s, uint32_t period_s,
		       uint16_t *port)
{
	struct secret secret;

	if (unix_s < 0 || period_s == 0 || size == 0 || size > SECRET_MAX)
		return MIDAIR_E_RANGE;
	const int result = secret_derive(&secret, text, size);
	if (result != 0)
		return result;
	*port = secret_port(&secret, (uint64_t)unix_s / period_s);
	secret_wipe(&secret);
	return *port == 0 ? -EIO : 0;
}
