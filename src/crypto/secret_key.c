/* SPDX-License-Identifier: MIT */
#include "crypto/secret_key.h"

#include "crypto/secret.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DIGIT_BITS 5
#define N_DIGITS   ((SECRET_KEY_BYTES * 8 + DIGIT_BITS - 1) / DIGIT_BITS)

static const char prefix[] = "midair-key-1:";
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static_assert(sizeof(prefix) + N_DIGITS <= SECRET_KEY_TEXT_SIZE, "a key's text must fit");
static_assert(sizeof(digits) == (1 << DIGIT_BITS) + 1, "one digit for each value");

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* -1: not a digit. Looks at every digit, so that the time does not tell which one it is. */
static int digit_value(char c)
{
	int value = -1;

	c = to_lower(c);
	if (c == 'o')
		c = '0';
	if (c == 'i' || c == 'l')
		c = '1';
	for (int i = 0; i < 1 << DIGIT_BITS; i++)
		if (digits[i] == c)
			value = i;
	return value;
}

static bool has_prefix(const char *text)
{
	for (size_t i = 0; i < sizeof(prefix) - 1; i++)
		if (to_lower(text[i]) != prefix[i])
			return false;
	return true;
}

static bool decode_digits(uint8_t key[SECRET_KEY_BYTES], const char *text)
{
	unsigned pending = 0;
	int n_pending = 0;
	size_t n = 0;

	for (size_t i = 0; i < N_DIGITS; i++) {
		const int value = digit_value(text[i]);

		if (value < 0)
			return false;
		pending = pending << DIGIT_BITS | (unsigned)value;
		n_pending += DIGIT_BITS;
		if (n_pending < 8)
			continue;
		n_pending -= 8;
		key[n++] = (uint8_t)(pending >> n_pending);
		pending &= (1u << n_pending) - 1;
	}
	return pending == 0;
}

bool secret_key_decode(uint8_t key[SECRET_KEY_BYTES], const char *text, size_t size)
{
	if (size != sizeof(prefix) - 1 + N_DIGITS || !has_prefix(text))
		return false;
	const bool is_key = decode_digits(key, text + sizeof(prefix) - 1);
	if (!is_key)
		secret_forget(key, SECRET_KEY_BYTES);
	return is_key;
}

void secret_key_encode(char *text, const uint8_t key[SECRET_KEY_BYTES])
{
	memcpy(text, prefix, sizeof(prefix) - 1);
	text += sizeof(prefix) - 1;
	for (size_t i = 0; i < N_DIGITS; i++) {
		const size_t bit = i * DIGIT_BITS;
		const uint8_t next = bit / 8 + 1 < SECRET_KEY_BYTES ? key[bit / 8 + 1] : 0;
		const unsigned pair = (unsigned)key[bit / 8] << 8 | next;

		text[i] =
			digits[pair >> (16 - DIGIT_BITS - bit % 8) & ((1u << DIGIT_BITS) - 1)];
	}
	text[N_DIGITS] = '\0';
}

int secret_generate(char text[SECRET_KEY_TEXT_SIZE])
{
	uint8_t key[SECRET_KEY_BYTES];

	if (secret_random(key, sizeof(key)) != 0)
		return -EIO;
	secret_key_encode(text, key);
	secret_forget(key, sizeof(key));
	return 0;
}
