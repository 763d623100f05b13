/* SPDX-License-Identifier: MIT */
/* Meetings with a secret, over real sockets: who is not the peer. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/secret_rig.h"

static void with_another_secret_both_are_told_and_soon(void **state)
{
	uint64_t begin_ms = now_ms();
	struct attempt both[2];

	(void)state;
	secret_open_both(both, 0, secret_other_key);
	attempts_run(both, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(both[i].end.type, MIDAIR_EVENT_FAILED);
		assert_int_equal(both[i].end.result, MIDAIR_E_AUTHENTICATION);
		assert_int_equal(secret_count_events(&both[i], MIDAIR_EVENT_UNPROVEN,
						     MIDAIR_E_AUTHENTICATION),
				 3);
		assert_int_equal(midair_session_take_fd(both[i].session), -EBADF);
	}
	assert_true(now_ms() - begin_ms < 5000);
	secret_close_both(both);
}

/* The side without a secret takes whoever comes; the other one must end with a reason. */
static void a_side_without_a_secret_is_not_the_peer(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = secret_config(&a, &b, 0, secret_key);
	struct midair_config second = config_for(&b, &a, 0);
	struct attempt both[2];
	char greeting[4];
	int fd;

	(void)state;
	first.timeout_ms = 1500;
	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
	attempts_run(&both[1], 1);
	assert_int_equal(both[1].end.type, MIDAIR_EVENT_CONNECTED);
	fd = midair_session_take_fd(both[1].session);
	while (!wait_for(fd, POLLIN, 0)) {
		assert_true(wait_for(midair_session_fd(both[0].session), POLLIN, PATIENCE_MS));
		attempt_step(&both[0]);
	}
	assert_int_equal(read(fd, greeting, sizeof(greeting)), sizeof(greeting));
	assert_memory_equal(greeting, "meet", 4);
	/* it is neither told the secret nor taken for the peer, whatever it says */
	assert_int_equal(send(fd, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL), 16);
	attempts_run(&both[0], 1);
	assert_int_equal(both[0].end.result, MIDAIR_E_AUTHENTICATION);
	assert_int_equal(
		secret_count_events(&both[0], MIDAIR_EVENT_UNPROVEN, MIDAIR_E_PROTOCOL), 1);
	close(fd);
	secret_close_both(both);
}

static void a_silent_side_is_given_up_in_time(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = secret_config(&a, &b, 0, secret_key);
	struct attempt attempt;
	uint64_t begin_ms = now_ms();
	int listener = plain_listener(&b);

	(void)state;
	config.timeout_ms = 20000;
	attempt_open(&attempt, &config);
	attempt_run_until(&attempt, MIDAIR_EVENT_UNPROVEN);
	assert_int_equal(attempt_find(&attempt, MIDAIR_EVENT_UNPROVEN)->result, -ETIMEDOUT);
	assert_in_range(now_ms() - begin_ms, 4900, 9000);
	close(listener);
	attempt_close(&attempt);
}

/* Runs the session until something can be read from fd, or its end. */
static void run_until_readable(struct attempt *attempt, int fd)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	while (!wait_for(fd, POLLIN, 0)) {
		assert_true(now_ms() < end_ms);
		if (wait_for(midair_session_fd(attempt->session), POLLIN, 20))
			attempt_step(attempt);
	}
}

static void strangers_come_first_and_the_peer_is_met(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_endpoint elsewhere = own_address(3, 0);
	struct midair_endpoint beside = own_address(2, 0);
	struct midair_config first = secret_config(&a, &b, MIDAIR_ANY_PORT, secret_key);
	struct midair_config second = secret_config(&b, &a, 0, secret_key);
	struct midair_stream *streams[2];
	struct attempt both[2];
	int fds[40];

	(void)state;
	attempt_open(&both[0], &first);
	/* more from the peer's own address than there are places, all of them silent */
	for (size_t i = 0; i < N_ITEMS(fds); i++) {
		fds[i] = plain_socket(i % 8 == 0 ? &elsewhere : &beside);
		assert_int_equal(plain_connect(fds[i], &a), 0);
	}
	run_until_readable(&both[0], fds[N_ITEMS(fds) - 1]);
	assert_non_null(attempt_find(&both[0], MIDAIR_EVENT_STRANGER));
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	secret_check_same(both);
	secret_take_streams(both, streams);
	secret_check_streams(streams);
	for (size_t i = 0; i < N_ITEMS(fds); i++)
		close(fds[i]);
}

/* Answers one connection with what a server of another kind says. */
static void foreign_answer(const void *bytes, size_t size, int expected)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = secret_config(&a, &b, 0, secret_key);
	struct attempt attempt;
	int listener = plain_listener(&b);
	char greeting[90];
	int fd;

	attempt_open(&attempt, &config);
	run_until_readable(&attempt, listener);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	run_until_readable(&attempt, fd);
	assert_int_equal(recv(fd, greeting, sizeof(greeting), MSG_WAITALL), sizeof(greeting));
	if (bytes == NULL)
		assert_int_equal(send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL), 90);
	else
		assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
	attempt_run_until(&attempt, MIDAIR_EVENT_UNPROVEN);
	assert_int_equal(attempt_find(&attempt, MIDAIR_EVENT_UNPROVEN)->result, expected);
	/* not another byte, and the end */
	run_until_readable(&attempt, fd);
	assert_int_equal(recv(fd, greeting, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_false(attempt.is_over);
	close(fd);
	close(listener);
	attempt_close(&attempt);
}

static void foreign_servers_are_recognised(void **state)
{
	uint8_t newer[90] = {'m', 'e', 'e', 't', 2, 3};

	(void)state;
	foreign_answer("HTTP/1.1 400 Bad Request\r\n\r\n", 28, MIDAIR_E_PROTOCOL);
	foreign_answer("S", 1, MIDAIR_E_PROTOCOL);
	foreign_answer(newer, sizeof(newer), MIDAIR_E_VERSION);
}

static void our_own_greeting_is_not_the_peers(void **state)
{
	(void)state;
	foreign_answer(NULL, 0, MIDAIR_E_SELF);
}

static void a_share_that_is_no_point_is_refused(void **state)
{
	uint8_t bytes[90] = {'m', 'e', 'e', 't', 1, 1};

	(void)state;
	bytes[24] = bytes[57] = 2;
	memset(bytes + 25, 0xff, 32);
	memset(bytes + 58, 0xff, 32);
	foreign_answer(bytes, sizeof(bytes), MIDAIR_E_PROTOCOL);
}

static void a_connection_to_ourselves_is_refused(void **state)
{
	struct midair_endpoint here = own_address(1, 11000);
	struct midair_endpoint any = {.port = free_port()};
	struct midair_endpoint local = own_address(9, any.port);
	struct midair_config first = secret_config(&here, &here, 0, secret_key);
	struct midair_config second = secret_config(&any, &local, 0, secret_key);
	const struct midair_config *configs[] = {&first, &second};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(configs); i++) {
		struct attempt attempt;

		attempt_open(&attempt, configs[i]);
		attempts_run(&attempt, 1);
		assert_int_equal(attempt.end.result, MIDAIR_E_SELF);
		attempt_close(&attempt);
	}
}

static void plain_and_encrypted_do_not_meet(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = secret_config(&a, &b, MIDAIR_PLAIN, secret_key);
	struct midair_config second = secret_config(&b, &a, 0, secret_key);
	struct attempt both[2];

	(void)state;
	first.timeout_ms = second.timeout_ms = 400;
	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(both[i].end.result, MIDAIR_E_AUTHENTICATION);
	assert_true(secret_count_events(&both[0], MIDAIR_EVENT_UNPROVEN, MIDAIR_E_CONFIG) > 0 ||
		    secret_count_events(&both[1], MIDAIR_EVENT_UNPROVEN, MIDAIR_E_CONFIG) > 0);
	secret_close_both(both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_another_secret_both_are_told_and_soon),
		cmocka_unit_test(a_side_without_a_secret_is_not_the_peer),
		cmocka_unit_test(a_silent_side_is_given_up_in_time),
		cmocka_unit_test(strangers_come_first_and_the_peer_is_met),
		cmocka_unit_test(foreign_servers_are_recognised),
		cmocka_unit_test(our_own_greeting_is_not_the_peers),
		cmocka_unit_test(a_share_that_is_no_point_is_refused),
		cmocka_unit_test(a_connection_to_ourselves_is_refused),
		cmocka_unit_test(plain_and_encrypted_do_not_meet),
	};

	return cmocka_run_group_tests(tests, secret_make_keys, NULL);
}
