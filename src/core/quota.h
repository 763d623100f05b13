/* SPDX-License-Identifier: MIT */
/*
 * quota: what each address has of a server, and how fast it asks. An address is an IPv4 address
 * or the first 64 bits of an IPv6 address, since a single subscriber has all the rest.
 *
 * An entry is pinned while its address has a connection or a room. After that it stays, for the
 * memory of its token buckets, until the table is full: then the one that has been without
 * anything for longest is used for a new address. When all are pinned, a new address is refused
 * (WIRE_ERROR_BUSY).
 *
 * A site has 65,536 such prefixes of IPv6 (a /48, RFC 6177), and so has whoever rents one for an
 * hour. So each entry of IPv6 counts for its /48 as well, in a table of the same kind, and the /48
 * may have some shares of what one address may have. IPv4 has no such level: whoever has 65,536
 * addresses of it is known by name.
 */
#ifndef MIDAIR_CORE_QUOTA_H
#define MIDAIR_CORE_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "core/bucket.h"
#include "core/keyed_hash.h"
#include "midair/midair.h"

#define QUOTA_NONE UINT32_MAX

enum quota_count { QUOTA_CONNECTIONS, QUOTA_ROOMS, QUOTA_RELAYED, QUOTA_N_COUNTS };
enum quota_rate { QUOTA_CONNECTS, QUOTA_ENTERS, QUOTA_PROBES, QUOTA_N_RATES };

struct quota_entry {
	uint64_t prefix;
	uint32_t counts[QUOTA_N_COUNTS]; /* RELAYED are some of the connections */
	struct bucket buckets[QUOTA_N_RATES];
	uint32_t network; /* its /48: the entry of networks + 1; 0: none */
	uint32_t next;	  /* of its chain: number + 1, 0: none */
	uint32_t older;	  /* of those without anything, the same */
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
	uint8_t prefix_bytes;	/* of IPv6 */
	struct quota *networks; /* the /48s; NULL: they do not count */
};

/* What one address may have, and how many times that a /48. */
struct quota_share {
	uint32_t each;	     /* of a count; of a rate: at once */
	uint32_t per_minute; /* of a rate */
	uint32_t network_shares;
};

/* How much memory quota_init() wants for so many addresses: zeroed, aligned for uint64_t. */
size_t quota_bytes(uint32_t n_entries);
void quota_init(struct quota *quota, void *memory, uint32_t n_entries,
		const struct hash_key *key);

/* From the beginning. networks: initialised like quota, and used for nothing else. */
void quota_use_networks(struct quota *quota, struct quota *networks);

/* The entry of an address, made when there is none; QUOTA_NONE when the table is full. Entries
 * are only valid until the next call, unless they are pinned. */
uint32_t quota_find(struct quota *quota, const struct midair_endpoint *address);

/* One more, or one less. */
void quota_add(struct quota *quota, uint32_t entry, enum quota_count count);
void quota_drop(struct quota *quota, uint32_t entry, enum quota_count count);

/* Whether the address may have one more, and its /48. */
bool quota_has_room(const struct quota *quota, uint32_t entry, enum quota_count count,
		    const struct quota_share *share);
/* Takes a token from both. False: one has none. */
bool quota_take(struct quota *quota, uint32_t entry, enum quota_rate rate, uint64_t now_ms,
		const struct quota_share *share);

#endif
