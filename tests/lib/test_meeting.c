/* SPDX-License-Identifier: MIT */
/* Who is taken for the peer and who is not, over real sockets. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/loopback.h"

static void open_both(struct attempt both[2], const struct midair_endpoint *a,
		      const struct midair_endpoint *b, uint32_t flags)
{
	struct midair_config first = config_for(a, b, flags);
	struct midair_config second = config_for(b, a, flags);

	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
}

/* What one end writes the other one reads, both ways, and then the end of the file. */
static void check_connection(int fds[2])
{
	for (int from = 0; from < 2; from++) {
		char buffer[16] = {0};

		assert_int_equal(send(fds[from], "I love you.", 11, MSG_NOSIGNAL), 11);
		assert_true(wait_for(fds[1 - from], POLLIN, PATIENCE_MS));
		assert_int_equal(read(fds[1 - from], buffer, sizeof(buffer)), 11);
		assert_string_equal(buffer, "I love you.");
	}
	close(fds[0]);
	assert_true(wait_for(fds[1], POLLIN, PATIENCE_MS));
	assert_int_equal(read(fds[1], fds, 1), 0);
	close(fds[1]);
}

static void check_facts(const struct attempt *attempt, const struct midair_endpoint *local,
			const struct midair_endpoint *remote)
{
	assert_int_equal(attempt->end.type, MIDAIR_EVENT_CONNECTED);
	assert_int_equal(attempt->end.result, 0);
	assert_true(midair_endpoint_equal(&attempt->end.local, local));
	assert_true(midair_endpoint_equal(&attempt->end.remote, remote));
	assert_true(attempt->end.elapsed_ns >= 0);
}

static void meet(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	struct attempt both[2];
	int fds[2];

	open_both(both, a, b, 0);
	attempts_run(both, 2);
	check_facts(&both[0], a, b);
	check_facts(&both[1], b, a);
	for (int i = 0; i < 2; i++) {
		fds[i] = midair_session_take_fd(both[i].session);
		attempt_close(&both[i]);
	}
	check_connection(fds);
}

static void two_sessions_meet(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct midair_endpoint a = own_address(1, 11000);
		struct midair_endpoint b = own_address(2, 12000);

		meet(&a, &b);
	}
}

/* The article's case: one port number at both ends. */
static void two_sessions_of_one_port_meet(void **state)
{
	struct midair_endpoint a = own_address(1, 1314);
	struct midair_endpoint b = own_address(2, 1314);

	(void)state;
	for (int i = 0; i < 10; i++)
		meet(&a, &b);
}

static void two_sessions_meet_over_ipv6(void **state)
{
	struct midair_endpoint a = endpoint_of("[::1]:1");
	struct midair_endpoint b = a;

	(void)state;
	if (!has_ipv6())
		skip();
	a.port = free_port();
	do
		b.port = free_port();
	while (a.port == b.port);
	meet(&a, &b);
}

static void the_side_that_comes_later_is_met_by_the_one_that_waits(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = config_for(&a, &b, 0);
	struct midair_config second = config_for(&b, &a, 0);
	struct attempt both[2];

	(void)state;
	attempt_open(&both[0], &first);
	attempt_run_until(&both[0], MIDAIR_EVENT_REFUSED);
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	check_facts(&both[0], &a, &b);
	check_facts(&both[1], &b, &a);
	attempt_close(&both[0]);
	attempt_close(&both[1]);
}

/* Connects from where nobody is expected; the peer must close it with RST. */
static void intrude(struct attempt *attempt, const struct midair_endpoint *from,
		    const struct midair_endpoint *to)
{
	uint32_t n_before = attempt->n_events;
	int fd = plain_socket(from);
	char byte;

	assert_int_equal(plain_connect(fd, to), 0);
	while (!wait_for(fd, POLLIN, 0)) {
		assert_true(wait_for(midair_session_fd(attempt->session), POLLIN, PATIENCE_MS));
		attempt_step(attempt);
	}
	assert_int_equal(read(fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	for (uint32_t i = n_before; i < attempt->n_events; i++)
		if (attempt->events[i].type == MIDAIR_EVENT_STRANGER)
			n_before = UINT32_MAX;
	assert_int_equal(n_before, UINT32_MAX);
	assert_false(attempt->is_over);
	close(fd);
}

static void a_stranger_is_reset_and_the_attempt_goes_on_and_connects(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_endpoint strangers[] = {
		own_address(3, 0),     /* another address */
		own_address(3, 12000), /* with the right port */
		own_address(2, 0),     /* the right address, another port */
	};
	struct midair_config first = config_for(&a, &b, 0);
	struct midair_config second = config_for(&b, &a, 0);
	struct attempt both[2];

	(void)state;
	attempt_open(&both[0], &first);
	attempt_run_until(&both[0], MIDAIR_EVENT_DIAL);
	for (size_t i = 0; i < N_ITEMS(strangers); i++)
		intrude(&both[0], &strangers[i], &a);
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	check_facts(&both[0], &a, &b);
	check_facts(&both[1], &b, &a);
	attempt_close(&both[0]);
	attempt_close(&both[1]);
}

static void a_crowd_of_strangers_is_no_obstacle(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_endpoint stranger = own_address(3, 0);
	struct midair_config first = config_for(&a, &b, 0);
	struct midair_config second = config_for(&b, &a, 0);
	struct attempt both[2];
	int fds[100];

	(void)state;
	attempt_open(&both[0], &first);
	for (size_t i = 0; i < N_ITEMS(fds); i++) {
		fds[i] = plain_socket(&stranger);
		assert_int_equal(plain_connect(fds[i], &a), 0);
	}
	attempt_open(&both[1], &second);
	attempts_run(both, 2);
	check_facts(&both[0], &a, &b);
	for (size_t i = 0; i < N_ITEMS(fds); i++)
		close(fds[i]);
	attempt_close(&both[0]);
	attempt_close(&both[1]);
}

static void any_port_takes_the_named_address_from_any_port(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_endpoint elsewhere = own_address(2, 0);
	struct midair_endpoint stranger = own_address(3, 0);
	struct midair_config config = config_for(&a, &b, MIDAIR_ANY_PORT);
	struct attempt attempt;
	int fd = plain_socket(&elsewhere);

	(void)state;
	attempt_open(&attempt, &config);
	intrude(&attempt, &stranger, &a);
	assert_int_equal(plain_connect(fd, &a), 0);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.crossing, MIDAIR_CAUGHT);
	assert_true(attempt.end.remote.port != b.port);
	close(fd);
	attempt_close(&attempt);
}

static void an_ordinary_server_answers_our_syn(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_NO_LISTEN);
	struct attempt attempt;
	int listener = plain_listener(&b);

	(void)state;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	check_facts(&attempt, &a, &b);
	assert_int_equal(attempt.end.crossing, MIDAIR_ANSWERED);
	assert_int_equal(attempt.end.try_number, 1);
	assert_null(attempt_find(&attempt, MIDAIR_EVENT_LISTENING));
	close(listener);
	attempt_close(&attempt);
}

static void what_the_peer_sent_before_it_closed_is_there(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, 0);
	struct attempt attempt;
	char buffer[32] = {0};
	int peer = plain_socket(&b);
	int fd;

	(void)state;
	attempt_open(&attempt, &config);
	assert_int_equal(plain_connect(peer, &a), 0);
	assert_int_equal(write(peer, "all of it", 9), 9);
	close(peer);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.type, MIDAIR_EVENT_CONNECTED);
	fd = midair_session_take_fd(attempt.session);
	attempt_close(&attempt);
	assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(read(fd, buffer, sizeof(buffer)), 9);
	assert_string_equal(buffer, "all of it");
	assert_int_equal(read(fd, buffer, sizeof(buffer)), 0);
	close(fd);
}

static void once_ends_with_the_refusal(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_ONCE);
	struct attempt attempt;

	(void)state;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.result, MIDAIR_E_REFUSED);
	assert_int_equal(attempt_find(&attempt, MIDAIR_EVENT_REFUSED)->refusal,
			 MIDAIR_REFUSED_BY_RESET);
	attempt_close(&attempt);
}

static void fails_as_self(const struct midair_endpoint *local,
			  const struct midair_endpoint *peers, size_t n_peers, uint32_t flags)
{
	struct midair_config config = config_for(local, peers, flags);
	struct attempt attempt;

	config.n_peers = n_peers;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.type, MIDAIR_EVENT_FAILED);
	assert_int_equal(attempt.end.result, MIDAIR_E_SELF);
	assert_int_equal(midair_session_take_fd(attempt.session), -EBADF);
	attempt_close(&attempt);
}

static void the_connection_to_our_own_endpoint_is_no_success(void **state)
{
	const uint32_t flags[] = {0, MIDAIR_NO_LISTEN, MIDAIR_ONCE, MIDAIR_ANY_PORT};
	struct midair_endpoint here = own_address(1, 11000);
	struct midair_endpoint any = {.port = free_port()};
	struct midair_endpoint local = {.family = MIDAIR_IPV4, .address = {127, 0, 0, 1}};
	struct midair_endpoint local6 = {.family = MIDAIR_IPV6, .address = {[15] = 1}};

	(void)state;
	local.port = local6.port = any.port;
	for (size_t i = 0; i < N_ITEMS(flags); i++) {
		fails_as_self(&here, &here, 1, flags[i]);
		fails_as_self(&any, &local, 1, flags[i]);
		if (has_ipv6())
			fails_as_self(&any, &local6, 1, flags[i]);
	}
}

/* Debian calls the machine's own name 127.0.1.1. A dial to it comes from 127.0.0.1 and is
 * answered by our own listener, which is bound to any address. */
static void our_own_listener_at_another_address_is_no_success(void **state)
{
	struct midair_endpoint any = {.port = free_port()};
	struct midair_endpoint peers[] = {own_address(9, any.port), endpoint_of("127.0.0.1:1"),
					  own_address(8, any.port)};

	(void)state;
	peers[1].port = any.port;
	for (int i = 0; i < 20; i++) {
		fails_as_self(&any, peers, 1, 0);
		fails_as_self(&any, peers, 2, 0);
		fails_as_self(&any, peers, 3, MIDAIR_ANY_PORT);
		fails_as_self(&any, peers, 3, MIDAIR_ONCE);
	}
}

static void the_blocking_call_says_what_the_session_says(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_ONCE);
	struct midair_event event = {.try_number = 77};
	size_t n_before = count_descriptors();
	int listener;
	int fd = 77;

	(void)state;
	assert_int_equal(midair_meet(&config, &fd, &event), MIDAIR_E_REFUSED);
	assert_int_equal(fd, 77);
	assert_int_equal(event.try_number, 77);
	listener = plain_listener(&b);
	assert_int_equal(midair_meet(&config, &fd, &event), 0);
	assert_int_equal(event.type, MIDAIR_EVENT_CONNECTED);
	assert_true(fd != 77 && fd >= 0);
	close(fd);
	assert_int_equal(midair_meet(&config, &fd, NULL), 0);
	close(fd);
	close(listener);
	assert_int_equal(count_descriptors(), n_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sessions_meet),
		cmocka_unit_test(two_sessions_of_one_port_meet),
		cmocka_unit_test(two_sessions_meet_over_ipv6),
		cmocka_unit_test(the_side_that_comes_later_is_met_by_the_one_that_waits),
		cmocka_unit_test(a_stranger_is_reset_and_the_attempt_goes_on_and_connects),
		cmocka_unit_test(a_crowd_of_strangers_is_no_obstacle),
		cmocka_unit_test(any_port_takes_the_named_address_from_any_port),
		cmocka_unit_test(an_ordinary_server_answers_our_syn),
		cmocka_unit_test(what_the_peer_sent_before_it_closed_is_there),
		cmocka_unit_test(once_ends_with_the_refusal),
		cmocka_unit_test(the_connection_to_our_own_endpoint_is_no_success),
		cmocka_unit_test(our_own_listener_at_another_address_is_no_success),
		cmocka_unit_test(the_blocking_call_says_what_the_session_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
