/* SPDX-License-Identifier: MIT */
/* keyed_hash: SipHash-1-3 (Aumasson and Bernstein, 2012). Whoever does not know the key cannot
 * choose names that all fall into one chain of a table. */
#ifndef MIDAIR_CORE_KEYED_HASH_H
#define MIDAIR_CORE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t size);

/* The chains of a table of so many entries: a power of two, so that bits of the hash are a chain. */
static inline uint32_t keyed_hash_chains(uint32_t n_entries)
{
	uint32_t n_chains = 1;

	while (n_chains < n_entries)
		n_chains *= 2;
	return n_chains;
}

#endif
