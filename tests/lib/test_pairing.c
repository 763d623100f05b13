/* SPDX-License-Identifier: MIT */
/* Two sides, one code and an honest server. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/pair_world.h"

static struct pair_world world;

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static const struct midair_event *told(int side, enum midair_event_type type)
{
	const struct midair_event *event = attempt_find(&world.sides[side], type);

	if (event == NULL)
		fail_msg("side %d did not say %s", side, midair_event_type_name(type));
	return event;
}

/* 127.0.0.1 and [::1]. */
static void world_open_again_on_localhost(void)
{
	fake_server_close(&world.server);
	world.address = endpoint_of("127.0.0.1:1");
	world.address.port = free_port();
	fake_server_open(&world.server, &world.address, FAKE_HONEST);
	fake_server_add_ipv6(&world.server);
}

static void a_host_and_a_joiner_talk(void **state)
{
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	world_open(&world, FAKE_HONEST);
	snprintf(code, sizeof(code), "%s", world_host(&world, 0));
	assert_true(strncmp(code, "1-", 2) == 0);
	world_join(&world, 1, code);
	world_run(&world);
	assert_int_equal(told(0, MIDAIR_EVENT_PEER)->role, MIDAIR_ROLE_A);
	assert_int_equal(told(1, MIDAIR_EVENT_PEER)->role, MIDAIR_ROLE_B);
	told(0, MIDAIR_EVENT_SERVER);
	told(0, MIDAIR_EVENT_PEER_WAIT);
	told(1, MIDAIR_EVENT_AUTHENTICATED);
	world_expect_talk(&world, 0, 1);
}

static void the_joiner_may_come_first(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	world_join(&world, 0, "7-crossover-clockwork");
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	world_join(&world, 1, " 7 Crossover_CLOCKWORK");
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

static void a_wrong_code_is_told_to_both_and_spends_the_room(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	world_join(&world, 0, "7-crossover-clockwork");
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	world_join(&world, 1, "7-clockwork-crossover");
	world_run(&world);
	assert_int_equal(world_result(&world, 0), MIDAIR_E_WRONG_CODE);
	assert_int_equal(world_result(&world, 1), MIDAIR_E_WRONG_CODE);
	world_join(&world, 2, "7-crossover-clockwork");
	world_run(&world);
	assert_int_equal(world_result(&world, 2), MIDAIR_E_ROOM_TAKEN);
}

static void two_hosts_wait_in_two_rooms(void **state)
{
	char codes[2][MIDAIR_CODE_SIZE];

	(void)state;
	world_open(&world, FAKE_HONEST);
	snprintf(codes[0], sizeof(codes[0]), "%s", world_host(&world, 0));
	snprintf(codes[1], sizeof(codes[1]), "%s", world_host(&world, 1));
	assert_string_not_equal(codes[0], codes[1]);
	assert_int_equal(world.server.n_introductions, 0);
}

static void a_third_finds_the_room_taken(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	world_join(&world, 0, "7-crossover-clockwork");
	world_join(&world, 1, "7-crossover-clockwork");
	world_run(&world);
	world_join(&world, 2, "7-crossover-clockwork");
	world_run(&world);
	assert_int_equal(world_result(&world, 2), MIDAIR_E_ROOM_TAKEN);
	world_expect_talk(&world, 0, 1);
}

static void a_secret_s_room_is_free_again(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int i = 0; i < 2; i++) {
		world_enter(&world, 0, "correct horse battery staple");
		world_enter(&world, 1, "correct horse battery staple");
		world_run(&world);
		world_expect_talk(&world, 0, 1);
		attempt_close(&world.sides[0]);
		attempt_close(&world.sides[1]);
	}
	assert_int_equal(world.server.n_introductions, 2);
}

static void other_secrets_are_other_rooms(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	world_enter(&world, 0, "correct horse battery staple");
	world_enter(&world, 1, "wrong horse battery staple");
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	world_run_until(&world, 1, MIDAIR_EVENT_PEER_WAIT);
	assert_int_equal(world.server.n_introductions, 0);
}

static void the_same_port_works_again_at_once(void **state)
{
	struct midair_pair_config configs[2];

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int i = 0; i < 2; i++) {
		configs[i] = world_config(&world, i);
		configs[i].local.port = free_port();
		configs[i].secret = "correct horse battery staple";
		configs[i].secret_size = strlen(configs[i].secret);
	}
	for (int run = 0; run < 5; run++) {
		world_pair(&world, 0, &configs[0]);
		world_pair(&world, 1, &configs[1]);
		world_run(&world);
		world_expect_talk(&world, 0, 1);
		attempt_close(&world.sides[0]);
		attempt_close(&world.sides[1]);
	}
}

static void a_server_that_restarts_finds_both_again(void **state)
{
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	world_open(&world, FAKE_HONEST);
	snprintf(code, sizeof(code), "%s", world_host(&world, 0));
	fake_server_close(&world.server);
	world_run_until(&world, 0, MIDAIR_EVENT_SERVER_LOST);
	/* The other one comes while nobody is there. */
	world_join(&world, 1, code);
	world_run_until(&world, 1, MIDAIR_EVENT_SERVER_LOST);
	fake_server_open(&world.server, &world.address, FAKE_HONEST);
	world_run(&world);
	world_expect_talk(&world, 0, 1);
	assert_string_equal(midair_session_code(world.sides[0].session), code);
}

static bool are_same_shares(const struct wire_enter *a, const struct wire_enter *b)
{
	return memcmp(a->share_a, b->share_a, sizeof(a->share_a)) == 0 &&
	       memcmp(a->share_b, b->share_b, sizeof(a->share_b)) == 0;
}

/* By them a server knows who comes back. */
static void who_comes_back_brings_the_same_shares(void **state)
{
	struct wire_enter first;

	(void)state;
	world_open(&world, FAKE_HONEST);
	world_enter(&world, 0, "correct horse battery staple");
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	first = world.server.entered[0];
	for (int i = 0; i < 2; i++) {
		fake_server_close(&world.server);
		world.sides[0].n_events = 0;
		fake_server_open(&world.server, &world.address, FAKE_HONEST);
		world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
		assert_int_equal(world.server.n_entered, 1);
		assert_true(are_same_shares(&first, &world.server.entered[0]));
	}
	world_enter(&world, 1, "correct horse battery staple");
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

/* An exchange is finished once: what was used is not offered again. */
static void after_an_introduction_the_shares_are_new(void **state)
{
	(void)state;
	world_open(&world, FAKE_REFLECTS);
	world_enter(&world, 0, "correct horse battery staple");
	world_run(&world);
	assert_true(world.server.n_entered >= 2);
	for (uint32_t i = 1; i < world.server.n_entered && i < FAKE_ENTERED; i++) {
		const struct wire_enter *before = &world.server.entered[i - 1];
		const struct wire_enter *after = &world.server.entered[i];

		assert_memory_not_equal(before->share_a, after->share_a, WIRE_SHARE_BYTES);
		assert_memory_not_equal(before->share_b, after->share_b, WIRE_SHARE_BYTES);
	}
}

static void the_server_is_not_needed_after_the_introduction(void **state)
{
	(void)state;
	world_open(&world, FAKE_DIES_AFTER_PEER);
	world_join(&world, 0, "7-crossover-clockwork");
	world_join(&world, 1, "7-crossover-clockwork");
	world_run(&world);
	world_expect_talk(&world, 0, 1);
	assert_null(attempt_find(&world.sides[0], MIDAIR_EVENT_SERVER_LOST));
}

static void nobody_comes(void **state)
{
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_HONEST);
	config = world_config(&world, 0);
	config.wait_ms = 300;
	world_pair(&world, 0, &config);
	world_run(&world);
	assert_int_equal(world_result(&world, 0), MIDAIR_E_NO_PEER);
	world_turn(&world, 1000);
	assert_int_equal(world.server.n_left[WIRE_REASON_GAVE_UP], 1);
}

static void a_server_that_is_not_there_or_silent_is_told(void **state)
{
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_SILENT);
	config = world_config(&world, 0);
	config.wait_ms = 300;
	world_pair(&world, 0, &config);
	world_run(&world);
	assert_int_equal(world_result(&world, 0), MIDAIR_E_SERVER);
	fake_server_close(&world.server);
	world_pair(&world, 1, &config);
	world_run(&world);
	assert_int_equal(world_result(&world, 1), MIDAIR_E_SERVER);
	told(1, MIDAIR_EVENT_SERVER_LOST);
}

static void who_gives_up_is_told_of(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	world_join(&world, 0, "7-crossover-clockwork");
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	attempt_close(&world.sides[0]);
	world_turn(&world, 1000);
	assert_int_equal(world.server.n_left[WIRE_REASON_GAVE_UP], 1);
}

static void a_plain_descriptor_comes_with_keys(void **state)
{
	struct midair_pair_config config;
	uint8_t keys[2][32];
	int fds[2];

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int i = 0; i < 2; i++) {
		config = world_config(&world, i);
		config.code = "7-crossover-clockwork";
		config.flags = MIDAIR_PLAIN;
		world_pair(&world, i, &config);
	}
	world_run(&world);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world_result(&world, i), 0);
		assert_int_equal(midair_session_export(world.sides[i].session, "test", keys[i],
						       sizeof(keys[i])),
				 0);
		fds[i] = midair_session_take_fd(world.sides[i].session);
		assert_true(fds[i] >= 0);
	}
	assert_memory_equal(keys[0], keys[1], sizeof(keys[0]));
	close_with_reset(fds[0]);
	close_with_reset(fds[1]);
}

static void without_a_listener_it_works_too(void **state)
{
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (int i = 0; i < 2; i++) {
		config = world_config(&world, i);
		config.code = "7-crossover-clockwork";
		config.flags = i == 0 ? MIDAIR_NO_LISTEN : 0;
		world_pair(&world, i, &config);
	}
	world_run(&world);
	world_expect_talk(&world, 0, 1);
}

static void both_families_of_the_server_are_used(void **state)
{
	struct midair_endpoint servers[2];
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_HONEST);
	if (!has_ipv6())
		skip();
	world_open_again_on_localhost();
	servers[0] = endpoint_of("[::1]:1");
	servers[1] = endpoint_of("127.0.0.1:1");
	for (int i = 0; i < 2; i++) {
		servers[0].port = servers[1].port = world.address.port;
		config = world_config(&world, i);
		config.local = (struct midair_endpoint){0};
		config.servers = servers;
		config.n_servers = 2;
		config.code = "7-crossover-clockwork";
		world_pair(&world, i, &config);
		world_run_until(&world, i, MIDAIR_EVENT_SERVER);
		/* The first one's family is the rendezvous, the other one is asked. */
		assert_int_equal(told(i, MIDAIR_EVENT_SERVER)->remote.family, MIDAIR_IPV6);
	}
	world_run(&world);
	assert_int_equal(world.server.n_asked, 2);
	assert_int_equal(told(1, MIDAIR_EVENT_PEER)->remote.family, MIDAIR_IPV6);
	world_expect_talk(&world, 0, 1);
}

static void the_next_address_is_tried_at_once(void **state)
{
	struct midair_endpoint servers[3];
	struct midair_pair_config config;

	(void)state;
	world_open(&world, FAKE_HONEST);
	servers[0] = own_address(2, world.address.port);
	servers[1] = own_address(3, world.address.port);
	servers[2] = world.address;
	config = world_config(&world, 0);
	config.servers = servers;
	config.n_servers = 3;
	world_pair(&world, 0, &config);
	world_run_until(&world, 0, MIDAIR_EVENT_CODE);
	assert_true(told(0, MIDAIR_EVENT_CODE)->time_ns < 200000000);
	assert_null(attempt_find(&world.sides[0], MIDAIR_EVENT_SERVER_LOST));
}

static void what_cannot_be_is_refused_at_once(void **state)
{
	static const struct {
		const char *code;
		const char *secret;
		uint32_t n_words;
		uint32_t n_servers;
		uint32_t flags;
		int result;
	} rows[] = {
		{"7-crossover-clockwork", "secret", 0, 1, 0, MIDAIR_E_CONFIG},
		{"nonsense", NULL, 0, 1, 0, MIDAIR_E_SYNTAX},
		{"7-xyzzy-clockwork", NULL, 0, 1, 0, MIDAIR_E_RANGE},
		{NULL, "", 0, 1, 0, MIDAIR_E_CONFIG},
		{NULL, NULL, 1, 1, 0, MIDAIR_E_RANGE},
		{NULL, NULL, 9, 1, 0, MIDAIR_E_RANGE},
		{NULL, NULL, 2, 0, 0, MIDAIR_E_CONFIG},
		{NULL, NULL, 2, 9, 0, MIDAIR_E_LIMIT},
		{NULL, NULL, 2, 1, MIDAIR_ONCE, MIDAIR_E_CONFIG},
	};

	(void)state;
	world_open(&world, FAKE_HONEST);
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_session *session = NULL;
		struct midair_pair_config config = world_config(&world, 0);

		config.code = rows[i].code;
		config.secret = rows[i].secret;
		config.secret_size = rows[i].secret != NULL ? strlen(rows[i].secret) : 0;
		config.n_words = rows[i].n_words;
		config.n_servers = rows[i].n_servers;
		config.flags = rows[i].flags;
		if (midair_session_pair(&session, &config) != rows[i].result)
			fail_msg("row %zu", i);
		assert_null(session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_host_and_a_joiner_talk, teardown),
		cmocka_unit_test_teardown(the_joiner_may_come_first, teardown),
		cmocka_unit_test_teardown(a_wrong_code_is_told_to_both_and_spends_the_room,
					  teardown),
		cmocka_unit_test_teardown(two_hosts_wait_in_two_rooms, teardown),
		cmocka_unit_test_teardown(a_third_finds_the_room_taken, teardown),
		cmocka_unit_test_teardown(a_secret_s_room_is_free_again, teardown),
		cmocka_unit_test_teardown(other_secrets_are_other_rooms, teardown),
		cmocka_unit_test_teardown(the_same_port_works_again_at_once, teardown),
		cmocka_unit_test_teardown(a_server_that_restarts_finds_both_again, teardown),
		cmocka_unit_test_teardown(who_comes_back_brings_the_same_shares, teardown),
		cmocka_unit_test_teardown(after_an_introduction_the_shares_are_new, teardown),
		cmocka_unit_test_teardown(the_server_is_not_needed_after_the_introduction,
					  teardown),
		cmocka_unit_test_teardown(nobody_comes, teardown),
		cmocka_unit_test_teardown(a_server_that_is_not_there_or_silent_is_told,
					  teardown),
		cmocka_unit_test_teardown(who_gives_up_is_told_of, teardown),
		cmocka_unit_test_teardown(a_plain_descriptor_comes_with_keys, teardown),
		cmocka_unit_test_teardown(without_a_listener_it_works_too, teardown),
		cmocka_unit_test_teardown(both_families_of_the_server_are_used, teardown),
		cmocka_unit_test_teardown(the_next_address_is_tried_at_once, teardown),
		cmocka_unit_test_teardown(what_cannot_be_is_refused_at_once, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
