/* SPDX-License-Identifier: MIT */
#include "os/loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "os/cleanup.h"

/* Tags of the timers in epoll's data; descriptors carry LOOP_DESCRIPTOR and their own tag. */
static uint64_t pack(enum loop_kind kind, uint32_t tag)
{
	return (uint64_t)kind << 32 | tag;
}

static int watch(struct loop *loop, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int loop_init(struct loop *loop)
{
	int result;

	*loop = (struct loop)LOOP_NULL;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->monotonic_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->monotonic_fd < 0)
		return -errno;
	loop->realtime_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->realtime_fd < 0)
		return -errno;
	result = watch(loop, loop->monotonic_fd, EPOLLIN, pack(LOOP_MONOTONIC_TIMER, 0));
	if (result == 0)
		result = watch(loop, loop->realtime_fd, EPOLLIN, pack(LOOP_REALTIME_TIMER, 0));
	return result;
}

void loop_deinit(struct loop *loop)
{
	loop->monotonic_fd = close_fd(loop->monotonic_fd);
	loop->realtime_fd = close_fd(loop->realtime_fd);
	loop->epoll_fd = close_fd(loop->epoll_fd);
}

int loop_watch_dial(struct loop *loop, int fd, uint32_t tag)
{
	/* Edge-triggered: a soft error reports once and must not keep the loop awake. */
	return watch(loop, fd, EPOLLOUT | EPOLLET, pack(LOOP_DESCRIPTOR, tag));
}

int loop_watch_input(struct loop *loop, int fd, uint32_t tag)
{
	return watch(loop, fd, EPOLLIN, pack(LOOP_DESCRIPTOR, tag));
}

/* The descriptor may be watched for something else already. */
static int watch_anew(struct loop *loop, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return errno == ENOENT ? watch(loop, fd, events, data) : -errno;
}

int loop_watch_end(struct loop *loop, int fd, uint32_t tag)
{
	/* EPOLLERR and EPOLLHUP are always reported. */
	return watch_anew(loop, fd, EPOLLET, pack(LOOP_DESCRIPTOR, tag));
}

int loop_watch_stream(struct loop *loop, int fd, uint32_t tag, bool is_sending)
{
	return watch_anew(loop, fd, EPOLLIN | (is_sending ? EPOLLOUT : 0u),
			  pack(LOOP_DESCRIPTOR, tag));
}

void loop_forget(struct loop *loop, int fd)
{
	if (fd >= 0)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

int loop_arm_monotonic(struct loop *loop, uint64_t at_ns)
{
	/* An all-zero time disarms; the instant 0 itself has long passed. */
	struct itimerspec timer = {0};

	if (at_ns != UINT64_MAX) {
		timer.it_value.tv_sec = (time_t)(at_ns / 1000000000);
		timer.it_value.tv_nsec = (long)(at_ns % 1000000000) + (at_ns == 0);
	}
	return timerfd_settime(loop->monotonic_fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0 ? -errno
											: 0;
}

int loop_arm_realtime(struct loop *loop, const struct timespec *at)
{
	struct itimerspec timer = {.it_value = *at};

	/* ECANCELED: the clock was set a moment ago; the timer is armed all the same. */
	return timerfd_settime(loop->realtime_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			       &timer, NULL) < 0 &&
			       errno != ECANCELED
		       ? -errno
		       : 0;
}

/* Takes the tick off a timer, so that the descriptor falls silent. */
static enum loop_kind read_timer(const struct loop *loop, enum loop_kind kind)
{
	int fd = kind == LOOP_REALTIME_TIMER ? loop->realtime_fd : loop->monotonic_fd;
	uint64_t ticks;

	if (read(fd, &ticks, sizeof(ticks)) < 0 && errno == ECANCELED)
		return LOOP_REALTIME_CHANGED;
	return kind;
}

int loop_collect(struct loop *loop, struct loop_event events[LOOP_BATCH])
{
	struct epoll_event ready[LOOP_BATCH];
	int n = epoll_wait(loop->epoll_fd, ready, LOOP_BATCH, 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		events[i].kind = (enum loop_kind)(ready[i].data.u64 >> 32);
		events[i].tag = (uint32_t)ready[i].data.u64;
		if (events[i].kind == LOOP_MONOTONIC_TIMER ||
		    events[i].kind == LOOP_REALTIME_TIMER)
			events[i].kind = read_timer(loop, events[i].kind);
	}
	return n;
}
