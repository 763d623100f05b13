/* SPDX-License-Identifier: MIT */
#include "tests/unit/registry_play.h"

#include <string.h>

#include "tests/unit/unit.h"

static uint64_t registry_memory[65536];
static uint64_t quota_memory[256];

struct play play_new(uint32_t n_rooms, uint32_t n_tombstones)
{
	const struct registry_config config = {
		.n_rooms = n_rooms,
		.n_tombstones = n_tombstones,
		.key = {{3, 4}},
		.seed = 5,
	};
	const struct midair_endpoint address = {.family = MIDAIR_IPV4, .address = {192, 0, 2}};
	struct play play = {.rooms_each = UINT32_MAX, .now = PLAY_START};

	assert_true(registry_bytes(n_rooms) <= sizeof(registry_memory));
	assert_true(quota_bytes(4) <= sizeof(quota_memory));
	memset(registry_memory, 0, sizeof(registry_memory));
	memset(quota_memory, 0, sizeof(quota_memory));
	quota_init(&play.quota, quota_memory, 4, &config.key);
	play.payer = quota_find(&play.quota, &address);
	registry_init(&play.registry, registry_memory, NULL, &config, play.now);
	return play;
}

static struct registry_result enter(struct play *play, const struct wire_enter *enter,
				    uint32_t connection)
{
	const struct registry_entrance entrance = {
		.enter = enter,
		.connection = connection,
		.payer = play->payer,
		.rooms_each = {.each = play->rooms_each, .network_shares = 1},
		.lifetime = PLAY_LIFETIME,
	};

	play->registry.quota = &play->quota;
	play->last = registry_enter(&play->registry, play->now, &entrance);
	return play->last;
}

struct registry_result play_enter(struct play *play, const char *name, uint32_t connection,
				  uint8_t share, uint8_t flags)
{
	struct wire_enter message = {.flags = flags, .name_size = (uint8_t)strlen(name)};

	memcpy(message.name, name, message.name_size);
	message.share_a[0] = share;
	return enter(play, &message, connection);
}

uint32_t play_allocate(struct play *play, uint32_t connection, uint8_t share)
{
	struct wire_enter message = {.flags = WIRE_ENTER_ALLOCATE};

	message.share_a[0] = share;
	assert_int_equal(enter(play, &message, connection).answer, REGISTRY_WAITS);
	return play->registry.rooms[play->last.room].number;
}

uint32_t play_leave(struct play *play, uint32_t room, uint32_t connection, bool is_lost)
{
	play->registry.quota = &play->quota;
	return registry_leave(&play->registry, play->now, room, connection, is_lost,
			      PLAY_RESERVE);
}
