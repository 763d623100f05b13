/* SPDX-License-Identifier: MIT */
#include "os/watch.h"

#include <errno.h>
#include <stddef.h>

/* Linux 4.5; old headers lack it. */
#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif

int watch_new(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int control(int watch, int operation, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = {.events = events, .data.u64 = tag};

	return epoll_ctl(watch, operation, fd, &event) < 0 ? -errno : 0;
}

int watch_listener(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE, tag);
}

int watch_connection(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, tag);
}

int watch_both_ways(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		       tag);
}

int watch_again(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, tag);
}

int watch_level(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_ADD, fd, EPOLLIN, tag);
}

int watch_dial(int watch, int fd, uint64_t tag)
{
	return control(watch, EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLET, tag);
}

int watch_forget(int watch, int fd)
{
	return control(watch, EPOLL_CTL_DEL, fd, 0, 0);
}

int watch_wait(int watch, struct epoll_event events[WATCH_BATCH], int timeout_ms)
{
	int n = epoll_wait(watch, events, WATCH_BATCH, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n;
}
