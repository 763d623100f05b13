/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The loop sleeps in poll() on all ports and a timerfd that fires SPIN_NS before the soonest
 * packet is due, and spins for the rest: a sleeper wakes some 50 us late on an idle machine, which
 * would be as much as the whole delay of two boxes on one switch. "Now" is read after poll()
 * returns. A packet's delay counts from the kernel's stamp of its arrival, not from our reading it.
 */
#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lab/wire_internal.h"
#include "lab/wire_port.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define SPIN_NS	 UINT64_C(100000)
#define NS_PER_S UINT64_C(1000000000)
/* Frames read from one port before the others and the due packets have their turn. */
#define BATCH_MAX 64

static void receive_batch(struct wire_state *state, size_t end)
{
	uint8_t frame[WIRE_FRAME_MAX + 1];
	uint64_t age_ns;

	for (int i = 0; i < BATCH_MAX; i++) {
		ssize_t n_bytes =
			wire_port_receive(state->port_fds[end], frame, sizeof(frame), &age_ns);

		if (n_bytes < 0)
			return;
		wire_path_enter(state, end, frame, (size_t)n_bytes, clock_now_ns() - age_ns);
	}
}

static void deliver_due(struct wire_state *state)
{
	uint64_t now_ns = clock_now_ns();

	for (int i = 0; i < BATCH_MAX && wire_queue_due_ns(state->queue) <= now_ns; i++) {
		struct wire_packet *packet = wire_queue_pop(state->queue);

		if (now_ns - packet->due_ns > atomic_load(&state->trace->lateness_max_ns))
			atomic_store(&state->trace->lateness_max_ns, now_ns - packet->due_ns);
		wire_path_leave(state, packet, now_ns);
		wire_queue_give(state->queue, packet);
		now_ns = clock_now_ns();
	}
}

/* Arms the timer for the soonest packet. Returns poll()'s timeout: 0 to spin, else -1. */
static int arm(int timer_fd, uint64_t due_ns)
{
	uint64_t wake_ns = due_ns - SPIN_NS;
	struct itimerspec timer = {.it_value = {.tv_sec = 0}};

	if (due_ns == UINT64_MAX)
		return -1;
	if (due_ns <= clock_now_ns() + SPIN_NS)
		return 0;
	timer.it_value.tv_sec = (time_t)(wake_ns / NS_PER_S);
	timer.it_value.tv_nsec = (long)(wake_ns % NS_PER_S);
	timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	return -1;
}

int wire_loop_run(struct wire_state *state)
{
	_cleanup_close_ int timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	/* The timer, then the ends. */
	struct pollfd fds[1 + WIRE_ENDS_MAX] = {{.fd = timer_fd, .events = POLLIN}};
	size_t n_ends = state->routes.n_ends;
	uint64_t expirations;

	if (timer_fd < 0)
		return -errno;
	for (size_t i = 0; i < n_ends; i++)
		fds[1 + i] = (struct pollfd){.fd = state->port_fds[i], .events = POLLIN};
	for (;;) {
		int timeout_ms = arm(timer_fd, wire_queue_due_ns(state->queue));

		if (poll(fds, 1 + n_ends, timeout_ms) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents && read(timer_fd, &expirations, sizeof(expirations)) < 0 &&
		    errno != EAGAIN)
			return -errno;
		for (size_t i = 0; i < n_ends; i++)
			if (fds[1 + i].revents)
				receive_batch(state, i);
		deliver_due(state);
	}
}
