/* SPDX-License-Identifier: MIT */
#include "tests/lib/pair_world.h"

#include <errno.h>
#include <string.h>

static size_t n_descriptors;

void world_open(struct pair_world *world, enum fake_manner manner)
{
	memset(world, 0, sizeof(*world));
	n_descriptors = count_descriptors();
	world->address = own_address(1, free_port());
	fake_server_open(&world->server, &world->address, manner);
}

void world_close(struct pair_world *world)
{
	for (int i = 0; i < SIDES; i++)
		if (world->sides[i].session != NULL)
			attempt_close(&world->sides[i]);
	fake_server_close(&world->server);
	assert_int_equal(count_descriptors(), n_descriptors);
}

struct midair_pair_config world_config(const struct pair_world *world, int n)
{
	return (struct midair_pair_config){
		.size = sizeof(struct midair_pair_config),
		.servers = &world->address,
		.n_servers = 1,
		.local = own_address((uint8_t)(10 + n), 0),
		.wait_ms = 15000,
		.timeout_ms = 5000,
	};
}

void world_pair(struct pair_world *world, int n, const struct midair_pair_config *config)
{
	struct attempt *side = &world->sides[n];
	int result;

	memset(side, 0, sizeof(*side));
	result = midair_session_pair(&side->session, config);
	if (result != 0)
		fail_msg("midair_session_pair: %s", midair_strerror(result));
}

void world_join(struct pair_world *world, int n, const char *code)
{
	struct midair_pair_config config = world_config(world, n);

	config.code = code;
	world_pair(world, n, &config);
}

void world_enter(struct pair_world *world, int n, const char *secret)
{
	struct midair_pair_config config = world_config(world, n);

	config.secret = secret;
	config.secret_size = strlen(secret);
	world_pair(world, n, &config);
}

const char *world_host(struct pair_world *world, int n)
{
	struct midair_pair_config config = world_config(world, n);

	world_pair(world, n, &config);
	assert_string_equal(midair_session_code(world->sides[n].session), "");
	world_run_until(world, n, MIDAIR_EVENT_CODE);
	return midair_session_code(world->sides[n].session);
}

static bool is_open(const struct attempt *side)
{
	return side->session != NULL && !side->is_over;
}

bool world_turn(struct pair_world *world, int timeout_ms)
{
	struct pollfd fds[SIDES + FAKE_POLL];
	size_t n;

	for (int i = 0; i < SIDES; i++)
		fds[i] = (struct pollfd){
			.fd = is_open(&world->sides[i])
				      ? midair_session_fd(world->sides[i].session)
				      : -1,
			.events = POLLIN,
		};
	n = fake_server_poll(&world->server, fds + SIDES);
	if (poll(fds, SIDES + n, timeout_ms) <= 0)
		return false;
	for (int i = 0; i < SIDES; i++)
		if (fds[i].revents != 0)
			attempt_step(&world->sides[i]);
	fake_server_step(&world->server);
	return true;
}

void world_run_until(struct pair_world *world, int n, enum midair_event_type type)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	const struct attempt *side = &world->sides[n];

	while (attempt_find(side, type) == NULL) {
		if (side->is_over)
			fail_msg("side %d is over: %s", n,
				 midair_result_name(side->end.result));
		if (now_ms() > end_ms || !world_turn(world, PATIENCE_MS))
			fail_msg("side %d does not say %s", n, midair_event_type_name(type));
	}
}

void world_run(struct pair_world *world)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	for (int i = 0; i < SIDES; i++)
		while (is_open(&world->sides[i]))
			if (now_ms() > end_ms || !world_turn(world, PATIENCE_MS))
				fail_msg("side %d is not over", i);
}

int world_result(const struct pair_world *world, int n)
{
	const struct attempt *side = &world->sides[n];

	assert_true(side->is_over);
	return side->end.type == MIDAIR_EVENT_CONNECTED ? 0 : side->end.result;
}

static void send_line(struct midair_stream *from, struct midair_stream *to, const char *text)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	char buffer[64];
	size_t sent = 0;
	size_t received = 0;

	while (received < strlen(text) && now_ms() < end_ms) {
		struct pollfd fds[2];
		size_t n = 0;

		if (sent < strlen(text) &&
		    midair_stream_write(from, text + sent, strlen(text) - sent, &n) == 0)
			sent += n;
		midair_stream_flush(from);
		if (midair_stream_read(to, buffer + received, sizeof(buffer) - received, &n) ==
		    0)
			received += n;
		/* A handshake's end may still have to reach the writer. */
		if (sent < strlen(text))
			midair_stream_read(from, buffer + 60, 1, &n);
		fds[0] = (struct pollfd){midair_stream_fd(from), midair_stream_events(from), 0};
		fds[1] = (struct pollfd){midair_stream_fd(to), midair_stream_events(to), 0};
		if (received < strlen(text))
			poll(fds, 2, 1000);
	}
	assert_int_equal(received, strlen(text));
	assert_memory_equal(buffer, text, strlen(text));
}

void world_expect_talk(struct pair_world *world, int a, int b)
{
	struct midair_stream *streams[2] = {NULL, NULL};

	assert_int_equal(world_result(world, a), 0);
	assert_int_equal(world_result(world, b), 0);
	assert_int_equal(midair_session_take_stream(world->sides[a].session, &streams[0]), 0);
	assert_int_equal(midair_session_take_stream(world->sides[b].session, &streams[1]), 0);
	send_line(streams[0], streams[1], "from the first to the second");
	send_line(streams[1], streams[0], "and back");
	midair_stream_free(streams[0]);
	midair_stream_free(streams[1]);
}
