/* SPDX-License-Identifier: MIT */
#include "core/registry_table.h"

#include <stdio.h>
#include <string.h>

/* Room for "4294967295" and its NUL. */
#define NUMBER_SIZE 11
/* A range of numbers is given up after so many that were in use: it is about full then. */
#define TRIES 8u

static size_t rooms_bytes(uint32_t n_rooms)
{
	return (sizeof(struct room) * n_rooms + 7) / 8 * 8;
}

size_t registry_bytes(uint32_t n_rooms)
{
	return rooms_bytes(n_rooms) + sizeof(struct wheel_node) * n_rooms +
	       sizeof(uint32_t) * keyed_hash_chains(n_rooms);
}

void registry_init(struct registry *registry, void *memory, struct quota *quota,
		   const struct registry_config *config, uint32_t now)
{
	uint8_t *bytes = memory;
	uint8_t *nodes = bytes + rooms_bytes(config->n_rooms);

	memset(registry, 0, sizeof(*registry));
	registry->config = *config;
	registry->quota = quota;
	registry->rooms = memory;
	registry->chains = (void *)(nodes + sizeof(struct wheel_node) * config->n_rooms);
	registry->n_chains = keyed_hash_chains(config->n_rooms);
	registry->counts[ROOM_NONE] = config->n_rooms;
	random_init(&registry->random, config->seed);
	wheel_init(&registry->wheel, (void *)nodes, now);
}

static uint32_t chain_of(const struct registry *registry, const uint8_t *name, size_t name_size)
{
	return (uint32_t)keyed_hash(&registry->config.key, name, name_size) &
	       (registry->n_chains - 1);
}

uint32_t registry_find(const struct registry *registry, const uint8_t *name, size_t name_size)
{
	uint32_t at = registry->chains[chain_of(registry, name, name_size)];

	while (at != 0) {
		const struct room *room = &registry->rooms[at - 1];

		if (room->name_size == name_size && memcmp(room->name, name, name_size) == 0)
			return at - 1;
		at = room->next;
	}
	return REGISTRY_NONE;
}

static void set_name(struct registry *registry, uint32_t number, const uint8_t *name,
		     size_t name_size)
{
	struct room *room = &registry->rooms[number];
	uint32_t *chain = &registry->chains[chain_of(registry, name, name_size)];

	room->name_size = (uint8_t)name_size;
	memcpy(room->name, name, name_size);
	room->is_named = 1;
	room->next = *chain;
	*chain = number + 1;
}

static size_t write_number(char text[NUMBER_SIZE], uint32_t number)
{
	return (size_t)snprintf(text, NUMBER_SIZE, "%u", number);
}

static bool is_number_free(const struct registry *registry, uint32_t number)
{
	char text[NUMBER_SIZE];
	size_t size = write_number(text, number);

	return registry_find(registry, (const uint8_t *)text, size) == REGISTRY_NONE;
}

/* Random, so that neighbours do not follow each other: who mistypes a number shall rarely meet a
 * stranger. Short first: one digit until these are about used up, then two, and so on. */
static uint32_t choose_number(struct registry *registry, uint32_t now)
{
	bool is_young = now < registry->config.young_until;
	uint32_t first = is_young ? REGISTRY_YOUNG_FIRST : 1;
	uint32_t last = is_young ? REGISTRY_YOUNG_LAST : 9;

	/* Ends: nine digits are 900,000,000 numbers, more than any table has rooms. */
	for (;;) {
		for (uint32_t i = 0; i < TRIES; i++) {
			uint32_t number = first + (uint32_t)random_below(&registry->random,
									 last - first + 1);

			if (is_number_free(registry, number))
				return number;
		}
		if (last < 999999999u) {
			first = last + 1;
			last = last * 10 + 9;
		}
	}
}

/* A number that a client names is shown as one, too. 0: it is none that we would have given. */
static uint32_t number_of(const uint8_t *name, size_t name_size)
{
	uint32_t number = 0;

	if (name_size > 9 || name[0] == '0')
		return 0;
	for (size_t i = 0; i < name_size; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(name[i] - '0');
	}
	return number;
}

void registry_name(struct registry *registry, uint32_t room, uint32_t now,
		   const struct wire_enter *enter)
{
	char text[NUMBER_SIZE];

	if (!(enter->flags & WIRE_ENTER_ALLOCATE)) {
		registry->rooms[room].number = number_of(enter->name, enter->name_size);
		set_name(registry, room, enter->name, enter->name_size);
		return;
	}
	registry->rooms[room].number = choose_number(registry, now);
	set_name(registry, room, (const uint8_t *)text,
		 write_number(text, registry->rooms[room].number));
}

void registry_unname(struct registry *registry, uint32_t number)
{
	struct room *room = &registry->rooms[number];
	uint32_t *link = &registry->chains[chain_of(registry, room->name, room->name_size)];

	if (!room->is_named)
		return;
	while (*link != number + 1)
		link = &registry->rooms[*link - 1].next;
	*link = room->next;
	room->is_named = 0;
}
