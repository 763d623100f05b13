/* SPDX-License-Identifier: MIT */
/* A pairing whose bytes the server forwards: when that is asked for, what the user is told, and that
 * a server which changes or loses bytes breaks the stream, never more. */
#include <errno.h>
#include <string.h>

#include "tests/lib/pair_world.h"

#define CODE "7-crossover-clockwork"

static struct pair_world world;

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static void join_with(int n, uint32_t flags)
{
	struct midair_pair_config config = world_config(&world, n);

	config.code = CODE;
	config.flags = flags;
	world_pair(&world, n, &config);
}

/* A server with a relay, and two sides of which none can dial the other. */
static void join_both(uint32_t flags_a, uint32_t flags_b)
{
	world_open(&world, FAKE_HONEST);
	world.server.has_relay = true;
	join_with(0, flags_a);
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	join_with(1, flags_b);
}

static const struct midair_event *told(int side, enum midair_event_type type)
{
	const struct midair_event *event = attempt_find(&world.sides[side], type);

	if (event == NULL)
		fail_msg("side %d does not say %s", side, midair_event_type_name(type));
	return event;
}

static void expect_relayed(int side, const char *reason)
{
	const struct midair_event *connected = told(side, MIDAIR_EVENT_CONNECTED);

	assert_int_equal(world_result(&world, side), 0);
	assert_string_equal(midair_path_name(connected->path), "relayed");
	assert_true(midair_endpoint_equal(&connected->remote, &world.address));
	assert_string_equal(connected->reason, reason);
	assert_true(connected->round_trip_us > 0);
	assert_string_equal(told(side, MIDAIR_EVENT_RELAY)->reason, reason);
}

static void take_streams(struct midair_stream *streams[2])
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			midair_session_take_stream(world.sides[i].session, &streams[i]), 0);
}

/* One turn of the server and both streams. */
static void turn(struct midair_stream *const streams[2])
{
	struct pollfd fds[FAKE_POLL + 2];
	size_t n = fake_server_poll(&world.server, fds);

	for (int i = 0; i < 2; i++)
		fds[n++] = (struct pollfd){midair_stream_fd(streams[i]),
					   midair_stream_events(streams[i]), 0};
	poll(fds, n, 100);
	fake_server_step(&world.server);
}

/* Until size bytes have come, or the stream has ended. Returns what midair_stream_read() did. */
static int hear(struct midair_stream *const streams[2], int to, char *buffer, size_t size)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	size_t received = 0;
	int result = 0;

	while (received < size && now_ms() < end_ms) {
		size_t n = 0;

		result =
			midair_stream_read(streams[to], buffer + received, size - received, &n);
		received += n;
		if (result != 0 && result != -EAGAIN)
			return result;
		/* a handshake's end may still have to reach the other side */
		midair_stream_flush(streams[1 - to]);
		turn(streams);
	}
	assert_int_equal(received, size);
	return 0;
}

static void say(struct midair_stream *stream, const char *text)
{
	size_t n = 0;

	assert_int_equal(midair_stream_write(stream, text, strlen(text), &n), 0);
	assert_int_equal(n, strlen(text));
	midair_stream_flush(stream);
}

static void free_both(struct midair_stream *streams[2])
{
	for (int i = 0; i < 2; i++)
		streams[i] = midair_stream_free(streams[i]);
}

static void expect_talk(struct midair_stream *const streams[2])
{
	char buffer[8] = "";

	for (int to = 1; to >= 0; to--) {
		say(streams[1 - to], "message");
		assert_int_equal(hear(streams, to, buffer, 7), 0);
		assert_string_equal(buffer, "message");
	}
}

static void a_pair_that_wants_the_relay_alone_gets_it_and_dials_nobody(void **state)
{
	struct midair_stream *streams[2];
	char byte;

	(void)state;
	join_both(MIDAIR_RELAY_ONLY, MIDAIR_RELAY_ONLY);
	world_run(&world);
	for (int i = 0; i < 2; i++) {
		expect_relayed(i, "relay-only");
		assert_null(attempt_find(&world.sides[i], MIDAIR_EVENT_DIAL));
		assert_null(attempt_find(&world.sides[i], MIDAIR_EVENT_CANDIDATE));
	}
	take_streams(streams);
	expect_talk(streams);
	/* each direction ends whole */
	for (int i = 0; i < 2; i++)
		midair_stream_shutdown(streams[i]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(hear(streams, i, &byte, 1), MIDAIR_E_END);
	free_both(streams);
}

static void one_side_that_wants_the_relay_alone_takes_the_other_along(void **state)
{
	struct midair_stream *streams[2];

	(void)state;
	join_both(MIDAIR_RELAY_ONLY, 0);
	world_run(&world);
	expect_relayed(0, "relay-only");
	expect_relayed(1, "peer-asked");
	take_streams(streams);
	expect_talk(streams);
	free_both(streams);
}

/* Nobody listens, and each has another family than the other one's addresses: no SYN leads to the
 * peer, and both find out by waiting. */
static void dials_that_lead_nowhere_lead_to_the_relay_in_time(void **state)
{
	struct midair_stream *streams[2];

	(void)state;
	if (!has_ipv6())
		skip();
	world_open(&world, FAKE_HONEST);
	fake_server_add_ipv6(&world.server);
	world.server.has_relay = true;
	for (int i = 0; i < 2; i++) {
		struct midair_pair_config config = world_config(&world, i);
		struct midair_endpoint server = endpoint_of("[::1]:1");

		server.port = world.address.port;
		config.code = CODE;
		config.flags = MIDAIR_NO_LISTEN;
		if (i == 1) {
			config.servers = &server;
			config.local = endpoint_of("[::1]:1");
			config.local.port = free_port();
		}
		world_pair(&world, i, &config);
		world_run_until(&world, i, MIDAIR_EVENT_PEER_WAIT);
	}
	world_run(&world);
	for (int i = 0; i < 2; i++) {
		const struct midair_event *asked = told(i, MIDAIR_EVENT_RELAY);
		int64_t waited_ns = asked->time_ns - told(i, MIDAIR_EVENT_PEER)->time_ns;

		assert_int_equal(told(i, MIDAIR_EVENT_CONNECTED)->path, MIDAIR_PATH_RELAYED);
		assert_true(waited_ns < 1500000000);
		assert_string_not_equal(asked->reason, "relay-only");
	}
	take_streams(streams);
	expect_talk(streams);
	free_both(streams);
}

static void a_direct_connection_is_taken_before_the_relay(void **state)
{
	(void)state;
	join_both(0, 0);
	world_run(&world);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(told(i, MIDAIR_EVENT_CONNECTED)->path, MIDAIR_PATH_DIRECT);
		assert_null(attempt_find(&world.sides[i], MIDAIR_EVENT_RELAY));
	}
	assert_int_equal(world.server.n_relayed, 0);
	world_expect_talk(&world, 0, 1);
}

static void who_wants_a_direct_way_alone_declines(void **state)
{
	(void)state;
	join_both(MIDAIR_RELAY_ONLY, MIDAIR_DIRECT_ONLY);
	world_run(&world);
	assert_int_equal(world_result(&world, 0), MIDAIR_E_NO_RELAY);
	assert_int_equal(told(0, MIDAIR_EVENT_FAILED)->result, MIDAIR_E_NO_RELAY);
	assert_int_equal(world_result(&world, 1), MIDAIR_E_PEER_LEFT);
	assert_int_equal(world.server.n_relayed, 0);
}

static void a_server_without_a_relay_is_told_at_once(void **state)
{
	(void)state;
	world_open(&world, FAKE_HONEST);
	join_with(0, MIDAIR_RELAY_ONLY);
	world_run(&world);
	assert_int_equal(world_result(&world, 0), MIDAIR_E_NO_RELAY);
}

static void a_server_at_its_limit_is_busy(void **state)
{
	(void)state;
	join_both(MIDAIR_RELAY_ONLY, 0);
	world.server.is_busy = true;
	world_run_until(&world, 0, MIDAIR_EVENT_PEER);
	while (!world.sides[0].is_over)
		assert_true(world_turn(&world, PATIENCE_MS));
	assert_int_equal(world_result(&world, 0), MIDAIR_E_BUSY);
}

/* No dial can be the quicker proof here: both sides have the server's word, or none. */
static void a_hostile_server_reaches_a_wrong_code_and_both_are_told(void **state)
{
	static const enum fake_manner manners[] = {FAKE_FLIPS_A_BIT, FAKE_RETURNS_SEALED,
						   FAKE_SWAPS_SHARES, FAKE_FLOODS,
						   FAKE_LIES_OF_WRONG_CODE};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(manners); i++) {
		if (i > 0)
			world_close(&world);
		join_both(MIDAIR_RELAY_ONLY, MIDAIR_RELAY_ONLY);
		world.server.manner = manners[i];
		world_run(&world);
		for (int side = 0; side < 2; side++)
			if (world_result(&world, side) != MIDAIR_E_WRONG_CODE)
				fail_msg("manner %d, side %d: %s", manners[i], side,
					 midair_result_name(world_result(&world, side)));
		assert_int_equal(world.server.n_relayed, 0);
	}
}

/* What has come is "message" again and again. Returns what ended the reading. */
static int read_messages(struct midair_stream *stream, size_t *n_read)
{
	char byte;
	size_t n;
	int result;

	while ((result = midair_stream_read(stream, &byte, 1, &n)) == 0)
		assert_int_equal(byte, "message"[(*n_read)++ % 7]);
	return result;
}

/* Until one of the two has noticed. A length that was changed takes some more bytes for that. */
static bool is_noticed(struct midair_stream *const streams[2])
{
	size_t n_read[2] = {0, 0};

	for (int i = 0; i < 2000; i++) {
		struct midair_stream *stream = streams[i % 2];
		size_t n;

		if (midair_stream_write(stream, "message", 7, &n) == MIDAIR_E_LOST)
			return true;
		turn(streams);
		if (read_messages(stream, &n_read[i % 2]) == MIDAIR_E_LOST)
			return true;
	}
	return false;
}

/* In the handshake or after it, on its way to A or to B. */
static void a_changed_bit_breaks_the_stream_and_never_reads_as_data(void **state)
{
	(void)state;
	for (uint64_t flip_at = 20; flip_at < 1400; flip_at += 60) {
		struct midair_stream *streams[2];

		join_both(MIDAIR_RELAY_ONLY, MIDAIR_RELAY_ONLY);
		world.server.flip_at = flip_at;
		world_run(&world);
		if (world_result(&world, 0) == 0 && world_result(&world, 1) == 0) {
			take_streams(streams);
			assert_true(is_noticed(streams));
			free_both(streams);
		}
		if (flip_at + 60 < 1400)
			world_close(&world);
	}
}

static void a_server_that_dies_is_a_loss_for_both(void **state)
{
	struct midair_stream *streams[2];
	char byte;

	(void)state;
	join_both(MIDAIR_RELAY_ONLY, MIDAIR_RELAY_ONLY);
	world_run(&world);
	take_streams(streams);
	expect_talk(streams);
	fake_server_close(&world.server);
	for (int i = 0; i < 2; i++)
		assert_int_equal(hear(streams, i, &byte, 1), MIDAIR_E_LOST);
	free_both(streams);
}

static void direct_only_and_relay_only_contradict_each_other(void **state)
{
	struct midair_pair_config config;
	struct midair_session *session = NULL;

	(void)state;
	world_open(&world, FAKE_HONEST);
	config = world_config(&world, 0);
	config.code = CODE;
	config.flags = MIDAIR_DIRECT_ONLY | MIDAIR_RELAY_ONLY;
	assert_int_equal(midair_session_pair(&session, &config), MIDAIR_E_CONFIG);
	assert_null(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_pair_that_wants_the_relay_alone_gets_it_and_dials_nobody, teardown),
		cmocka_unit_test_teardown(
			one_side_that_wants_the_relay_alone_takes_the_other_along, teardown),
		cmocka_unit_test_teardown(dials_that_lead_nowhere_lead_to_the_relay_in_time,
					  teardown),
		cmocka_unit_test_teardown(a_direct_connection_is_taken_before_the_relay,
					  teardown),
		cmocka_unit_test_teardown(who_wants_a_direct_way_alone_declines, teardown),
		cmocka_unit_test_teardown(a_server_without_a_relay_is_told_at_once, teardown),
		cmocka_unit_test_teardown(a_server_at_its_limit_is_busy, teardown),
		cmocka_unit_test_teardown(
			a_hostile_server_reaches_a_wrong_code_and_both_are_told, teardown),
		cmocka_unit_test_teardown(
			a_changed_bit_breaks_the_stream_and_never_reads_as_data, teardown),
		cmocka_unit_test_teardown(a_server_that_dies_is_a_loss_for_both, teardown),
		cmocka_unit_test_teardown(direct_only_and_relay_only_contradict_each_other,
					  teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
