/* SPDX-License-Identifier: MIT */
/* registry_play: a registry with everything around it, and short ways to use it. */
#ifndef MIDAIR_TESTS_REGISTRY_PLAY_H
#define MIDAIR_TESTS_REGISTRY_PLAY_H

#include "core/registry.h"

#define PLAY_LIFETIME 1000u
#define PLAY_RESERVE  100u
#define PLAY_START    5000u

struct play {
	struct registry registry;
	struct quota quota;
	uint32_t payer; /* the one address of all */
	uint32_t rooms_each;
	uint32_t now;
	struct registry_result last;
};

/* One at a time: the memory is static. The registry's pointer to quota is set at each call, since
 * the struct is returned by value. */
struct play play_new(uint32_t n_rooms, uint32_t n_tombstones);

/* share: its first byte; two clients have different ones. */
struct registry_result play_enter(struct play *play, const char *name, uint32_t connection,
				  uint8_t share, uint8_t flags);
/* Returns the number. */
uint32_t play_allocate(struct play *play, uint32_t connection, uint8_t share);
uint32_t play_leave(struct play *play, uint32_t room, uint32_t connection, bool is_lost);

#endif
