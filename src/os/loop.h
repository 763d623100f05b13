/* SPDX-License-Identifier: MIT */
/*
 * loop: an epoll descriptor with two timers. It never waits by itself: the descriptor becomes
 * readable when something is due, so it nests in any host program's loop.
 */
#ifndef MIDAIR_OS_LOOP_H
#define MIDAIR_OS_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define LOOP_BATCH 32

enum loop_kind {
	LOOP_MONOTONIC_TIMER,
	LOOP_REALTIME_TIMER,   /* the instant has come */
	LOOP_REALTIME_CHANGED, /* somebody set the clock: arm again */
	LOOP_DESCRIPTOR,
};

struct loop_event {
	enum loop_kind kind;
	uint32_t tag; /* LOOP_DESCRIPTOR: as given to loop_watch_*() */
};

struct loop {
	int epoll_fd;
	int monotonic_fd;
	int realtime_fd;
};

#define LOOP_NULL                                                                              \
	{                                                                                      \
		.epoll_fd = -1, .monotonic_fd = -1, .realtime_fd = -1                          \
	}

/* All return 0 or -errno. */
int loop_init(struct loop *loop);
void loop_deinit(struct loop *loop);

/* Watches a dial for its outcome, a listener or a connection for something to read. */
int loop_watch_dial(struct loop *loop, int fd, uint32_t tag);
int loop_watch_input(struct loop *loop, int fd, uint32_t tag);
int loop_watch_end(struct loop *loop, int fd, uint32_t tag);
/* Watches a connection for something to read, and for room to send when that is wanted. */
int loop_watch_stream(struct loop *loop, int fd, uint32_t tag, bool is_sending);
void loop_forget(struct loop *loop, int fd);

/* UINT64_MAX disarms. */
int loop_arm_monotonic(struct loop *loop, uint64_t at_ns);
int loop_arm_realtime(struct loop *loop, const struct timespec *at);

/* Collects what is ready, without waiting. Returns the number of events or -errno. */
int loop_collect(struct loop *loop, struct loop_event events[LOOP_BATCH]);

#endif
