/* SPDX-License-Identifier: MIT */
/* Meetings with a secret, over real sockets, of two that have the same one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/secret_rig.h"

static void meet(const char *secret)
{
	struct midair_stream *streams[2];
	struct attempt both[2];

	secret_open_both(both, 0, secret);
	attempts_run(both, 2);
	secret_check_same(both);
	secret_take_streams(both, streams);
	secret_check_streams(streams);
}

static void two_with_one_secret_meet(void **state)
{
	size_t n_before = count_descriptors();

	(void)state;
	for (int i = 0; i < 30; i++)
		meet(secret_key);
	assert_int_equal(count_descriptors(), n_before);
}

static void what_people_choose_is_a_secret_too(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = secret_config(&a, &b, 0, "our first summer");
	struct midair_config second = secret_config(&b, &a, 0, "our first summer");
	struct midair_stream *streams[2];
	struct attempt both[2];

	(void)state;
	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	secret_check_same(both);
	secret_take_streams(both, streams);
	secret_check_streams(streams);
}

static void what_is_not_taken_goes_with_the_session(void **state)
{
	const uint32_t flags[] = {0, MIDAIR_PLAIN};
	size_t n_before = count_descriptors();

	(void)state;
	for (size_t i = 0; i < N_ITEMS(flags); i++) {
		struct attempt both[2];

		secret_open_both(both, flags[i], secret_key);
		attempts_run(both, 2);
		secret_check_same(both);
		secret_close_both(both);
	}
	assert_int_equal(count_descriptors(), n_before);
}

/* Every pair of addresses is a connection of its own, and all of them land. */
static void of_many_connections_both_take_the_same(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct midair_endpoint a = {.port = free_port()};
		struct midair_endpoint b = {.port = free_port()};
		struct midair_endpoint to_a[3] = {endpoint_of("127.0.0.1:1"), own_address(2, 0),
						  own_address(3, 0)};
		struct midair_endpoint to_b[3];
		struct midair_config first = secret_config(&a, to_b, 0, secret_key);
		struct midair_config second = secret_config(&b, to_a, 0, secret_key);
		struct midair_stream *streams[2];
		struct attempt both[2];

		memcpy(to_b, to_a, sizeof(to_a));
		for (int i = 0; i < 3; i++) {
			to_a[i].port = a.port;
			to_b[i].port = b.port;
		}
		first.n_peers = second.n_peers = 3;
		if (round % 2 == 1)
			first.flags = second.flags = MIDAIR_PLAIN;
		attempt_open(&both[0], &first);
		attempt_open(&both[1], &second);
		attempts_run(both, 2);
		secret_check_same(both);
		if (round % 2 == 0) {
			secret_take_streams(both, streams);
			secret_check_streams(streams);
		} else {
			secret_close_both(both);
		}
	}
}

static void plain_descriptors_come_with_keys(void **state)
{
	uint8_t keys[2][64] = {{0}, {1}};
	uint8_t others[64];
	struct midair_stream *stream = NULL;
	struct attempt both[2];
	int fds[2];

	(void)state;
	secret_open_both(both, MIDAIR_PLAIN, secret_key);
	for (int i = 0; i < 2; i++)
		assert_int_equal(midair_session_export(both[i].session, "k", keys[i], 64),
				 MIDAIR_E_STATE);
	attempts_run(both, 2);
	secret_check_same(both);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(midair_session_take_stream(both[i].session, &stream), -EBADF);
		assert_int_equal(midair_session_export(both[i].session, "k", keys[i], 64), 0);
		assert_int_equal(midair_session_export(both[i].session, "l", others, 64), 0);
		assert_memory_not_equal(keys[i], others, 64);
		fds[i] = midair_session_take_fd(both[i].session);
		assert_true(fds[i] >= 0);
	}
	assert_memory_equal(keys[0], keys[1], 64);
	secret_close_both(both);
	/* the handshake has left nothing behind, and taken nothing away */
	for (int i = 0; i < 2; i++) {
		char buffer[16] = {0};

		assert_int_equal(send(fds[i], "plain bytes", 11, MSG_NOSIGNAL), 11);
		assert_true(wait_for(fds[1 - i], POLLIN, PATIENCE_MS));
		assert_int_equal(read(fds[1 - i], buffer, sizeof(buffer)), 11);
		assert_string_equal(buffer, "plain bytes");
	}
	close(fds[0]);
	close(fds[1]);
}

/* Stands between two sessions and carries their bytes. */
struct middle {
	int listener;
	int fds[2]; /* towards the one that dials, and towards a */
	size_t n_bytes[2];
	uint32_t n_carried; /* connections */
};

static void middle_accept(struct middle *middle, const struct midair_endpoint *a)
{
	struct midair_endpoint from = own_address(5, 0);

	if (middle->fds[0] >= 0 || !wait_for(middle->listener, POLLIN, 0))
		return;
	middle->fds[0] = accept(middle->listener, NULL, NULL);
	middle->fds[1] = plain_socket(&from);
	assert_int_equal(plain_connect(middle->fds[1], a), 0);
	middle->n_bytes[0] = middle->n_bytes[1] = 0;
	middle->n_carried++;
}

static void middle_cut(struct middle *middle)
{
	for (int i = 0; i < 2; i++) {
		if (middle->fds[i] >= 0)
			close_with_reset(middle->fds[i]);
		middle->fds[i] = -1;
	}
}

/* The first connection is cut when as much has come from one side. */
static void middle_carry(struct middle *middle, int cut_side, size_t cut_bytes)
{
	for (int i = 0; i < 2 && middle->fds[0] >= 0; i++) {
		char buffer[4096];
		ssize_t n = recv(middle->fds[i], buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			continue;
		if (n > 0)
			middle->n_bytes[i] += (size_t)n;
		if (n <= 0 || (middle->n_carried == 1 && middle->n_bytes[cut_side] > cut_bytes))
			middle_cut(middle);
		else if (send(middle->fds[1 - i], buffer, (size_t)n, MSG_NOSIGNAL) != n)
			middle_cut(middle);
	}
}

/* Whoever is role A may have answered the connection that is cut, and must answer the next. */
static void with_plain_a_connection_cut_in_its_handshake_is_made_up_for(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_endpoint front = own_address(5, 13000);
	struct midair_endpoint nobody = own_address(5, 9);

	(void)state;
	for (int round = 0; round < 16; round++) {
		struct midair_config first =
			secret_config(&a, &nobody, MIDAIR_PLAIN | MIDAIR_ANY_PORT, secret_key);
		struct midair_config second =
			secret_config(&b, &front, MIDAIR_PLAIN, secret_key);
		struct middle middle = {
			.listener = plain_listener(&front),
			.fds = {-1, -1},
		};
		uint64_t end_ms = now_ms() + PATIENCE_MS;
		struct attempt both[2];

		attempt_open(&both[0], &first);
		attempt_open(&both[1], &second);
		while (!both[0].is_over || !both[1].is_over) {
			assert_true(now_ms() < end_ms);
			middle_accept(&middle, &a);
			/* after the greeting, or after the first flight */
			middle_carry(&middle, round % 2, round % 4 < 2 ? 80 : 100);
			for (int i = 0; i < 2; i++)
				if (!both[i].is_over &&
				    wait_for(midair_session_fd(both[i].session), POLLIN, 1))
					attempt_step(&both[i]);
		}
		for (int i = 0; i < 2; i++)
			assert_int_equal(both[i].end.type, MIDAIR_EVENT_CONNECTED);
		assert_true(middle.n_carried > 1);
		middle_cut(&middle);
		close(middle.listener);
		secret_close_both(both);
	}
}

/* Role A may speak half a round trip before role B has finished its handshake. */
static void what_role_a_says_at_once_arrives(void **state)
{
	struct midair_stream *early = NULL;
	struct midair_stream *late = NULL;
	struct attempt both[2];
	int a = 0;

	(void)state;
	secret_open_both(both, 0, secret_key);
	while (!both[0].is_over && !both[1].is_over) {
		for (int i = 0; i < 2 && !both[0].is_over && !both[1].is_over; i++)
			if (wait_for(midair_session_fd(both[i].session), POLLIN, 1))
				attempt_step(&both[i]);
	}
	a = both[0].is_over ? 0 : 1;
	assert_int_equal(both[a].end.type, MIDAIR_EVENT_CONNECTED);
	assert_int_equal(midair_session_take_stream(both[a].session, &early), 0);
	secret_say(early, "first word");
	attempts_run(&both[1 - a], 1);
	assert_int_equal(midair_session_take_stream(both[1 - a].session, &late), 0);
	secret_hear(late, "first word");
	secret_say(late, "second word");
	secret_hear(early, "second word");
	midair_stream_free(early);
	midair_stream_free(late);
	secret_close_both(both);
}

static void before_its_instant_a_side_takes_the_peer_that_comes(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = secret_config(&a, &b, 0, secret_key);
	struct midair_config second = secret_config(&b, &a, 0, secret_key);
	struct attempt both[2];

	(void)state;
	clock_gettime(CLOCK_REALTIME, &first.start);
	first.start.tv_sec += 3600;
	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	secret_check_same(both);
	secret_close_both(both);
}

static void the_blocking_call_hands_out_plain_descriptors_only(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = secret_config(&a, &b, 0, secret_key);
	int fd = 77;

	(void)state;
	assert_int_equal(midair_meet(&config, &fd, NULL), MIDAIR_E_CONFIG);
	assert_int_equal(fd, 77);
	config.flags = MIDAIR_PLAIN | MIDAIR_ONCE;
	assert_int_equal(midair_meet(&config, &fd, NULL), MIDAIR_E_REFUSED);
}

static void secrets_that_cannot_be_are_refused(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = secret_config(&a, &b, 0, "");
	struct midair_session *session = NULL;
	static char long_secret[MIDAIR_SECRET_MAX + 1];

	(void)state;
	memset(long_secret, 'x', sizeof(long_secret));
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_CONFIG);
	config.secret = long_secret;
	config.secret_size = sizeof(long_secret);
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_LIMIT);
	config.secret_size--;
	assert_int_equal(midair_session_new(&session, &config), 0);
	midair_session_free(session);
	config.secret = NULL;
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_CONFIG);
	config.secret_size = 0;
	config.flags = MIDAIR_PLAIN;
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_with_one_secret_meet),
		cmocka_unit_test(what_people_choose_is_a_secret_too),
		cmocka_unit_test(what_is_not_taken_goes_with_the_session),
		cmocka_unit_test(of_many_connections_both_take_the_same),
		cmocka_unit_test(plain_descriptors_come_with_keys),
		cmocka_unit_test(with_plain_a_connection_cut_in_its_handshake_is_made_up_for),
		cmocka_unit_test(what_role_a_says_at_once_arrives),
		cmocka_unit_test(before_its_instant_a_side_takes_the_peer_that_comes),
		cmocka_unit_test(the_blocking_call_hands_out_plain_descriptors_only),
		cmocka_unit_test(secrets_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, secret_make_keys, NULL);
}
