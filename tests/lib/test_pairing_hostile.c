/* SPDX-License-Identifier: MIT */
/* A pairing among liars: the worst that they reach is a failed attempt. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/pair_world.h"

#define CODE   "7-crossover-clockwork"
#define SECRET "midair-key-1:0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk"

static struct pair_world world;
static int listener = -1;

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	if (listener >= 0)
		close(listener);
	listener = -1;
	return 0;
}

static void join_both(enum fake_manner manner)
{
	world_open(&world, manner);
	world_join(&world, 0, CODE);
	world_join(&world, 1, CODE);
}

static void expect_result(int side, int result)
{
	if (world_result(&world, side) != result)
		fail_msg("side %d: %s, expected %s", side,
			 midair_result_name(world_result(&world, side)),
			 midair_result_name(result));
}

static void a_server_that_cannot_be_used_is_named(void **state)
{
	static const struct {
		enum fake_manner manner;
		int result;
	} rows[] = {
		{FAKE_NOT_US, MIDAIR_E_PROTOCOL},
		{FAKE_FUTURE, MIDAIR_E_VERSION},
		{FAKE_REFUSES, MIDAIR_E_BUSY},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		world_open(&world, rows[i].manner);
		world_join(&world, 0, CODE);
		world_run(&world);
		expect_result(0, rows[i].result);
		world_close(&world);
	}
	world_open(&world, FAKE_HONEST);
}

/* The peer's true address comes sealed. */
static void a_swapped_address_leads_nowhere_and_the_sealed_one_to_the_peer(void **state)
{
	(void)state;
	join_both(FAKE_SWAPS_ADDRESS);
	/* Nobody is there. */
	world.server.fake_address = own_address(99, free_port());
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

/* Somebody listens at the address that the server names, and says something. */
static void a_third_party_at_the_swapped_address_is_dropped(void **state)
{
	struct midair_endpoint third = own_address(99, free_port());
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	int fd = -1;

	(void)state;
	listener = plain_listener(&third);
	join_both(FAKE_SWAPS_ADDRESS);
	world.server.fake_address = third;
	while (fd < 0 && now_ms() < end_ms) {
		world_turn(&world, 10);
		if (wait_for(listener, POLLIN, 0))
			fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	}
	if (fd >= 0) {
		send(fd, "220 hello\r\n", 11, MSG_NOSIGNAL);
		close(fd);
	}
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

static void one_s_own_share_is_no_introduction(void **state)
{
	(void)state;
	world_open(&world, FAKE_REFLECTS);
	world_join(&world, 0, CODE);
	world_run(&world);
	expect_result(0, MIDAIR_E_PROTOCOL);
	assert_int_equal(world.server.n_introductions, 1);
}

static void a_second_introduction_is_not_heeded(void **state)
{
	(void)state;
	join_both(FAKE_SAYS_PEER_TWICE);
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

static void who_sits_in_the_middle_is_a_wrong_code(void **state)
{
	(void)state;
	join_both(FAKE_SWAPS_SHARES);
	world_run(&world);
	expect_result(0, MIDAIR_E_WRONG_CODE);
	expect_result(1, MIDAIR_E_WRONG_CODE);
}

/* The same words, so that nothing but the room tells the two apart. */
static void a_server_that_mixes_rooms_is_a_wrong_code(void **state)
{
	(void)state;
	world_open(&world, FAKE_MIXES_ROOMS);
	world_join(&world, 0, CODE);
	world_join(&world, 1, "8-crossover-clockwork");
	world_run(&world);
	assert_int_equal(world.server.n_introductions, 1);
	expect_result(0, MIDAIR_E_WRONG_CODE);
	expect_result(1, MIDAIR_E_WRONG_CODE);
}

static void a_server_that_mixes_roles_is_a_wrong_code(void **state)
{
	(void)state;
	join_both(FAKE_MIXES_ROLES);
	world_run(&world);
	expect_result(0, MIDAIR_E_WRONG_CODE);
	expect_result(1, MIDAIR_E_WRONG_CODE);
}

static void a_flipped_bit_is_a_wrong_code(void **state)
{
	(void)state;
	join_both(FAKE_FLIPS_A_BIT);
	world_run(&world);
	/* Unless the connection itself was the quicker proof. */
	for (int i = 0; i < 2; i++)
		if (world_result(&world, i) != 0)
			expect_result(i, MIDAIR_E_WRONG_CODE);
}

static void connections_prove_what_the_server_keeps_back(void **state)
{
	static const enum fake_manner manners[] = {FAKE_DROPS_SEALED, FAKE_REPEATS_SEALED,
						   FAKE_LIES_OF_WRONG_CODE, FAKE_FLOODS};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(manners) - 1; i++) {
		join_both(manners[i]);
		world_run(&world);
		world_expect_talk(&world, 0, 1);
		world_close(&world);
	}
	world_open(&world, FAKE_HONEST);
}

static void a_message_that_comes_back_is_not_the_peer_s(void **state)
{
	(void)state;
	join_both(FAKE_RETURNS_SEALED);
	world_run(&world);
	for (int i = 0; i < 2; i++)
		if (world_result(&world, i) != 0)
			expect_result(i, MIDAIR_E_WRONG_CODE);
}

static void a_flood_ends_no_later_than_the_attempt(void **state)
{
	uint64_t start_ms = now_ms();

	(void)state;
	join_both(FAKE_FLOODS);
	world_run(&world);
	assert_true(now_ms() - start_ms < 10000);
	for (int i = 0; i < 2; i++)
		if (world_result(&world, i) != 0)
			expect_result(i, MIDAIR_E_WRONG_CODE);
}

static void a_secret_is_tried_five_times_at_most(void **state)
{
	(void)state;
	world_open(&world, FAKE_REFLECTS);
	world_enter(&world, 0, SECRET);
	world_run(&world);
	assert_int_equal(world.server.n_introductions, 5);
	expect_result(0, MIDAIR_E_PROTOCOL);
}

/* Introduced to one that has vanished without the server's notice, then to the living one. */
static void a_ghost_in_a_secret_s_room_is_passed(void **state)
{
	struct fake_client *ghost = &world.server.clients[FAKE_CLIENTS - 1];
	struct midair_endpoint silent = own_address(98, free_port());

	(void)state;
	listener = plain_listener(&silent);
	world_open(&world, FAKE_HONEST);
	world_enter(&world, 2, SECRET);
	world_run_until(&world, 2, MIDAIR_EVENT_PEER_WAIT);
	/* The server goes on to know its name and shares; nobody is behind them. */
	for (int i = 0; i < FAKE_CLIENTS - 1; i++)
		if (world.server.clients[i].has_entered)
			*ghost = world.server.clients[i];
	ghost->fd = -1;
	/* Something takes our connections there, and says nothing. */
	ghost->remote = silent;
	attempt_close(&world.sides[2]);
	while (world.server.n_left[WIRE_REASON_GAVE_UP] == 0)
		assert_true(world_turn(&world, PATIENCE_MS));
	world_enter(&world, 0, SECRET);
	world_run_until(&world, 0, MIDAIR_EVENT_PEER);
	world_run_until(&world, 0, MIDAIR_EVENT_SERVER_LOST);
	world_enter(&world, 1, SECRET);
	world_run(&world);
	world_expect_talk(&world, 0, 1);
	assert_int_equal(world.server.n_introductions, 2);
}

static void strangers_on_our_port_do_not_disturb(void **state)
{
	const struct midair_event *bound;
	struct midair_endpoint from = own_address(97, 0);
	int fds[4];

	(void)state;
	world_open(&world, FAKE_HONEST);
	world_join(&world, 0, CODE);
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	bound = attempt_find(&world.sides[0], MIDAIR_EVENT_BOUND);
	for (size_t i = 0; i < N_ITEMS(fds); i++) {
		fds[i] = plain_socket(&from);
		assert_int_equal(plain_connect(fds[i], &bound->local), 0);
		if (i % 2 == 0)
			send(fds[i], "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
	}
	world_join(&world, 1, CODE);
	world_run(&world);
	world_expect_talk(&world, 0, 1);
	for (size_t i = 0; i < N_ITEMS(fds); i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_server_that_cannot_be_used_is_named, teardown),
		cmocka_unit_test_teardown(
			a_swapped_address_leads_nowhere_and_the_sealed_one_to_the_peer,
			teardown),
		cmocka_unit_test_teardown(a_third_party_at_the_swapped_address_is_dropped,
					  teardown),
		cmocka_unit_test_teardown(one_s_own_share_is_no_introduction, teardown),
		cmocka_unit_test_teardown(a_second_introduction_is_not_heeded, teardown),
		cmocka_unit_test_teardown(who_sits_in_the_middle_is_a_wrong_code, teardown),
		cmocka_unit_test_teardown(a_server_that_mixes_rooms_is_a_wrong_code, teardown),
		cmocka_unit_test_teardown(a_server_that_mixes_roles_is_a_wrong_code, teardown),
		cmocka_unit_test_teardown(a_flipped_bit_is_a_wrong_code, teardown),
		cmocka_unit_test_teardown(connections_prove_what_the_server_keeps_back,
					  teardown),
		cmocka_unit_test_teardown(a_message_that_comes_back_is_not_the_peer_s,
					  teardown),
		cmocka_unit_test_teardown(a_flood_ends_no_later_than_the_attempt, teardown),
		cmocka_unit_test_teardown(a_secret_is_tried_five_times_at_most, teardown),
		cmocka_unit_test_teardown(a_ghost_in_a_secret_s_room_is_passed, teardown),
		cmocka_unit_test_teardown(strangers_on_our_port_do_not_disturb, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
