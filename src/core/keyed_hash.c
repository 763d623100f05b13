/* SPDX-License-Identifier: MIT */
#include "core/keyed_hash.h"

#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static void turn(struct state *state)
{
	state->v0 += state->v1;
	state->v2 += state->v3;
	state->v1 = rotate(state->v1, 13) ^ state->v0;
	state->v3 = rotate(state->v3, 16) ^ state->v2;
	state->v0 = rotate(state->v0, 32);
	state->v2 += state->v1;
	state->v0 += state->v3;
	state->v1 = rotate(state->v1, 17) ^ state->v2;
	state->v3 = rotate(state->v3, 21) ^ state->v0;
	state->v2 = rotate(state->v2, 32);
}

static void absorb(struct state *state, uint64_t word)
{
	state->v3 ^= word;
	turn(state);
	state->v0 ^= word;
}

static uint64_t little_endian(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t size)
{
	const uint8_t *next = bytes;
	size_t left = size;
	struct state state = {
		.v0 = key->words[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->words[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->words[1] ^ UINT64_C(0x7465646279746573),
	};

	for (; left >= 8; left -= 8, next += 8)
		absorb(&state, little_endian(next, 8));
	absorb(&state, little_endian(next, left) | (uint64_t)size << 56);
	state.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		turn(&state);
	return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}
