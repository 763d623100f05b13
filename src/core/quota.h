/* SPDX-License-Identifier: MIT */
/*
 * quota: what each address has of a server, and how fast it asks. An address is an IPv4 address
 * or the first 64 bits of an IPv6 address, since a single subscriber has all the rest.
 *
 * An entry is pinned while its address has a connection or a room. After that it stays, for the
 * memory of its token buckets, until the table is full: then the one that has been without
 * anything for longest is used for a new address. When all are pinned, a new address is refused
 * (WIRE_ERROR_BUSY).
 */
#ifndef MIDAIR_CORE_QUOTA_H
#define MIDAIR_CORE_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "core/bucket.h"
#include "core/keyed_hash.h"
#include "midair/midair.h"

#define QUOTA_NONE UINT32_MAX

struct quota_entry {
	uint64_t prefix;
	uint32_t n_connections;
	uint32_t n_rooms;
	uint32_t n_relayed; /* of the connections */
	struct bucket connects;
	struct bucket enters;
	struct bucket probes;
	uint32_t next;	/* of its chain: number + 1, 0: none */
	uint32_t older; /* of those without anything, the same */
	uint32_t newer;
	uint8_t family; /* 0: never used */
};

struct quota {
	struct quota_entry *entries;
	uint32_t *chains;
	uint32_t n_entries;
	uint32_t n_chains; /* a power of two */
	uint32_t n_used;   /* the others have never been touched */
	uint32_t oldest;   /* number + 1 */
	uint32_t newest;
	struct hash_key key;
};

/* How much memory quota_init() wants for so many addresses: zeroed, aligned for uint64_t. */
size_t quota_bytes(uint32_t n_entries);
void quota_init(struct quota *quota, void *memory, uint32_t n_entries,
		const struct hash_key *key);

/* The entry of an address, made when there is none; QUOTA_NONE when the table is full. Entries
 * are only valid until the next call, unless they are pinned. */
uint32_t quota_find(struct quota *quota, const struct midair_endpoint *address);

void quota_add_connection(struct quota *quota, uint32_t entry);
void quota_drop_connection(struct quota *quota, uint32_t entry);
void quota_add_room(struct quota *quota, uint32_t entry);
void quota_drop_room(struct quota *quota, uint32_t entry);

#endif
