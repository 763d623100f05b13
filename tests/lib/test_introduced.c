/* SPDX-License-Identifier: MIT */
/*
 * What a pairing builds on, over real sockets: sessions that hold their port before anybody is
 * named, are introduced later, and believe proofs only. The pairing here is the test itself.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/session_internal.h"
#include "os/clock.h"
#include "tests/lib/secret_rig.h"

#define TIMEOUT_NS UINT64_C(10000000000)

static const uint8_t psk[TLS_PSK_BYTES] = {1, 2, 3};
static const uint8_t other_psk[TLS_PSK_BYTES] = {1, 2, 4};

/* Open, with an address of its own and the kernel's choice of port; tells it. */
static struct midair_endpoint open_one(struct attempt *attempt, uint8_t n, uint32_t flags)
{
	const struct session_opening opening = {
		.local = own_address(n, 0),
		.is_family_wanted = {[HOLDER_IPV4] = true},
		.flags = flags,
	};

	memset(attempt, 0, sizeof(*attempt));
	assert_int_equal(session_open_unstarted(&attempt->session, &opening), 0);
	assert_int_not_equal(attempt->session->local[HOLDER_IPV4].port, 0);
	return attempt->session->local[HOLDER_IPV4];
}

static void introduce(struct attempt *attempt, const struct midair_endpoint *peer,
		      bool is_server, const uint8_t key[TLS_PSK_BYTES])
{
	session_add_candidate(attempt->session, peer);
	assert_int_equal(
		session_start_authenticated(attempt->session, is_server, key, TIMEOUT_NS), 0);
}

/* As long as there is something to do. */
static void settle(struct attempt *attempt)
{
	while (wait_for(midair_session_fd(attempt->session), POLLIN, 20))
		attempt_step(attempt);
}

static void check_met(struct attempt both[2])
{
	struct midair_stream *streams[2];

	attempts_run(both, 2);
	secret_check_same(both);
	secret_take_streams(both, streams);
	secret_check_streams(streams);
}

static void two_that_are_introduced_meet(void **state)
{
	size_t n_before = count_descriptors();

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct attempt both[2];
		struct midair_endpoint a = open_one(&both[0], 1, 0);
		struct midair_endpoint b = open_one(&both[1], 2, 0);

		introduce(&both[round % 2], round % 2 == 0 ? &b : &a, round % 3 == 0, psk);
		introduce(&both[1 - round % 2], round % 2 == 0 ? &a : &b, round % 3 != 0, psk);
		check_met(both);
	}
	assert_int_equal(count_descriptors(), n_before);
}

/* The peer was introduced earlier, and dials us while we have neither its name nor a key. */
static void who_comes_before_the_introduction_is_held(void **state)
{
	(void)state;
	for (int is_server = 0; is_server < 2; is_server++) {
		struct attempt both[2];
		struct midair_endpoint a = open_one(&both[0], 1, 0);
		struct midair_endpoint b = open_one(&both[1], 2, 0);

		settle(&both[0]);
		introduce(&both[1], &a, is_server == 1, psk);
		settle(&both[1]);
		settle(&both[0]);
		assert_non_null(attempt_find(&both[0], MIDAIR_EVENT_LANDED));
		assert_null(attempt_find(&both[0], MIDAIR_EVENT_UNPROVEN));
		introduce(&both[0], &b, is_server == 0, psk);
		check_met(both);
	}
}

static void a_crowd_before_the_introduction_keeps_nobody_out(void **state)
{
	struct attempt both[2];
	struct midair_endpoint a = open_one(&both[0], 1, 0);
	struct midair_endpoint b = open_one(&both[1], 2, 0);
	struct midair_endpoint elsewhere = own_address(3, 0);
	int fds[100];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(fds); i++) {
		fds[i] = plain_socket(&elsewhere);
		assert_int_equal(plain_connect(fds[i], &a), 0);
		/* the last ones do not even wait for the others to be dropped */
		if (i < 80)
			settle(&both[0]);
	}
	introduce(&both[1], &a, false, psk);
	settle(&both[1]);
	introduce(&both[0], &b, true, psk);
	check_met(both);
	for (size_t i = 0; i < N_ITEMS(fds); i++)
		close(fds[i]);
}

static void a_later_address_is_the_one(void **state)
{
	struct attempt both[2];
	struct midair_endpoint a = open_one(&both[0], 1, 0);
	struct midair_endpoint b = open_one(&both[1], 2, MIDAIR_NO_LISTEN);
	struct midair_endpoint nobody = own_address(4, 9);

	(void)state;
	introduce(&both[0], &nobody, true, psk);
	introduce(&both[1], &nobody, false, psk);
	attempt_run_until(&both[0], MIDAIR_EVENT_REFUSED);
	assert_null(attempt_find(&both[0], MIDAIR_EVENT_CANDIDATE));
	session_add_candidate(both[0].session, &b);
	session_add_candidate(both[0].session, &b);
	session_add_candidate(both[1].session, &a);
	attempts_run(both, 2);
	secret_check_same(both);
	assert_int_equal(secret_count_events(&both[0], MIDAIR_EVENT_CANDIDATE, 0), 1);
	secret_close_both(both);
}

/* A hello of role B's, as somebody has recorded it. */
static size_t record_hello(uint8_t hello[4096])
{
	struct tls_config config = {0};
	struct tls *author = NULL;
	const uint8_t *bytes;
	size_t size;

	memcpy(config.psk, psk, sizeof(config.psk));
	config.is_handshake_only = true;
	assert_int_equal(tls_new(&author, &config), 0);
	bytes = tls_output(author, &size);
	assert_in_range(size, 1, 4096);
	memcpy(hello, bytes, size);
	tls_free(author);
	return size;
}

/* They come first, and the true one waits for none of them to be given up. */
static void who_repeats_a_hello_does_not_win(void **state)
{
	static const uint32_t kinds[] = {0, MIDAIR_PLAIN};
	struct midair_endpoint elsewhere = own_address(3, 0);
	uint8_t hello[4096];
	size_t size = record_hello(hello);

	(void)state;
	for (size_t kind = 0; kind < N_ITEMS(kinds); kind++) {
		struct attempt both[2];
		struct midair_endpoint a = open_one(&both[0], 1, kinds[kind]);
		struct midair_endpoint b = open_one(&both[1], 2, kinds[kind]);
		uint64_t start_ms = now_ms();
		int fds[5];

		introduce(&both[0], &b, true, psk);
		for (size_t i = 0; i < N_ITEMS(fds); i++) {
			fds[i] = plain_socket(&elsewhere);
			assert_int_equal(plain_connect(fds[i], &a), 0);
			assert_int_equal(send(fds[i], hello, size, MSG_NOSIGNAL), size);
			settle(&both[0]);
		}
		assert_false(both[0].is_over);
		introduce(&both[1], &a, false, psk);
		attempts_run(both, 2);
		secret_check_same(both);
		assert_true(now_ms() - start_ms < 3000);
		if (kinds[kind] == MIDAIR_PLAIN) {
			secret_close_both(both);
		} else {
			struct midair_stream *streams[2];

			secret_take_streams(both, streams);
			secret_check_streams(streams);
		}
		for (size_t i = 0; i < N_ITEMS(fds); i++)
			close(fds[i]);
	}
}

static void with_another_key_nobody_is_the_peer(void **state)
{
	struct attempt both[2];
	struct midair_endpoint a = open_one(&both[0], 1, 0);
	struct midair_endpoint b = open_one(&both[1], 2, 0);

	(void)state;
	introduce(&both[0], &b, true, psk);
	introduce(&both[1], &a, false, other_psk);
	both[0].session->core.config.timeout_ns = both[1].session->core.config.timeout_ns =
		700000000;
	attempts_run(both, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(both[i].end.result, MIDAIR_E_TIMEOUT);
		assert_non_null(attempt_find(&both[i], MIDAIR_EVENT_UNPROVEN));
	}
	secret_close_both(both);
}

/* Two of one role are both clients or both servers: neither proves anything to the other. */
static void two_of_one_role_do_not_meet(void **state)
{
	(void)state;
	for (int is_server = 0; is_server < 2; is_server++) {
		struct attempt both[2];
		struct midair_endpoint a = open_one(&both[0], 1, 0);
		struct midair_endpoint b = open_one(&both[1], 2, 0);

		introduce(&both[0], &b, is_server, psk);
		introduce(&both[1], &a, is_server, psk);
		both[0].session->core.config.timeout_ns =
			both[1].session->core.config.timeout_ns = 300000000;
		attempts_run(both, 2);
		assert_int_equal(both[0].end.type, MIDAIR_EVENT_FAILED);
		assert_int_equal(both[1].end.type, MIDAIR_EVENT_FAILED);
		secret_close_both(both);
	}
}

static void the_pairing_can_end_the_session(void **state)
{
	(void)state;
	for (int is_started = 0; is_started < 2; is_started++) {
		struct attempt attempt;
		struct midair_endpoint nobody = own_address(4, 9);

		open_one(&attempt, 1, 0);
		if (is_started)
			introduce(&attempt, &nobody, true, psk);
		session_fail_with(attempt.session, MIDAIR_E_PEER_LEFT);
		session_fail_with(attempt.session, MIDAIR_E_WRONG_CODE);
		attempts_run(&attempt, 1);
		assert_int_equal(attempt.end.result, MIDAIR_E_PEER_LEFT);
		assert_true(attempt.end.time_ns >= 0);
		assert_int_equal(session_start_authenticated(attempt.session, true, psk,
							     TIMEOUT_NS),
				 MIDAIR_E_STATE);
		attempt_close(&attempt);
	}
}

static void one_port_number_serves_both_families(void **state)
{
	const struct session_opening opening = {.is_family_wanted = {true, true}};

	(void)state;
	if (!has_ipv6())
		skip();
	for (int i = 0; i < 20; i++) {
		struct midair_session *session = NULL;

		assert_int_equal(session_open_unstarted(&session, &opening), 0);
		assert_int_not_equal(session->local[HOLDER_IPV4].port, 0);
		assert_int_equal(session->local[HOLDER_IPV4].port,
				 session->local[HOLDER_IPV6].port);
		midair_session_free(session);
	}
}

/* ---- the pairing's calls -------------------------------------------------------------------- */

struct pairing {
	int pipe[2];
	uint64_t deadline_ns;
	uint32_t n_ready, n_times, n_overs, n_frees;
};

static void on_descriptor(struct midair_session *session, uint32_t tag)
{
	char byte;

	assert_int_equal(tag, 3);
	assert_int_equal(read(session->pairing->pipe[0], &byte, 1), 1);
	session->pairing->n_ready++;
	session->pairing->deadline_ns = clock_now_ns() + 30000000;
}

static uint64_t deadline(const struct midair_session *session)
{
	return session->pairing->deadline_ns;
}

static void on_time(struct midair_session *session)
{
	assert_true(clock_now_ns() >= session->pairing->deadline_ns);
	session->pairing->deadline_ns = UINT64_MAX;
	session->pairing->n_times++;
	session_fail_with(session, MIDAIR_E_NO_PEER);
}

static void on_over(struct midair_session *session)
{
	session->pairing->n_overs++;
	loop_forget(&session->loop, session->pairing->pipe[0]);
}

/* The last word is the pairing's. */
static int final_result(const struct midair_session *session, int result)
{
	assert_int_equal(session->pairing->n_overs, 0);
	return result == MIDAIR_E_NO_PEER ? MIDAIR_E_UNCONFIRMED : result;
}

static void free_pairing(struct pairing *pairing)
{
	pairing->n_frees++;
}

static void a_pairing_is_called_when_it_has_work(void **state)
{
	static const struct pairing_calls calls = {
		.on_descriptor = on_descriptor,
		.deadline = deadline,
		.on_time = on_time,
		.on_over = on_over,
		.result = final_result,
		.free = free_pairing,
	};
	struct pairing pairing = {.deadline_ns = UINT64_MAX};
	struct attempt attempt;

	(void)state;
	assert_int_equal(pipe(pairing.pipe), 0);
	open_one(&attempt, 1, 0);
	attempt.session->pairing = &pairing;
	attempt.session->pairing_calls = &calls;
	assert_int_equal(
		loop_watch_input(&attempt.session->loop, pairing.pipe[0], PAIRING_TAG + 3), 0);
	settle(&attempt);
	assert_int_equal(pairing.n_ready, 0);
	assert_int_equal(write(pairing.pipe[1], "x", 1), 1);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.result, MIDAIR_E_UNCONFIRMED);
	assert_int_equal(pairing.n_ready, 1);
	assert_int_equal(pairing.n_times, 1);
	assert_int_equal(pairing.n_overs, 1);
	assert_int_equal(midair_session_dispatch(attempt.session), 0);
	assert_int_equal(pairing.n_overs, 1);
	attempt_close(&attempt);
	assert_int_equal(pairing.n_frees, 1);
	close(pairing.pipe[0]);
	close(pairing.pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_are_introduced_meet),
		cmocka_unit_test(who_comes_before_the_introduction_is_held),
		cmocka_unit_test(a_crowd_before_the_introduction_keeps_nobody_out),
		cmocka_unit_test(a_later_address_is_the_one),
		cmocka_unit_test(who_repeats_a_hello_does_not_win),
		cmocka_unit_test(with_another_key_nobody_is_the_peer),
		cmocka_unit_test(two_of_one_role_do_not_meet),
		cmocka_unit_test(the_pairing_can_end_the_session),
		cmocka_unit_test(one_port_number_serves_both_families),
		cmocka_unit_test(a_pairing_is_called_when_it_has_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
