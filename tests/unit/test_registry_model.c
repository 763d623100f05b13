/* SPDX-License-Identifier: MIT */
/*
 * Random operations on a registry, and on a model that is as simple as can be: an array of names.
 * After each step both must say the same. No tombstone is forgotten here: there is room for all.
 */
#include <string.h>

#include "core/random.h"
#include "tests/unit/registry_play.h"
#include "tests/unit/unit.h"

#define N_NAMES	      5u
#define N_CONNECTIONS 12u
#define N_STEPS	      4000u
#define N_RUNS	      50u

static const char *const names[N_NAMES] = {"1", "7", "42", "abc", "sixteen bytes !!"};

struct model_room {
	enum room_state state;
	uint32_t members[2];
	uint8_t share;
	bool is_reusable;
	uint32_t deadline;
};

/* Where a connection is. A pair whose name is free again is nobody's room any more. */
struct model_connection {
	bool is_inside;
	uint32_t room; /* the registry's number */
	uint32_t name;
	uint32_t other; /* in a pair */
	uint8_t share;
};

struct model {
	struct play play;
	struct random random;
	struct model_room rooms[N_NAMES];
	struct model_connection connections[N_CONNECTIONS];
};

static uint32_t draw(struct model *model, uint32_t bound)
{
	return (uint32_t)random_below(&model->random, bound);
}

static void place(struct model *model, uint32_t name, uint32_t connection, uint8_t share,
		  bool is_reusable)
{
	model->rooms[name] = (struct model_room){
		.state = ROOM_WAITING,
		.members = {connection, REGISTRY_NONE},
		.share = share,
		.is_reusable = is_reusable,
		.deadline = model->play.now + PLAY_LIFETIME,
	};
}

static enum registry_answer expect_enter(struct model *model, uint32_t name,
					 uint32_t connection, uint8_t share, bool is_reusable)
{
	struct model_room *room = &model->rooms[name];
	uint32_t first = room->members[0];

	switch (room->state) {
	case ROOM_NONE:
	case ROOM_RESERVED:
		place(model, name, connection, share, is_reusable);
		return REGISTRY_WAITS;
	case ROOM_WAITING:
		if (room->share == share) {
			model->connections[first].is_inside = false;
			place(model, name, connection, share, is_reusable);
			return REGISTRY_RETURNS;
		}
		model->connections[first].other = connection;
		room->state = ROOM_INTRODUCED;
		room->members[1] = connection;
		room->deadline = model->play.now + PLAY_LIFETIME;
		if (room->is_reusable && is_reusable)
			room->state = ROOM_NONE;
		return REGISTRY_INTRODUCE;
	case ROOM_INTRODUCED:
	case ROOM_SPENT:
		break;
	}
	return REGISTRY_TAKEN;
}

static void enter(struct model *model, uint32_t connection)
{
	uint32_t name = draw(model, N_NAMES);
	uint8_t share = (uint8_t)draw(model, 3);
	bool is_reusable = draw(model, 2) == 0;
	uint32_t waiting = model->rooms[name].members[0];
	enum registry_answer expected;
	struct registry_result result;

	if (model->connections[connection].is_inside)
		return;
	expected = expect_enter(model, name, connection, share, is_reusable);
	result = play_enter(&model->play, names[name], connection, share,
			    is_reusable ? WIRE_ENTER_REUSABLE : 0);
	assert_int_equal(result.answer, expected);
	if (expected == REGISTRY_TAKEN)
		return;
	if (expected != REGISTRY_WAITS)
		assert_int_equal(result.other, waiting);
	model->connections[connection] = (struct model_connection){
		.is_inside = true,
		.room = result.room,
		.name = name,
		.other = expected == REGISTRY_INTRODUCE ? waiting : REGISTRY_NONE,
		.share = share,
	};
}

/* The room of that name, when the connection is still in it. */
static struct model_room *room_of(struct model *model, uint32_t connection)
{
	struct model_room *room = &model->rooms[model->connections[connection].name];

	if (room->state == ROOM_NONE ||
	    (room->members[0] != connection && room->members[1] != connection))
		return NULL;
	return room;
}

static void leave(struct model *model, uint32_t connection)
{
	struct model_connection *visitor = &model->connections[connection];
	bool is_lost = draw(model, 2) == 0;
	struct model_room *room = room_of(model, connection);
	uint32_t other;

	if (!visitor->is_inside)
		return;
	other = play_leave(&model->play, visitor->room, connection, is_lost);
	visitor->is_inside = false;
	assert_int_equal(other, visitor->other);
	if (other != REGISTRY_NONE)
		model->connections[other].other = REGISTRY_NONE;
	if (!room)
		return;
	if (room->state == ROOM_INTRODUCED) {
		room->members[room->members[1] == connection] = REGISTRY_NONE;
		if (other == REGISTRY_NONE)
			room->state = ROOM_SPENT;
	} else if (!is_lost || room->is_reusable) {
		room->state = ROOM_NONE;
	} else {
		room->state = ROOM_RESERVED;
		room->members[0] = REGISTRY_NONE;
		if (model->play.now + PLAY_RESERVE < room->deadline)
			room->deadline = model->play.now + PLAY_RESERVE;
	}
}

static void pass_time(struct model *model)
{
	struct play *play = &model->play;
	uint32_t expired;

	play->now += draw(model, draw(model, 20) == 0 ? 2 * PLAY_LIFETIME : 40);
	while ((expired = registry_expire(&play->registry, play->now)) != REGISTRY_NONE) {
		struct model_room *room = room_of(model, expired);

		assert_non_null(room);
		assert_int_equal(room->state, ROOM_WAITING);
		assert_true(room->deadline <= play->now);
		room->state = ROOM_NONE;
		model->connections[expired].is_inside = false;
	}
	for (uint32_t i = 0; i < N_NAMES; i++) {
		struct model_room *room = &model->rooms[i];

		if (room->state == ROOM_NONE || room->deadline > play->now)
			continue;
		/* those who wait have all been told above */
		assert_int_not_equal(room->state, ROOM_WAITING);
		room->state = ROOM_NONE;
	}
}

static void compare(struct model *model)
{
	const struct registry *registry = &model->play.registry;
	uint32_t counts[ROOM_RESERVED + 1] = {0};
	uint32_t n_paid;

	for (uint32_t i = 0; i < N_NAMES; i++)
		counts[model->rooms[i].state]++;
	assert_int_equal(registry->counts[ROOM_WAITING], counts[ROOM_WAITING]);
	assert_int_equal(registry->counts[ROOM_RESERVED], counts[ROOM_RESERVED]);
	assert_int_equal(registry->counts[ROOM_SPENT], counts[ROOM_SPENT]);
	n_paid = counts[ROOM_WAITING] + counts[ROOM_RESERVED];
	assert_int_equal(model->play.quota.entries[model->play.payer].counts[QUOTA_ROOMS],
			 n_paid);
}

static void any_order_of_operations_does_what_the_model_does(void **state)
{
	static struct model model;

	(void)state;
	for (uint32_t run = 0; run < N_RUNS; run++) {
		memset(&model, 0, sizeof(model));
		model.play = play_new(64, 64);
		random_init(&model.random, run);
		for (uint32_t step = 0; step < N_STEPS; step++) {
			uint32_t connection = draw(&model, N_CONNECTIONS);

			switch (draw(&model, 4)) {
			case 0:
			case 1:
				enter(&model, connection);
				break;
			case 2:
				leave(&model, connection);
				break;
			default:
				pass_time(&model);
				break;
			}
			compare(&model);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_operations_does_what_the_model_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
