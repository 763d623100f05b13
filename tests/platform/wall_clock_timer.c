/* SPDX-License-Identifier: MIT */
/*
 * Assumption: a timerfd on CLOCK_REALTIME takes an absolute instant with TFD_TIMER_CANCEL_ON_SET
 * (so that a set clock is noticed), never fires before it, and an instant in the past fires at
 * once.
 * Relied on by: the wait for the agreed instant (src/os/loop.c, src/lib/session).
 */
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "platform.h"

static int64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fires_at(int64_t instant_ns)
{
	struct itimerspec timer = {
		.it_value = {.tv_sec = instant_ns / 1000000000,
			     .tv_nsec = instant_ns % 1000000000},
	};
	uint64_t n_fired = 0;
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	CHECK(fd >= 0, "a timer can be made");
	CHECK(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &timer, NULL) ==
		      0,
	      "it takes the flags");
	CHECK(poll(&waiting, 1, 2000) == 1, "it fires");
	CHECK(realtime_ns() >= instant_ns, "not before its instant");
	ssize_t n_bytes = read(fd, &n_fired, sizeof(n_fired));
	if (n_bytes == -1 && errno == ECANCELED) {
		puts("the clock was set meanwhile");
		return;
	}
	CHECK(n_bytes == sizeof(n_fired) && n_fired == 1, "it says that it fired once");
	close(fd);
}

int main(void)
{
	fires_at(realtime_ns() + 50000000);
	fires_at(realtime_ns() - 1000000000);
	return EXIT_SUCCESS;
}
