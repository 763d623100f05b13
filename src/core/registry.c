/* SPDX-License-Identifier: MIT */
#include "core/registry.h"

#include <assert.h>
#include <string.h>

#include "core/registry_table.h"

static_assert(sizeof(struct room) <= 112, "the server promises little memory for who waits");

/* Who waits, and a number kept for who was lost, count for somebody. */
static bool is_paid(const struct room *room)
{
	return room->state == ROOM_WAITING || room->state == ROOM_RESERVED;
}

static bool is_relic(const struct room *room)
{
	return room->state == ROOM_SPENT || room->state == ROOM_RESERVED;
}

static void append_relic(struct registry *registry, uint32_t number)
{
	struct room *room = &registry->rooms[number];

	room->newer = 0;
	room->older = registry->newest;
	if (registry->newest != 0)
		registry->rooms[registry->newest - 1].newer = number + 1;
	else
		registry->oldest = number + 1;
	registry->newest = number + 1;
}

static void remove_relic(struct registry *registry, uint32_t number)
{
	struct room *room = &registry->rooms[number];

	if (room->older != 0)
		registry->rooms[room->older - 1].newer = room->newer;
	else
		registry->oldest = room->newer;
	if (room->newer != 0)
		registry->rooms[room->newer - 1].older = room->older;
	else
		registry->newest = room->older;
}

/* All that hangs on a room's state: counts, the relics' order, who pays. */
static void change_state(struct registry *registry, uint32_t number, enum room_state state)
{
	struct room *room = &registry->rooms[number];
	bool was_paid = is_paid(room);

	if (is_relic(room))
		remove_relic(registry, number);
	registry->counts[room->state]--;
	room->state = (uint8_t)state;
	registry->counts[state]++;
	if (is_relic(room))
		append_relic(registry, number);
	if (was_paid && !is_paid(room))
		quota_drop(registry->quota, room->payer, QUOTA_ROOMS);
	else if (!was_paid && is_paid(room))
		quota_add(registry->quota, room->payer, QUOTA_ROOMS);
}

static void end_room(struct registry *registry, uint32_t number)
{
	struct room *room = &registry->rooms[number];

	wheel_clear(&registry->wheel, number);
	registry_unname(registry, number);
	change_state(registry, number, ROOM_NONE);
	room->next = registry->free;
	registry->free = number + 1;
}

static void forget_oldest(struct registry *registry)
{
	registry->n_forgotten++;
	end_room(registry, registry->oldest - 1);
}

static void become_relic(struct registry *registry, uint32_t number, enum room_state state)
{
	if (registry->counts[ROOM_SPENT] + registry->counts[ROOM_RESERVED] >=
	    registry->config.n_tombstones)
		forget_oldest(registry);
	change_state(registry, number, state);
}

static uint32_t free_room(struct registry *registry)
{
	uint32_t number;

	if (registry->free == 0 && registry->n_touched == registry->config.n_rooms) {
		if (registry->oldest == 0)
			return REGISTRY_NONE;
		forget_oldest(registry);
	}
	if (registry->free == 0)
		return registry->n_touched++;
	number = registry->free - 1;
	registry->free = registry->rooms[number].next;
	return number;
}

static void set_deadline(struct registry *registry, uint32_t number, uint32_t deadline)
{
	registry->rooms[number].deadline = deadline;
	wheel_set(&registry->wheel, number, deadline);
}

static bool may_pay(const struct registry *registry, const struct registry_entrance *entrance)
{
	return quota_has_room(registry->quota, entrance->payer, QUOTA_ROOMS,
			      &entrance->rooms_each);
}

/* The first one's part of a room that is its own from now on. */
static struct registry_result take_place(struct registry *registry, uint32_t now,
					 uint32_t number,
					 const struct registry_entrance *entrance)
{
	struct room *room = &registry->rooms[number];

	room->payer = entrance->payer;
	room->members[0] = entrance->connection;
	room->members[1] = REGISTRY_NONE;
	room->is_reusable = (entrance->enter->flags & WIRE_ENTER_REUSABLE) != 0;
	memcpy(room->share_a, entrance->enter->share_a, sizeof(room->share_a));
	set_deadline(registry, number, now + entrance->lifetime);
	return (struct registry_result){
		.answer = REGISTRY_WAITS,
		.room = number,
		.other = REGISTRY_NONE,
		.lifetime = entrance->lifetime,
	};
}

static struct registry_result refuse(enum registry_answer answer)
{
	return (struct registry_result){
		.answer = answer, .room = REGISTRY_NONE, .other = REGISTRY_NONE};
}

static struct registry_result open_room(struct registry *registry, uint32_t now,
					const struct registry_entrance *entrance)
{
	uint32_t number;
	struct registry_result result;

	if (!may_pay(registry, entrance))
		return refuse(REGISTRY_TOO_MANY);
	number = free_room(registry);
	if (number == REGISTRY_NONE)
		return refuse(REGISTRY_FULL);
	result = take_place(registry, now, number, entrance);
	registry_name(registry, number, now, entrance->enter);
	change_state(registry, number, ROOM_WAITING);
	return result;
}

static struct registry_result introduce(struct registry *registry, uint32_t now,
					uint32_t number,
					const struct registry_entrance *entrance)
{
	struct room *room = &registry->rooms[number];

	room->members[1] = entrance->connection;
	change_state(registry, number, ROOM_INTRODUCED);
	if (room->is_reusable && (entrance->enter->flags & WIRE_ENTER_REUSABLE))
		registry_unname(registry, number);
	/* A code stays spent for as long as the more patient of the two had it. */
	if (now + entrance->lifetime > room->deadline)
		set_deadline(registry, number, now + entrance->lifetime);
	return (struct registry_result){
		.answer = REGISTRY_INTRODUCE,
		.room = number,
		.other = room->members[0],
		.lifetime = room->deadline - now,
	};
}

static struct registry_result come_back(struct registry *registry, uint32_t now,
					uint32_t number,
					const struct registry_entrance *entrance)
{
	struct room *room = &registry->rooms[number];
	uint32_t before = room->state == ROOM_WAITING ? room->members[0] : REGISTRY_NONE;
	struct registry_result result;

	if (room->payer != entrance->payer && !may_pay(registry, entrance))
		return refuse(REGISTRY_TOO_MANY);
	/* Through INTRODUCED, which nobody pays for: the payer may be another one now. */
	change_state(registry, number, ROOM_INTRODUCED);
	result = take_place(registry, now, number, entrance);
	change_state(registry, number, ROOM_WAITING);
	if (before != REGISTRY_NONE) {
		result.answer = REGISTRY_RETURNS;
		result.other = before;
	}
	return result;
}

static bool is_same_client(const struct room *room, const struct wire_enter *enter)
{
	return memcmp(room->share_a, enter->share_a, sizeof(room->share_a)) == 0;
}

struct registry_result registry_enter(struct registry *registry, uint32_t now,
				      const struct registry_entrance *entrance)
{
	const struct wire_enter *enter = entrance->enter;
	uint32_t number = REGISTRY_NONE;

	if (!(enter->flags & WIRE_ENTER_ALLOCATE))
		number = registry_find(registry, enter->name, enter->name_size);
	if (number == REGISTRY_NONE)
		return open_room(registry, now, entrance);
	switch ((enum room_state)registry->rooms[number].state) {
	case ROOM_WAITING:
		return is_same_client(&registry->rooms[number], enter)
			       ? come_back(registry, now, number, entrance)
			       : introduce(registry, now, number, entrance);
	case ROOM_RESERVED:
		return come_back(registry, now, number, entrance);
	case ROOM_NONE:
	case ROOM_INTRODUCED:
	case ROOM_SPENT:
		break;
	}
	return refuse(REGISTRY_TAKEN);
}

static void leave_waiting(struct registry *registry, uint32_t now, uint32_t number,
			  bool is_lost, uint32_t reserve)
{
	struct room *room = &registry->rooms[number];

	room->members[0] = REGISTRY_NONE;
	if (!is_lost || room->is_reusable || reserve == 0) {
		end_room(registry, number);
		return;
	}
	become_relic(registry, number, ROOM_RESERVED);
	if (now + reserve < room->deadline)
		set_deadline(registry, number, now + reserve);
}

static uint32_t leave_pair(struct registry *registry, uint32_t number, uint32_t connection)
{
	struct room *room = &registry->rooms[number];
	uint32_t role = room->members[0] == connection ? 0 : 1;

	room->members[role] = REGISTRY_NONE;
	if (room->members[1 - role] != REGISTRY_NONE)
		return room->members[1 - role];
	if (room->is_named)
		become_relic(registry, number, ROOM_SPENT);
	else
		end_room(registry, number);
	return REGISTRY_NONE;
}

uint32_t registry_leave(struct registry *registry, uint32_t now, uint32_t room,
			uint32_t connection, bool is_lost, uint32_t reserve)
{
	if (registry->rooms[room].state == ROOM_WAITING) {
		leave_waiting(registry, now, room, is_lost, reserve);
		return REGISTRY_NONE;
	}
	return leave_pair(registry, room, connection);
}

uint32_t registry_expire(struct registry *registry, uint32_t now)
{
	uint32_t number;

	while ((number = wheel_due(&registry->wheel, now)) != WHEEL_NONE) {
		struct room *room = &registry->rooms[number];
		uint32_t waiting = room->members[0];

		/* Two who have met may go on, but the code's time is over. */
		if (room->state == ROOM_INTRODUCED) {
			registry_unname(registry, number);
			continue;
		}
		bool is_waiting = room->state == ROOM_WAITING;

		end_room(registry, number);
		if (is_waiting)
			return waiting;
	}
	return REGISTRY_NONE;
}
