/* SPDX-License-Identifier: MIT */
#include "core/rendezvous.h"

#include <string.h>

#include "core/stun.h"
#include "tests/unit/rendezvous_play.h"
#include "tests/unit/unit.h"

static void a_pair_meets_and_each_learns_the_others_share_and_end(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t a = scene_enter(scene, 1, "7", 0xa1, 0);

	(void)state;
	scene_expect(scene, a, "WELCOME ROOM");
	uint32_t b = scene_enter(scene, 2, "7", 0xb1, 0);

	scene_expect(scene, b, "WELCOME ROOM PEER");
	scene_expect(scene, a, "WELCOME ROOM PEER");
	assert_int_equal(scene->peers[a].role, MIDAIR_ROLE_A);
	assert_int_equal(scene->peers[b].role, MIDAIR_ROLE_B);
	assert_int_equal(scene->peers[b].share[0], 0xa1); /* a's share_a */
	assert_int_equal(scene->peers[a].share[0], 0xb2); /* b's share_b */
	assert_true(midair_endpoint_equal(&scene->peers[a].observed, &scene->remotes[b]));
	assert_true(midair_endpoint_equal(&scene->peers[b].observed, &scene->remotes[a]));
}

static void what_is_not_its_turn_is_a_protocol_error(void **state)
{
	static const struct {
		const char *name;
		const char *before; /* messages that are right */
		const char *wrong;
	} rows[] = {
		{"enter first", "", "ENTER"},
		{"sealed first", "", "SEALED"},
		{"leave first", "", "LEAVE"},
		{"hello twice", "HELLO", "HELLO"},
		{"sealed without a room", "HELLO", "SEALED"},
		{"enter twice", "HELLO ENTER", "ENTER"},
		{"hello again", "HELLO ENTER", "HELLO"},
		{"sealed before the introduction", "HELLO ENTER", "SEALED"},
		{"what a server says", "HELLO", "ROOM"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scene *scene = scene_new(8);
		uint32_t one = scene_arrive(scene, 1);

		scene_say(scene, one, rows[i].before);
		scene_forget(scene);
		scene_say(scene, one, rows[i].wrong);
		EXPECT(strcmp(scene->told[one], "ERROR(protocol) FIN") == 0, rows[i].name);
		/* whatever else it says is not heard */
		scene_say(scene, one, "HELLO ENTER");
		EXPECT(strcmp(scene->told[one], "ERROR(protocol) FIN") == 0, rows[i].name);
	}
}

/* A kernel has no objection to the last of them. */
static void an_address_that_cannot_be_told_is_refused(void **state)
{
	static const struct midair_endpoint rows[] = {
		{.family = MIDAIR_IPV4, .address = {240, 0, 0, 1}, .port = 1314},
		{.family = MIDAIR_IPV4, .address = {224, 0, 0, 1}, .port = 1314},
		{.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 0},
		{.family = MIDAIR_IPV6, .address = {0xff, 2}, .port = 1314},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scene *scene = scene_new(8);
		uint32_t connection = 0;

		assert_int_equal(rendezvous_arrive(&scene->rendezvous, scene->now_ms, &rows[i],
						   &connection, &scene->update),
				 WIRE_ERROR_PROTOCOL);
		assert_int_equal(scene->rendezvous.n_used, 0);
	}
}

static void sealed_messages_reach_the_other_and_nobody_else(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);
	uint32_t c = scene_enter(scene, 3, "8", 3, 0);

	(void)state;
	scene_forget(scene);
	scene_say(scene, a, "SEALED");
	scene_say(scene, b, "SEALED SEALED");
	scene_expect(scene, a, "SEALED SEALED");
	scene_expect(scene, b, "SEALED");
	scene_expect(scene, c, "");
}

static void sealed_messages_and_bytes_have_an_end(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	scene->rendezvous.config.limits.sealed_messages = 3;
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);

	scene_forget(scene);
	scene_say(scene, a, "SEALED SEALED SEALED SEALED");
	scene_expect(scene, a, "ERROR(too-many) FIN");
	scene_expect(scene, b, "SEALED SEALED SEALED LEFT(gave-up)");
	scene->rendezvous.config.limits.sealed_messages = 100;
	scene->rendezvous.config.limits.sealed_bytes = 2 * SCENE_SEALED_BYTES;
	a = scene_enter(scene, 1, "8", 1, 0);
	b = scene_enter(scene, 2, "8", 2, 0);
	scene_forget(scene);
	scene_say(scene, b, "SEALED SEALED SEALED");
	scene_expect(scene, b, "ERROR(too-many) FIN");
	scene_expect(scene, a, "SEALED SEALED LEFT(gave-up)");
}

static void who_leaves_is_told_to_the_other_once(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);

	(void)state;
	scene_forget(scene);
	scene_say(scene, a, "LEAVE");
	scene_gone(scene, a);
	scene_expect(scene, b, "LEFT(done)");
	/* it was on its way */
	scene_say(scene, b, "SEALED LEAVE");
	scene_expect(scene, b, "LEFT(done)");
	scene_gone(scene, b);
	assert_int_equal(scene->rendezvous.n_used, 0);
	assert_int_equal(scene->rendezvous.counters.left[WIRE_REASON_DONE], 2);
}

static void who_goes_without_a_word_is_told_to_the_other(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);

	(void)state;
	scene_forget(scene);
	scene_gone(scene, b);
	scene_expect(scene, a, "LEFT(gone)");
}

static void a_client_that_comes_back_replaces_itself(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t old = scene_enter(scene, 1, "7", 1, 0);

	(void)state;
	scene_forget(scene);
	uint32_t new = scene_enter(scene, 9, "7", 1, 0);

	scene_expect(scene, new, "WELCOME ROOM");
	scene_expect(scene, old, "ERROR(room-taken) FIN");
	scene_gone(scene, old);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);

	scene_expect(scene, b, "WELCOME ROOM PEER");
	scene_expect(scene, new, "WELCOME ROOM PEER");
}

static void every_wait_has_an_end(void **state)
{
	struct scene *scene = scene_new(8);
	const struct serve_limits *limits = &scene->rendezvous.config.limits;
	uint32_t silent = scene_arrive(scene, 1);
	uint32_t greeted = scene_arrive(scene, 2);
	uint32_t waiting = scene_enter(scene, 3, "7", 3, 0);
	uint32_t a = scene_enter(scene, 4, "8", 4, 0);
	uint32_t b = scene_enter(scene, 5, "8", 5, 0);
	uint32_t stun = scene_arrive(scene, 6);

	(void)state;
	scene_say(scene, greeted, "HELLO");
	scene_say(scene, stun, "STUN");
	scene_forget(scene);
	scene_pass(scene, limits->speak_ms + 200);
	scene_expect(scene, silent, "ERROR(slow) FIN");
	scene_expect(scene, greeted, "ERROR(slow) FIN");
	scene_expect(scene, stun, "");
	scene_pass(scene, limits->linger_ms + 200);
	scene_expect(scene, silent, "ERROR(slow) FIN DROP");
	scene_pass(scene, limits->stun_idle_s * 1000);
	scene_expect(scene, stun, "DROP");
	scene_pass(scene, limits->pair_s * 1000);
	/* the one whose time is over first is the other's peer that left */
	assert_non_null(strstr(scene->told[a], "ERROR(expired) FIN"));
	scene_expect(scene, waiting, "");
	scene_pass(scene, SCENE_LIFETIME_S * 1000);
	scene_expect(scene, waiting, "ERROR(expired) FIN");
	scene_pass(scene, limits->linger_ms + 200);
	scene_expect(scene, waiting, "ERROR(expired) FIN DROP");
	assert_non_null(strstr(scene->told[b], "ERROR(expired) FIN"));
	assert_int_equal(scene->rendezvous.registry.counts[ROOM_WAITING], 0);
}

static void a_full_table_sends_the_oldest_silent_one_away(void **state)
{
	struct scene *scene = scene_new(4);
	uint32_t waiting = scene_enter(scene, 1, "7", 1, 0);
	uint32_t first = scene_arrive(scene, 2);
	uint32_t second = scene_arrive(scene, 3);
	uint32_t third = scene_arrive(scene, 4);

	(void)state;
	scene_say(scene, first, "HELLO"); /* which does not help */
	scene_forget(scene);
	uint32_t fourth = scene_enter(scene, 5, "7", 5, 0);

	scene_expect(scene, first, "ERROR(busy) DROP");
	scene_expect(scene, second, "");
	scene_expect(scene, third, "");
	scene_expect(scene, waiting, "PEER");
	scene_gone(scene, first);
	scene_arrive(scene, 6);
	scene_expect(scene, second, "ERROR(busy) DROP");
	scene_expect(scene, fourth, "WELCOME ROOM PEER");
}

static void a_table_of_those_who_wait_refuses(void **state)
{
	struct scene *scene = scene_new(2);

	(void)state;
	scene_enter(scene, 1, "7", 1, 0);
	scene_enter(scene, 2, "8", 2, 0);
	assert_int_equal(scene_try_arrive(scene, 3), WIRE_ERROR_BUSY);
	assert_int_equal(scene->rendezvous.n_used, 2);
}

static void an_address_has_its_limits(void **state)
{
	struct scene *scene = scene_new(8);
	struct serve_limits *limits = &scene->rendezvous.config.limits;

	(void)state;
	limits->connections_per_address = 2;
	limits->enters_burst = 2;
	limits->enters_per_minute = 1;
	uint32_t one = scene_enter(scene, 1, "1", 1, 0);
	uint32_t two = scene_enter(scene, 1, "2", 2, 0);

	assert_int_equal(scene_try_arrive(scene, 1), WIRE_ERROR_TOO_MANY);
	scene_gone(scene, two);
	two = scene_enter(scene, 1, "3", 3, 0);
	scene_expect(scene, two, "WELCOME ERROR(too-many) FIN");
	limits->connects_burst = 4;
	limits->connects_per_minute = 1;
	scene_gone(scene, one);
	scene_gone(scene, two);
	scene_gone(scene, scene_arrive(scene, 1));
	assert_int_equal(scene_try_arrive(scene, 1), WIRE_ERROR_TOO_MANY);
	assert_int_equal(scene_try_arrive(scene, 2), 0);
}

static void messages_have_a_rate(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	scene->rendezvous.config.limits.messages_burst = 4;
	scene->rendezvous.config.limits.messages_per_minute = 60;
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_enter(scene, 2, "7", 2, 0);

	scene_forget(scene);
	scene_say(scene, a, "SEALED SEALED");
	scene_pass(scene, 1000);
	scene_say(scene, a, "SEALED SEALED");
	scene_expect(scene, a, "ERROR(too-many) FIN");
	scene_expect(scene, b, "SEALED SEALED SEALED LEFT(gave-up)");
}

static void stun_is_answered_several_times_and_then_it_is_enough(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t one = scene_arrive(scene, 1);

	(void)state;
	scene->rendezvous.config.limits.stun_requests = 3;
	scene_say(scene, one, "STUN STUN STUN");
	scene_expect(scene, one, "STUN STUN STUN");
	scene_say(scene, one, "STUN");
	scene_expect(scene, one, "STUN STUN STUN DROP");
	one = scene_arrive(scene, 2);
	scene_say(scene, one, "STUN HELLO");
	scene_expect(scene, one, "STUN DROP");
	one = scene_arrive(scene, 3);
	scene_say(scene, one, "HELLO STUN");
	scene_expect(scene, one, "WELCOME ERROR(protocol) FIN");
}

static void the_end_of_the_server_is_told_to_all_and_as_such(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t silent = scene_arrive(scene, 1);
	uint32_t a = scene_enter(scene, 2, "7", 2, 0);
	uint32_t b = scene_enter(scene, 3, "7", 3, 0);
	uint32_t waiting = scene_enter(scene, 4, "8", 4, 0);
	uint32_t stun = scene_arrive(scene, 5);

	(void)state;
	scene_say(scene, stun, "STUN");
	scene_forget(scene);
	scene_close(scene);
	scene_expect(scene, silent, "ERROR(closing) FIN");
	scene_expect(scene, waiting, "ERROR(closing) FIN");
	scene_expect(scene, a, "ERROR(closing) FIN");
	scene_expect(scene, b, "ERROR(closing) FIN");
	scene_expect(scene, stun, "DROP");
}

static void bytes_may_come_one_by_one(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t a = scene_enter(scene, 1, "7", 1, 0);
	uint32_t b = scene_arrive(scene, 2);

	(void)state;
	scene->chunk = 1;
	scene->share = 2;
	scene->name = "7";
	scene_say(scene, b, "HELLO ENTER SEALED LEAVE");
	scene_expect(scene, b, "WELCOME ROOM PEER");
	scene_expect(scene, a, "WELCOME ROOM PEER SEALED LEFT(done)");
}

static void versions_must_have_one_in_common(void **state)
{
	struct scene *scene = scene_new(8);
	uint32_t one = scene_arrive(scene, 1);
	uint32_t two = scene_arrive(scene, 2);

	(void)state;
	scene->version_min = WIRE_VERSION_MAX + 1;
	scene->version_max = WIRE_VERSION_MAX + 3;
	scene_say(scene, one, "HELLO");
	scene_expect(scene, one, "ERROR(version) FIN");
	scene->version_min = WIRE_VERSION_MAX;
	scene_say(scene, two, "HELLO");
	scene_expect(scene, two, "WELCOME");
}

/* A site has 65,536 prefixes of IPv6, and would have the whole table with the first of them. */
static void one_ipv6_network_does_not_fill_the_server(void **state)
{
	struct scene *scene = scene_new(100);
	struct midair_endpoint remote = {
		.family = MIDAIR_IPV6, .port = 5000, .address = {0x20, 0x01, 0x0d, 0xb9}};
	uint32_t n_taken = 0;
	uint32_t connection;

	(void)state;
	scene->rendezvous.config.limits.connections_per_address = 2;
	scene->rendezvous.config.limits.network_shares = 5;
	for (uint32_t number = 0; number < 1000; number++) {
		remote.address[6] = (uint8_t)(number >> 8);
		remote.address[7] = (uint8_t)number;
		n_taken += rendezvous_arrive(&scene->rendezvous, scene->now_ms, &remote,
					     &connection, &scene->update) == 0;
	}
	assert_int_equal(n_taken, 10);
	remote.address[5] = 1;
	assert_int_equal(rendezvous_arrive(&scene->rendezvous, scene->now_ms, &remote,
					   &connection, &scene->update),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ipv6_network_does_not_fill_the_server),
		cmocka_unit_test(a_pair_meets_and_each_learns_the_others_share_and_end),
		cmocka_unit_test(what_is_not_its_turn_is_a_protocol_error),
		cmocka_unit_test(an_address_that_cannot_be_told_is_refused),
		cmocka_unit_test(sealed_messages_reach_the_other_and_nobody_else),
		cmocka_unit_test(sealed_messages_and_bytes_have_an_end),
		cmocka_unit_test(who_leaves_is_told_to_the_other_once),
		cmocka_unit_test(who_goes_without_a_word_is_told_to_the_other),
		cmocka_unit_test(a_client_that_comes_back_replaces_itself),
		cmocka_unit_test(every_wait_has_an_end),
		cmocka_unit_test(a_full_table_sends_the_oldest_silent_one_away),
		cmocka_unit_test(a_table_of_those_who_wait_refuses),
		cmocka_unit_test(an_address_has_its_limits),
		cmocka_unit_test(messages_have_a_rate),
		cmocka_unit_test(stun_is_answered_several_times_and_then_it_is_enough),
		cmocka_unit_test(the_end_of_the_server_is_told_to_all_and_as_such),
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(versions_must_have_one_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
