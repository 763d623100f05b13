/* SPDX-License-Identifier: MIT */
/* The session's descriptor, its events, and what it leaves behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/loopback.h"

static void open_pair(struct attempt both[2])
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = config_for(&a, &b, 0);
	struct midair_config second = config_for(&b, &a, 0);

	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
}

static void a_session_freed_at_any_moment_leaves_no_descriptor(void **state)
{
	size_t n_before = count_descriptors();

	(void)state;
	for (int n_steps = 0; n_steps < 40; n_steps++) {
		struct attempt both[2];

		open_pair(both);
		for (int i = 0; i < n_steps / 2; i++) {
			if (!both[0].is_over)
				attempt_step(&both[0]);
			if (!both[1].is_over && i % 2 == n_steps % 2)
				attempt_step(&both[1]);
		}
		attempt_close(&both[n_steps % 2]);
		attempt_close(&both[1 - n_steps % 2]);
		assert_int_equal(count_descriptors(), n_before);
	}
}

static void a_connection_that_was_not_taken_is_closed_in_order(void **state)
{
	struct attempt both[2];
	char byte;
	int fd;

	(void)state;
	open_pair(both);
	attempts_run(both, 2);
	fd = midair_session_take_fd(both[0].session);
	attempt_close(&both[1]);
	assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	attempt_close(&both[0]);
}

static void the_connection_is_taken_once(void **state)
{
	struct attempt both[2];
	int fd;

	(void)state;
	open_pair(both);
	assert_int_equal(midair_session_take_fd(both[0].session), -EBADF);
	attempts_run(both, 2);
	fd = midair_session_take_fd(both[0].session);
	assert_true(fd >= 0);
	assert_int_equal(midair_session_take_fd(both[0].session), -EBADF);
	attempt_close(&both[0]);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	close(fd);
	attempt_close(&both[1]);
}

static void check_options(int fd)
{
	struct linger linger = {.l_onoff = 1};
	socklen_t length = sizeof(linger);
	int protocol = 0;

	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length), 0);
	assert_int_equal(linger.l_onoff, 0);
	length = sizeof(protocol);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length), 0);
	assert_int_equal(protocol, 6);
}

/* One end was dialled and the other caught, mostly: both kinds come by. */
static void the_connection_is_an_ordinary_non_blocking_one(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct attempt both[2];

		open_pair(both);
		attempts_run(both, 2);
		for (int i = 0; i < 2; i++) {
			int fd = midair_session_take_fd(both[i].session);

			check_options(fd);
			close(fd);
			attempt_close(&both[i]);
		}
	}
}

static void every_descriptor_is_close_on_exec(void **state)
{
	bool is_known[1024] = {false};
	struct attempt both[2];

	(void)state;
	for (int fd = 0; fd < 1024; fd++)
		is_known[fd] = fcntl(fd, F_GETFD) >= 0;
	open_pair(both);
	attempt_step(&both[0]);
	for (int fd = 0; fd < 1024; fd++) {
		int flags = is_known[fd] ? FD_CLOEXEC : fcntl(fd, F_GETFD);

		if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
			fail_msg("descriptor %d is not close-on-exec", fd);
	}
	attempt_close(&both[0]);
	attempt_close(&both[1]);
}

static void the_descriptor_nests_in_epoll(void **state)
{
	struct attempt both[2];
	int outer = epoll_create1(EPOLL_CLOEXEC);
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	(void)state;
	open_pair(both);
	for (uint32_t i = 0; i < 2; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

		assert_int_equal(epoll_ctl(outer, EPOLL_CTL_ADD,
					   midair_session_fd(both[i].session), &event),
				 0);
	}
	while (!both[0].is_over || !both[1].is_over) {
		struct epoll_event event;

		assert_true(now_ms() < end_ms);
		assert_int_equal(epoll_wait(outer, &event, 1, PATIENCE_MS), 1);
		attempt_step(&both[event.data.u32]);
	}
	assert_int_equal(both[0].end.type, MIDAIR_EVENT_CONNECTED);
	attempt_close(&both[0]);
	attempt_close(&both[1]);
	close(outer);
}

static void after_the_end_the_descriptor_falls_silent(void **state)
{
	struct attempt both[2];

	(void)state;
	open_pair(both);
	attempts_run(both, 2);
	for (int i = 0; i < 2; i++) {
		/* what came in the last batch may take one more look */
		attempt_step(&both[i]);
		assert_false(wait_for(midair_session_fd(both[i].session), POLLIN, 0));
		assert_int_equal(midair_session_dispatch(both[i].session), 0);
		attempt_close(&both[i]);
	}
}

static void dispatch_without_need_does_nothing(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_NO_LISTEN);
	struct midair_event event = {.try_number = 77};
	struct attempt attempt;

	(void)state;
	config.start.tv_sec = 4000000000;
	attempt_open(&attempt, &config);
	attempt_step(&attempt);
	assert_int_equal(attempt.n_events, 2);
	for (int i = 0; i < 100; i++)
		attempt_step(&attempt);
	assert_int_equal(attempt.n_events, 2);
	assert_int_equal(midair_session_next_event(attempt.session, &event), MIDAIR_E_NO_EVENT);
	assert_int_equal(event.try_number, 77);
	attempt_close(&attempt);
}

struct journal {
	uint32_t n_lines;
	char lines[64][MIDAIR_EVENT_TEXT_SIZE];
};

static void keep_line(void *context, const char *line)
{
	struct journal *journal = context;

	assert_true(journal->n_lines < N_ITEMS(journal->lines));
	strncpy(journal->lines[journal->n_lines++], line, MIDAIR_EVENT_TEXT_SIZE - 1);
}

static void the_log_has_the_events_own_lines_in_their_order(void **state)
{
	static struct journal journal;
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_ONCE);
	struct attempt attempt;

	(void)state;
	config.log = keep_line;
	config.log_context = &journal;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.n_events, journal.n_lines);
	for (uint32_t i = 0; i < attempt.n_events; i++) {
		char line[MIDAIR_EVENT_TEXT_SIZE];

		assert_string_equal(midair_event_format(&attempt.events[i], line),
				    journal.lines[i]);
	}
	attempt_close(&attempt);
}

static void the_events_come_in_the_order_of_the_story(void **state)
{
	const enum midair_event_type story[] = {
		MIDAIR_EVENT_BOUND,   MIDAIR_EVENT_LISTENING, MIDAIR_EVENT_DIAL,
		MIDAIR_EVENT_REFUSED, MIDAIR_EVENT_FAILED,
	};
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_ONCE);
	struct attempt attempt;

	(void)state;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.n_events, N_ITEMS(story));
	for (uint32_t i = 0; i < N_ITEMS(story); i++) {
		assert_int_equal(attempt.events[i].type, story[i]);
		if (i > 0)
			assert_true(attempt.events[i].time_ns >= attempt.events[i - 1].time_ns);
	}
	attempt_close(&attempt);
}

/* Nobody fetches the events of some hundred dials: how it ended must be there all the same. */
static void events_that_nobody_fetches_do_not_hide_the_end(void **state)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config config = config_for(&a, &b, MIDAIR_NO_LISTEN);
	struct midair_event event = {0};
	struct attempt attempt;
	uint32_t n_events = 0;

	(void)state;
	config.timeout_ms = 300;
	attempt_open(&attempt, &config);
	while (wait_for(midair_session_fd(attempt.session), POLLIN, 1000))
		assert_int_equal(midair_session_dispatch(attempt.session), 0);
	while (midair_session_next_event(attempt.session, &event) == 0)
		n_events++;
	assert_int_equal(event.type, MIDAIR_EVENT_FAILED);
	assert_int_equal(event.result, MIDAIR_E_TIMEOUT);
	assert_in_range(n_events, 10, 128);
	attempt_close(&attempt);
}

static void read_signals(struct sigaction actions[_NSIG], sigset_t *mask)
{
	for (int number = 1; number < SIGRTMAX; number++)
		sigaction(number, NULL, &actions[number]);
	sigprocmask(SIG_BLOCK, NULL, mask);
}

static void check_signals(const struct sigaction before[_NSIG], const sigset_t *mask_before)
{
	static struct sigaction after[_NSIG];
	sigset_t mask_after;

	read_signals(after, &mask_after);
	for (int number = 1; number < SIGRTMAX; number++) {
		assert_ptr_equal(after[number].sa_handler, before[number].sa_handler);
		assert_int_equal(after[number].sa_flags, before[number].sa_flags);
		assert_int_equal(sigismember(&mask_after, number),
				 sigismember(mask_before, number));
	}
}

static size_t count_threads(void)
{
	DIR *directory = opendir("/proc/self/task");
	size_t n = 0;

	while (readdir(directory) != NULL)
		n++;
	closedir(directory);
	return n - 2;
}

static void the_process_stays_as_it_was(void **state)
{
	static struct sigaction before[_NSIG];
	sigset_t mask;
	struct attempt both[2];
	size_t n_threads = count_threads();

	(void)state;
	read_signals(before, &mask);
	open_pair(both);
	attempt_step(&both[0]);
	check_signals(before, &mask);
	attempts_run(both, 2);
	assert_int_equal(count_threads(), n_threads);
	attempt_close(&both[0]);
	attempt_close(&both[1]);
	check_signals(before, &mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_freed_at_any_moment_leaves_no_descriptor),
		cmocka_unit_test(a_connection_that_was_not_taken_is_closed_in_order),
		cmocka_unit_test(the_connection_is_taken_once),
		cmocka_unit_test(the_connection_is_an_ordinary_non_blocking_one),
		cmocka_unit_test(every_descriptor_is_close_on_exec),
		cmocka_unit_test(the_descriptor_nests_in_epoll),
		cmocka_unit_test(after_the_end_the_descriptor_falls_silent),
		cmocka_unit_test(dispatch_without_need_does_nothing),
		cmocka_unit_test(the_log_has_the_events_own_lines_in_their_order),
		cmocka_unit_test(the_events_come_in_the_order_of_the_story),
		cmocka_unit_test(events_that_nobody_fetches_do_not_hide_the_end),
		cmocka_unit_test(the_process_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
