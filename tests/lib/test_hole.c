/* SPDX-License-Identifier: MIT */
/* A standing hole: two that have met once meet again without the server. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/pair_world.h"

#define SECRET "correct horse battery staple"
/* The hole alone is dialled for a second; what is there must be found in much less. */
#define SOON_NS INT64_C(700000000)

static struct pair_world world;
static struct midair_hole holes[2];

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static void enter(int side, const struct midair_hole *hole, uint32_t flags)
{
	struct midair_pair_config config = world_config(&world, side);

	config.secret = SECRET;
	config.secret_size = strlen(SECRET);
	config.hole = hole;
	config.flags = flags;
	world_pair(&world, side, &config);
}

static void keep(int side)
{
	assert_int_equal(midair_session_hole(world.sides[side].session, &holes[side]), 0);
}

/* Keeps what is left for the next time. */
static void part(void)
{
	for (int side = 0; side < 2; side++) {
		keep(side);
		attempt_close(&world.sides[side]);
	}
}

static void meet_by_the_server(void)
{
	world_open(&world, FAKE_HONEST);
	enter(0, NULL, 0);
	enter(1, NULL, 0);
	world_run(&world);
	world_expect_talk(&world, 0, 1);
	part();
	assert_int_equal(world.server.n_introductions, 1);
}

static void expect_no_introduction(int side)
{
	const struct attempt *attempt = &world.sides[side];

	assert_non_null(attempt_find(attempt, MIDAIR_EVENT_HOLE));
	assert_non_null(attempt_find(attempt, MIDAIR_EVENT_AUTHENTICATED));
	assert_null(attempt_find(attempt, MIDAIR_EVENT_PEER));
	assert_int_equal(attempt->end.path, MIDAIR_PATH_DIRECT);
}

/* So long that whoever waits has long turned to the server as well. */
static void wait_for_the_server_to_be_missed(void)
{
	world_run_until(&world, 0, MIDAIR_EVENT_SERVER_LOST);
}

static void the_next_time_needs_no_server(void **state)
{
	(void)state;
	meet_by_the_server();
	fake_server_close(&world.server);
	for (int i = 0; i < 3; i++) {
		enter(0, &holes[0], 0);
		wait_for_the_server_to_be_missed();
		enter(1, &holes[1], 0);
		world_run(&world);
		expect_no_introduction(0);
		expect_no_introduction(1);
		assert_true(world.sides[1].end.time_ns < SOON_NS);
		world_expect_talk(&world, 0, 1);
		part();
	}
}

static void who_waits_in_the_room_is_met_at_the_hole(void **state)
{
	(void)state;
	meet_by_the_server();
	enter(0, &holes[0], 0);
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	enter(1, &holes[1], 0);
	world_run(&world);
	expect_no_introduction(0);
	expect_no_introduction(1);
	assert_true(world.sides[1].end.time_ns < SOON_NS);
	/* Who came second has not said a word to the server. */
	assert_null(attempt_find(&world.sides[1], MIDAIR_EVENT_SERVER));
	assert_int_equal(world.server.n_introductions, 1);
	world_expect_talk(&world, 0, 1);
}

static void two_that_come_at_once_meet_too(void **state)
{
	(void)state;
	meet_by_the_server();
	enter(0, &holes[0], 0);
	enter(1, &holes[1], 0);
	world_run(&world);
	expect_no_introduction(0);
	expect_no_introduction(1);
	world_expect_talk(&world, 0, 1);
}

static void expect_the_server_helps(void)
{
	world_run(&world);
	assert_int_equal(world.server.n_introductions, 2);
	world_expect_talk(&world, 0, 1);
	part();
	/* Both have the same again, and another one than before. */
	assert_memory_equal(holes[0].key, holes[1].key, sizeof(holes[0].key));
	assert_true(holes[0].role != holes[1].role);
}

static void one_that_has_lost_its_hole_is_met_by_the_server(void **state)
{
	(void)state;
	meet_by_the_server();
	enter(0, &holes[0], 0);
	enter(1, NULL, 0);
	expect_the_server_helps();
}

static void holes_of_different_times_do_not_fit(void **state)
{
	(void)state;
	meet_by_the_server();
	holes[1].key[31] ^= 1;
	enter(0, &holes[0], 0);
	enter(1, &holes[1], 0);
	expect_the_server_helps();
}

static void a_hole_s_port_that_is_taken_is_no_failure(void **state)
{
	struct sockaddr_storage address;
	socklen_t size;
	int fd;

	(void)state;
	meet_by_the_server();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size = (socklen_t)midair_endpoint_to_sockaddr(&holes[0].local, &address);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	enter(0, &holes[0], 0);
	enter(1, &holes[1], 0);
	expect_the_server_helps();
	assert_null(attempt_find(&world.sides[0], MIDAIR_EVENT_HOLE));
	close(fd);
}

static void the_keys_of_a_plain_descriptor_are_the_same_on_both_ends(void **state)
{
	uint8_t keys[2][32];

	(void)state;
	meet_by_the_server();
	fake_server_close(&world.server);
	for (int side = 0; side < 2; side++)
		enter(side, &holes[side], MIDAIR_PLAIN);
	world_run(&world);
	for (int side = 0; side < 2; side++) {
		int fd = midair_session_take_fd(world.sides[side].session);

		assert_true(fd >= 0);
		assert_int_equal(midair_session_export(world.sides[side].session, "test",
						       keys[side], sizeof(keys[side])),
				 0);
		close(fd);
	}
	assert_memory_equal(keys[0], keys[1], sizeof(keys[0]));
}

/* The user's own port is both the pairing's and the hole's. */
static void the_same_port_for_all_is_no_hindrance(void **state)
{
	struct midair_pair_config configs[2];

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int side = 0; side < 2; side++) {
		configs[side] = world_config(&world, side);
		configs[side].local.port = free_port();
		configs[side].secret = SECRET;
		configs[side].secret_size = strlen(SECRET);
	}
	for (int i = 0; i < 6; i++) {
		for (int side = 0; side < 2; side++) {
			world_pair(&world, side, &configs[side]);
			/* One that is there long before the other, too. */
			if (side == 0 && i % 2 == 1)
				world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
			configs[side].hole = &holes[side];
		}
		world_run(&world);
		world_expect_talk(&world, 0, 1);
		part();
	}
	assert_int_equal(world.server.n_introductions, 1);
}

static void there_is_none_before_a_connection_nor_with_a_code(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	enter(0, NULL, 0);
	assert_int_equal(midair_session_hole(world.sides[0].session, &holes[0]),
			 MIDAIR_E_STATE);
	attempt_close(&world.sides[0]);
	world_join(&world, 0, "7-crossover-clockwork");
	world_join(&world, 1, "7-crossover-clockwork");
	world_run(&world);
	assert_int_equal(world_result(&world, 0), 0);
	assert_int_equal(midair_session_hole(world.sides[0].session, &holes[0]),
			 MIDAIR_E_STATE);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct midair_pair_config config;
	struct midair_session *session;

	(void)state;
	meet_by_the_server();
	config = world_config(&world, 0);
	config.hole = &holes[0];
	config.code = "7-crossover-clockwork";
	assert_int_equal(midair_session_pair(&session, &config), MIDAIR_E_CONFIG);
	config.code = NULL;
	config.secret = SECRET;
	config.secret_size = strlen(SECRET);
	config.flags = MIDAIR_RELAY_ONLY;
	assert_int_equal(midair_session_pair(&session, &config), MIDAIR_E_CONFIG);
	config.flags = 0;
	holes[0].remote.port = 0;
	assert_int_equal(midair_session_pair(&session, &config), MIDAIR_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_next_time_needs_no_server, teardown),
		cmocka_unit_test_teardown(who_waits_in_the_room_is_met_at_the_hole, teardown),
		cmocka_unit_test_teardown(two_that_come_at_once_meet_too, teardown),
		cmocka_unit_test_teardown(one_that_has_lost_its_hole_is_met_by_the_server,
					  teardown),
		cmocka_unit_test_teardown(holes_of_different_times_do_not_fit, teardown),
		cmocka_unit_test_teardown(a_hole_s_port_that_is_taken_is_no_failure, teardown),
		cmocka_unit_test_teardown(
			the_keys_of_a_plain_descriptor_are_the_same_on_both_ends, teardown),
		cmocka_unit_test_teardown(the_same_port_for_all_is_no_hindrance, teardown),
		cmocka_unit_test_teardown(there_is_none_before_a_connection_nor_with_a_code,
					  teardown),
		cmocka_unit_test_teardown(what_makes_no_sense_is_refused, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
