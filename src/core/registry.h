/* SPDX-License-Identifier: MIT */
/*
 * registry: the rooms of a rendezvous server. Pure; the memory is the caller's.
 *
 * Theory of operation
 *
 *	        first enters            second enters                 both have left
 *	(none) -------------> WAITING ----------------> INTRODUCED ------------------> SPENT
 *	                       |  ^                          |                           |
 *	     lost without LEAVE|  |anybody enters            | a secret's room           | its time
 *	                       v  |                          v                           v is over
 *	                     RESERVED ---> (none)      name free at once               (none)
 *
 * The first in a room has role A, the second B. The introduction is the code's one guess: the name
 * stays taken until the room's time is over, also when both have left (a tombstone), so that the
 * right code finds it taken after a wrong one. Only a secret's room (REUSABLE from both) gives its
 * name back with the introduction.
 *
 * A client that lost its connection comes back with the shares that it had. A share of SPAKE2 is
 * known to nobody else before the introduction, so who shows the waiting one's share is the same
 * client, and takes its own place; it is not introduced to itself.
 *
 * Who is lost while it waits finds its number again for some time: it is given to nobody else.
 * Tombstones and reserved rooms have a limit of their own; beyond it the oldest is forgotten.
 */
#ifndef MIDAIR_CORE_REGISTRY_H
#define MIDAIR_CORE_REGISTRY_H

#include "core/keyed_hash.h"
#include "core/quota.h"
#include "core/random.h"
#include "core/wheel.h"
#include "core/wire.h"

#define REGISTRY_NONE UINT32_MAX
/* In its first ticks a registry gives numbers of five digits, so that hosts that come back with
 * the short numbers of a server that has just been restarted find them free. */
#define REGISTRY_YOUNG_FIRST 10000u
#define REGISTRY_YOUNG_LAST  99999u

enum room_state {
	ROOM_NONE = 0, /* of zeroed memory */
	ROOM_WAITING,
	ROOM_INTRODUCED,
	ROOM_SPENT,
	ROOM_RESERVED,
};

struct room {
	uint32_t members[2]; /* connections: role A, role B */
	uint32_t payer;	     /* the entry of quota that a waiting or reserved room counts for */
	uint32_t number;     /* the name, where it is a number; for people */
	uint32_t next;	     /* of its chain, or of the free: number + 1, 0: none */
	uint32_t older;	     /* of the spent and reserved */
	uint32_t newer;
	uint32_t deadline;
	uint8_t state; /* enum room_state */
	uint8_t is_reusable;
	uint8_t is_named; /* can be found */
	uint8_t name_size;
	uint8_t name[WIRE_NAME_MAX];
	uint8_t share_a[WIRE_SHARE_BYTES]; /* of the one who waits */
};

struct registry_config {
	uint32_t n_rooms;      /* the table, tombstones and reserved rooms included */
	uint32_t n_tombstones; /* of these */
	uint32_t young_until;  /* tick */
	struct hash_key key;
	uint64_t seed;
};

struct registry {
	struct registry_config config;
	struct quota *quota;
	struct room *rooms;
	uint32_t *chains;
	uint32_t n_chains;
	uint32_t n_touched; /* rooms that have ever been used */
	uint32_t free;	    /* number + 1 */
	uint32_t oldest;    /* tombstone or reserved, number + 1 */
	uint32_t newest;
	uint32_t counts[ROOM_RESERVED + 1];
	uint64_t n_forgotten; /* tombstones that went before their time */
	struct random random;
	struct wheel wheel;
};

size_t registry_bytes(uint32_t n_rooms);
/* memory: zeroed, aligned for uint64_t. */
void registry_init(struct registry *registry, void *memory, struct quota *quota,
		   const struct registry_config *config, uint32_t now);

enum registry_answer {
	REGISTRY_WAITS,	    /* it is the first */
	REGISTRY_RETURNS,   /* it has taken its own place: other is the connection before */
	REGISTRY_INTRODUCE, /* it is the second: other has been waiting */
	REGISTRY_TAKEN,	    /* two have met in it */
	REGISTRY_TOO_MANY,  /* the payer has as many rooms as it may have */
	REGISTRY_FULL,	    /* no room left in the table */
};

struct registry_entrance {
	const struct wire_enter *enter;
	uint32_t connection;
	uint32_t payer;
	struct quota_share rooms_each; /* so many for each payer */
	uint32_t lifetime;	       /* ticks */
};

struct registry_result {
	enum registry_answer answer;
	uint32_t room;
	uint32_t other;
	uint32_t lifetime; /* ticks from now */
};

struct registry_result registry_enter(struct registry *registry, uint32_t now,
				      const struct registry_entrance *entrance);

/* The member goes. is_lost: without a word, so a room in which it waited is reserved for as many
 * ticks. Returns the other member, or REGISTRY_NONE. */
uint32_t registry_leave(struct registry *registry, uint32_t now, uint32_t room,
			uint32_t connection, bool is_lost, uint32_t reserve);

/* Ends rooms whose time is over, until one in which somebody waits: returns the connection, whose
 * room is gone; REGISTRY_NONE: no more. */
uint32_t registry_expire(struct registry *registry, uint32_t now);

#endif
