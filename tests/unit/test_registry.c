/* SPDX-License-Identifier: MIT */
#include "core/registry.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/registry_play.h"
#include "tests/unit/unit.h"

static void the_first_waits_and_the_second_is_introduced(void **state)
{
	struct play play = play_new(16, 8);
	struct registry_result a = play_enter(&play, "7", 1, 1, 0);
	struct registry_result b = play_enter(&play, "7", 2, 2, 0);

	(void)state;
	assert_int_equal(a.answer, REGISTRY_WAITS);
	assert_int_equal(b.answer, REGISTRY_INTRODUCE);
	assert_int_equal(b.other, 1);
	assert_int_equal(b.room, a.room);
	assert_int_equal(play.registry.rooms[a.room].members[0], 1);
	assert_int_equal(play.registry.rooms[a.room].members[1], 2);
	assert_int_equal(play.registry.rooms[a.room].share_a[0], 1);
}

static void a_third_finds_it_taken_also_after_both_have_left(void **state)
{
	struct play play = play_new(16, 8);
	uint32_t room = play_enter(&play, "7", 1, 1, 0).room;

	(void)state;
	play_enter(&play, "7", 2, 2, 0);
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).answer, REGISTRY_TAKEN);
	assert_int_equal(play_leave(&play, room, 1, false), 2);
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).answer, REGISTRY_TAKEN);
	assert_int_equal(play_leave(&play, room, 2, true), REGISTRY_NONE);
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).answer, REGISTRY_TAKEN);
	/* not even those who have met */
	assert_int_equal(play_enter(&play, "7", 4, 1, 0).answer, REGISTRY_TAKEN);
	play.now += PLAY_LIFETIME - 1;
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).answer, REGISTRY_TAKEN);
	play.now += 1;
	assert_int_equal(registry_expire(&play.registry, play.now), REGISTRY_NONE);
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).answer, REGISTRY_WAITS);
}

static void a_secrets_room_is_free_again_with_the_introduction(void **state)
{
	struct play play = play_new(16, 8);
	uint32_t first = play_enter(&play, "secret", 1, 1, WIRE_ENTER_REUSABLE).room;
	uint32_t second;

	(void)state;
	assert_int_equal(play_enter(&play, "secret", 2, 2, WIRE_ENTER_REUSABLE).answer,
			 REGISTRY_INTRODUCE);
	second = play_enter(&play, "secret", 3, 3, WIRE_ENTER_REUSABLE).room;
	assert_int_not_equal(first, second);
	assert_int_equal(play_enter(&play, "secret", 4, 4, WIRE_ENTER_REUSABLE).other, 3);
	assert_int_equal(play_leave(&play, first, 2, false), 1);
	assert_int_equal(play_leave(&play, first, 1, false), REGISTRY_NONE);
	assert_int_equal(play.registry.counts[ROOM_SPENT], 0);
	assert_int_equal(play.registry.counts[ROOM_INTRODUCED], 1);
}

static void a_room_is_spent_unless_both_call_it_a_secrets(void **state)
{
	static const uint8_t flags[][2] = {{WIRE_ENTER_REUSABLE, 0}, {0, WIRE_ENTER_REUSABLE}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(flags); i++) {
		struct play play = play_new(16, 8);

		play_enter(&play, "7", 1, 1, flags[i][0]);
		play_enter(&play, "7", 2, 2, flags[i][1]);
		assert_int_equal(play_enter(&play, "7", 3, 3, WIRE_ENTER_REUSABLE).answer,
				 REGISTRY_TAKEN);
	}
}

static void who_comes_back_with_its_share_takes_its_own_place(void **state)
{
	struct play play = play_new(16, 8);
	uint32_t room = play_enter(&play, "7", 1, 1, 0).room;
	struct registry_result back = play_enter(&play, "7", 2, 1, 0);

	(void)state;
	assert_int_equal(back.answer, REGISTRY_RETURNS);
	assert_int_equal(back.other, 1);
	assert_int_equal(back.room, room);
	assert_int_equal(play_enter(&play, "7", 3, 3, 0).other, 2);
}

static void who_was_lost_finds_its_number_kept_and_nobody_is_given_it(void **state)
{
	struct play play = play_new(16, 8);
	uint32_t number = play_allocate(&play, 1, 1);
	char name[16];

	(void)state;
	snprintf(name, sizeof(name), "%u", number);
	play_leave(&play, play.last.room, 1, true);
	assert_int_equal(play.registry.counts[ROOM_RESERVED], 1);
	for (uint32_t i = 0; i < 12; i++)
		assert_int_not_equal(play_allocate(&play, 10 + i, (uint8_t)(10 + i)), number);
	assert_int_equal(play_enter(&play, name, 2, 1, 0).answer, REGISTRY_WAITS);
	assert_int_equal(play_enter(&play, name, 3, 3, 0).answer, REGISTRY_INTRODUCE);
}

static void a_kept_number_is_free_after_its_time_and_after_a_leave_at_once(void **state)
{
	struct play play = play_new(16, 8);

	(void)state;
	play_enter(&play, "7", 1, 1, 0);
	play_leave(&play, play.last.room, 1, true);
	play.now += PLAY_RESERVE;
	registry_expire(&play.registry, play.now);
	assert_int_equal(play.registry.counts[ROOM_RESERVED], 0);
	play_enter(&play, "7", 1, 1, 0);
	play_leave(&play, play.last.room, 1, false);
	assert_int_equal(play.registry.counts[ROOM_NONE], 16);
	assert_int_equal(play.quota.entries[play.payer].counts[QUOTA_ROOMS], 0);
}

static void who_waits_too_long_is_told_and_the_room_is_gone(void **state)
{
	struct play play = play_new(16, 8);

	(void)state;
	play_enter(&play, "7", 1, 1, 0);
	assert_int_equal(registry_expire(&play.registry, play.now + PLAY_LIFETIME - 1),
			 REGISTRY_NONE);
	play.now += PLAY_LIFETIME;
	assert_int_equal(registry_expire(&play.registry, play.now), 1);
	assert_int_equal(registry_expire(&play.registry, play.now), REGISTRY_NONE);
	assert_int_equal(play_enter(&play, "7", 2, 2, 0).answer, REGISTRY_WAITS);
}

static void a_pair_outlives_the_time_of_its_code(void **state)
{
	struct play play = play_new(16, 8);
	uint32_t room = play_enter(&play, "7", 1, 1, 0).room;

	(void)state;
	play_enter(&play, "7", 2, 2, 0);
	play.now += PLAY_LIFETIME;
	assert_int_equal(registry_expire(&play.registry, play.now), REGISTRY_NONE);
	assert_int_equal(play_leave(&play, room, 2, false), 1);
	assert_int_equal(play_leave(&play, room, 1, false), REGISTRY_NONE);
	assert_int_equal(play.registry.counts[ROOM_NONE], 16);
}

static void an_address_has_so_many_rooms_and_no_more(void **state)
{
	struct play play = play_new(16, 8);

	(void)state;
	play.rooms_each = 2;
	assert_int_equal(play_enter(&play, "1", 1, 1, 0).answer, REGISTRY_WAITS);
	play_leave(&play, play.last.room, 1, true); /* kept, so it counts */
	assert_int_equal(play_enter(&play, "2", 2, 2, 0).answer, REGISTRY_WAITS);
	assert_int_equal(play_enter(&play, "3", 3, 3, 0).answer, REGISTRY_TOO_MANY);
	/* the second in a room does not open one */
	assert_int_equal(play_enter(&play, "2", 4, 4, 0).answer, REGISTRY_INTRODUCE);
	assert_int_equal(play_enter(&play, "3", 3, 3, 0).answer, REGISTRY_WAITS);
}

static void beyond_their_number_the_oldest_tombstone_is_forgotten(void **state)
{
	struct play play = play_new(16, 2);
	static const char *const names[] = {"1", "2", "3"};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		play_enter(&play, names[i], 1, 1, 0);
		play_enter(&play, names[i], 2, 2, 0);
		play_leave(&play, play.last.room, 1, false);
		play_leave(&play, play.last.room, 2, false);
	}
	assert_int_equal(play.registry.counts[ROOM_SPENT], 2);
	assert_int_equal(play.registry.n_forgotten, 1);
	assert_int_equal(play_enter(&play, "2", 3, 3, 0).answer, REGISTRY_TAKEN);
	assert_int_equal(play_enter(&play, "3", 3, 3, 0).answer, REGISTRY_TAKEN);
	assert_int_equal(play_enter(&play, "1", 3, 3, 0).answer, REGISTRY_WAITS);
}

static void a_full_table_gives_tombstones_away_and_then_refuses(void **state)
{
	struct play play = play_new(3, 3);

	(void)state;
	play_enter(&play, "1", 1, 1, 0);
	play_leave(&play, play.last.room, 1, true);
	play_enter(&play, "2", 2, 2, 0);
	play_enter(&play, "3", 3, 3, 0);
	assert_int_equal(play_enter(&play, "4", 4, 4, 0).answer, REGISTRY_WAITS);
	assert_int_equal(play_enter(&play, "5", 5, 5, 0).answer, REGISTRY_FULL);
	assert_int_equal(play_enter(&play, "4", 6, 6, 0).answer, REGISTRY_INTRODUCE);
}

static void numbers_are_short_random_and_never_given_twice(void **state)
{
	struct play play = play_new(2000, 8);
	bool is_seen[100000] = {false};
	uint32_t n_short = 0, n_steps_of_one = 0, before = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t number = play_allocate(&play, i, (uint8_t)i);

		assert_true(number >= 1 && number < N_ITEMS(is_seen) && !is_seen[number]);
		is_seen[number] = true;
		n_short += number <= 999;
		n_steps_of_one += number == before + 1;
		before = number;
		if (i == 0)
			assert_true(number <= 9);
		if (i < 50)
			assert_true(number <= 999);
	}
	assert_true(n_short > 600);
	assert_true(n_steps_of_one < 50);
}

static void a_young_server_gives_long_numbers(void **state)
{
	struct play play = play_new(16, 8);

	(void)state;
	play.registry.config.young_until = play.now + 10;
	for (uint32_t i = 0; i < 5; i++)
		assert_true(play_allocate(&play, i, (uint8_t)i) >= REGISTRY_YOUNG_FIRST);
	play.now += 10;
	assert_true(play_allocate(&play, 9, 9) <= 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_waits_and_the_second_is_introduced),
		cmocka_unit_test(a_third_finds_it_taken_also_after_both_have_left),
		cmocka_unit_test(a_secrets_room_is_free_again_with_the_introduction),
		cmocka_unit_test(a_room_is_spent_unless_both_call_it_a_secrets),
		cmocka_unit_test(who_comes_back_with_its_share_takes_its_own_place),
		cmocka_unit_test(who_was_lost_finds_its_number_kept_and_nobody_is_given_it),
		cmocka_unit_test(
			a_kept_number_is_free_after_its_time_and_after_a_leave_at_once),
		cmocka_unit_test(who_waits_too_long_is_told_and_the_room_is_gone),
		cmocka_unit_test(a_pair_outlives_the_time_of_its_code),
		cmocka_unit_test(an_address_has_so_many_rooms_and_no_more),
		cmocka_unit_test(beyond_their_number_the_oldest_tombstone_is_forgotten),
		cmocka_unit_test(a_full_table_gives_tombstones_away_and_then_refuses),
		cmocka_unit_test(numbers_are_short_random_and_never_given_twice),
		cmocka_unit_test(a_young_server_gives_long_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
