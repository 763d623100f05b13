/* SPDX-License-Identifier: MIT */
/*
 * The agreed instant and the deadline. Bounds are generous, this is no benchmark. The program is
 * linked so that the session's look at the wall clock goes through __wrap_clock_realtime().
 */
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "tests/lib/loopback.h"

struct timespec __real_clock_realtime(void);
struct timespec __wrap_clock_realtime(void);

/* Not NULL: the clock that the library sees. */
static struct timespec (*fake_clock)(void);

struct timespec __wrap_clock_realtime(void)
{
	return fake_clock != NULL ? fake_clock() : __real_clock_realtime();
}

static struct timespec after_ms(int64_t later_ms)
{
	struct timespec time = __real_clock_realtime();

	time.tv_sec += later_ms / 1000;
	time.tv_nsec += later_ms % 1000 * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

static struct midair_config lonely_config(uint32_t flags)
{
	static struct midair_endpoint peer;
	struct midair_endpoint local = own_address(1, 11000);

	peer = own_address(2, 12000);
	return config_for(&local, &peer, flags);
}

static void an_instant_in_the_future_is_kept(void **state)
{
	struct midair_config config = lonely_config(MIDAIR_ONCE);
	const struct midair_event *waiting;
	struct attempt attempt;
	struct timespec now;

	(void)state;
	config.start = after_ms(150);
	attempt_open(&attempt, &config);
	attempt_step(&attempt);
	waiting = attempt_find(&attempt, MIDAIR_EVENT_WAITING);
	assert_non_null(waiting);
	assert_in_range(waiting->wait_ns, 1, 150000000);
	assert_true(attempt.events[0].time_ns < 0);
	attempt_run_until(&attempt, MIDAIR_EVENT_DIAL);
	now = __real_clock_realtime();
	assert_true(now.tv_sec > config.start.tv_sec ||
		    (now.tv_sec == config.start.tv_sec && now.tv_nsec >= config.start.tv_nsec));
	assert_true(now.tv_sec - config.start.tv_sec <= 5);
	assert_in_range(attempt_find(&attempt, MIDAIR_EVENT_DIAL)->time_ns, 0, 5000000000);
	attempt_close(&attempt);
}

static void an_instant_in_the_past_is_now(void **state)
{
	const struct timespec starts[] = {
		{.tv_sec = 1},
		{.tv_sec = -1},
		{.tv_sec = 1, .tv_nsec = 999999999},
		{.tv_sec = LONG_MIN},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(starts); i++) {
		struct midair_config config = lonely_config(MIDAIR_ONCE);
		struct attempt attempt;

		config.start = starts[i];
		attempt_open(&attempt, &config);
		attempts_run(&attempt, 1);
		assert_null(attempt_find(&attempt, MIDAIR_EVENT_WAITING));
		assert_int_equal(attempt.end.result, MIDAIR_E_REFUSED);
		attempt_close(&attempt);
	}
}

/* The year 9999 is more nanoseconds away than 64 bits hold. */
static void an_instant_beyond_all_bounds_is_waited_for(void **state)
{
	const time_t starts[] = {253402300799, LONG_MAX};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(starts); i++) {
		struct midair_config config = lonely_config(0);
		struct attempt attempt;

		config.start.tv_sec = starts[i];
		attempt_open(&attempt, &config);
		attempt_step(&attempt);
		assert_non_null(attempt_find(&attempt, MIDAIR_EVENT_WAITING));
		assert_null(attempt_find(&attempt, MIDAIR_EVENT_DIAL));
		assert_false(wait_for(midair_session_fd(attempt.session), POLLIN, 0));
		attempt_close(&attempt);
	}
}

static struct timespec agreed;
static int n_looks;

/* A quarter of a millisecond before the instant, and after three looks an hour earlier. */
static struct timespec clock_set_back(void)
{
	struct timespec time = agreed;

	time.tv_nsec -= 250000;
	if (n_looks++ >= 3)
		time.tv_sec -= 3600;
	return time;
}

static void a_clock_set_back_during_the_last_spin_is_waited_for_again(void **state)
{
	struct midair_config config = lonely_config(0);
	struct midair_event event = {0};
	struct midair_session *session;

	(void)state;
	agreed = after_ms(50);
	if (agreed.tv_nsec < 250000)
		agreed.tv_nsec = 250000;
	config.start = agreed;
	assert_int_equal(midair_session_new(&session, &config), 0);
	fake_clock = clock_set_back;
	assert_true(wait_for(midair_session_fd(session), POLLIN, PATIENCE_MS));
	assert_int_equal(midair_session_dispatch(session), 0);
	fake_clock = NULL;
	while (midair_session_next_event(session, &event) == 0)
		assert_true(event.type != MIDAIR_EVENT_DIAL);
	assert_int_equal(event.type, MIDAIR_EVENT_WAITING);
	assert_in_range(event.wait_ns, 3599000000000, 3601000000000);
	midair_session_free(session);
}

static void the_peer_that_comes_before_the_instant_is_taken(void **state)
{
	struct midair_endpoint peer = own_address(2, 12000);
	struct midair_endpoint local = own_address(1, 11000);
	struct midair_config config = lonely_config(0);
	struct attempt attempt;
	int fd = plain_socket(&peer);

	(void)state;
	config.start = after_ms(3600000);
	attempt_open(&attempt, &config);
	assert_int_equal(plain_connect(fd, &local), 0);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.crossing, MIDAIR_CAUGHT);
	assert_true(attempt.end.time_ns < 0);
	assert_null(attempt_find(&attempt, MIDAIR_EVENT_DIAL));
	close(fd);
	attempt_close(&attempt);
}

/* The peer is there before our immediate start has been dispatched. */
static void an_immediate_start_is_not_forgotten_for_what_was_caught(void **state)
{
	struct midair_endpoint peers[2] = {own_address(2, 12000), {.family = MIDAIR_IPV6}};
	struct midair_endpoint local = {.port = free_port()};
	struct midair_endpoint here = own_address(1, local.port);
	struct midair_config config = config_for(&local, peers, 0);
	struct attempt attempt;
	int fd;

	(void)state;
	if (!has_ipv6())
		skip();
	peers[1].address[15] = 1;
	peers[1].port = 9;
	config.n_peers = 2;
	attempt_open(&attempt, &config);
	fd = plain_socket(&peers[0]);
	assert_int_equal(plain_connect(fd, &here), 0);
	/* settles first: IPv6 could still follow; then it is gone */
	attempt_run_until(&attempt, MIDAIR_EVENT_LANDED);
	close_with_reset(fd);
	attempt_run_until(&attempt, MIDAIR_EVENT_DIAL);
	attempt_close(&attempt);
}

static void the_timeout_is_kept(void **state)
{
	const uint32_t timeouts_ms[] = {1, 50, 400};
	const uint32_t flags[] = {0, MIDAIR_NO_LISTEN};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(timeouts_ms) * N_ITEMS(flags); i++) {
		struct midair_config config = lonely_config(flags[i % 2]);
		struct attempt attempt;

		config.timeout_ms = timeouts_ms[i / 2];
		attempt_open(&attempt, &config);
		attempts_run(&attempt, 1);
		assert_int_equal(attempt.end.result, MIDAIR_E_TIMEOUT);
		assert_in_range(attempt.end.time_ns, config.timeout_ms * 1000000ull,
				config.timeout_ms * 1000000ull + 5000000000ull);
		attempt_close(&attempt);
	}
}

/* Refusals on loopback come within microseconds: what is documented as the rate must hold. */
static void a_refusing_neighbour_sees_no_storm(void **state)
{
	struct midair_config config = lonely_config(MIDAIR_NO_LISTEN);
	struct midair_event event = {0};
	struct midair_session *session;
	uint32_t n_dials = 0;

	(void)state;
	config.timeout_ms = 1000;
	assert_int_equal(midair_session_new(&session, &config), 0);
	while (event.type != MIDAIR_EVENT_FAILED) {
		assert_true(wait_for(midair_session_fd(session), POLLIN, PATIENCE_MS));
		assert_int_equal(midair_session_dispatch(session), 0);
		while (midair_session_next_event(session, &event) == 0)
			n_dials += event.type == MIDAIR_EVENT_DIAL;
	}
	assert_in_range(n_dials, 2, 1 + 256 + 200);
	midair_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_in_the_future_is_kept),
		cmocka_unit_test(an_instant_in_the_past_is_now),
		cmocka_unit_test(an_instant_beyond_all_bounds_is_waited_for),
		cmocka_unit_test(a_clock_set_back_during_the_last_spin_is_waited_for_again),
		cmocka_unit_test(the_peer_that_comes_before_the_instant_is_taken),
		cmocka_unit_test(an_immediate_start_is_not_forgotten_for_what_was_caught),
		cmocka_unit_test(the_timeout_is_kept),
		cmocka_unit_test(a_refusing_neighbour_sees_no_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
