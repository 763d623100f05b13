/* SPDX-License-Identifier: MIT */
/* What is silence, and what only looks like it. (A path that falls silent needs the lab: lab/faults.) */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/silence.h"
#include "tests/lib/loopback.h"

/* Looks as often as a relay does, for longer than silence may last. */
static bool is_silent_for_long(int fd)
{
	struct silence silence = {0};
	uint64_t end_ms = now_ms() + SILENCE_MAX_MS + 2 * SILENCE_LOOK_MS + 500;
	bool is_silent = false;

	while (now_ms() < end_ms) {
		is_silent |= silence_is_too_long(&silence, fd);
		assert_int_equal(poll(NULL, 0, SILENCE_LOOK_MS / 10), 0);
	}
	return is_silent;
}

/* Its kernel says again and again that there is no room: that is an answer. */
static void a_reader_that_pauses_is_not_silent(void **state)
{
	static const uint8_t block[65536];
	int fds[2];

	(void)state;
	tcp_pair(fds);
	while (send(fds[0], block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	assert_false(is_silent_for_long(fds[0]));
	close(fds[0]);
	close(fds[1]);
}

static void what_is_no_tcp_is_never_silent(void **state)
{
	struct silence silence = {0};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_false(silence_is_too_long(&silence, fds[1]));
	close(fds[0]);
	close(fds[1]);
}

static void an_end_that_somebody_sent_is_not_silence(void **state)
{
	(void)state;
	assert_true(silence_is_error(ETIMEDOUT));
	assert_true(silence_is_error(EHOSTUNREACH));
	assert_true(silence_is_error(ENETUNREACH));
	assert_false(silence_is_error(ECONNRESET));
	assert_false(silence_is_error(EPIPE));
	assert_false(silence_is_error(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_pauses_is_not_silent),
		cmocka_unit_test(what_is_no_tcp_is_never_silent),
		cmocka_unit_test(an_end_that_somebody_sent_is_not_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
