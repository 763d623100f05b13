/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A timer for the run's start, then a session that meets the other side through the server, then
 * the encrypted stream. On it each side sends its message and ends its direction; the run is
 * verified when the peer's message has come and the stream has ended whole. The time of the first
 * byte is when the whole message, which is one record, could be read.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "lab/side_process.h"
#include "os/cleanup.h"

static uint32_t to_epoll(short events)
{
	return (events & POLLIN ? (uint32_t)EPOLLIN : 0) |
	       (events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
}

void side_pair_start(struct side_worker *worker, uint32_t number)
{
	const struct side_run *run = &worker->config->runs[number];
	struct side_attempt *attempt = &worker->attempts[number];
	const struct itimerspec timer = {.it_value = run->start};
	int result = 0;

	attempt->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (attempt->timer_fd < 0 ||
	    timerfd_settime(attempt->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0)
		result = -errno;
	if (result == 0)
		result = side_worker_watch(worker, attempt->timer_fd, EPOLLIN, number);
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

static void enter(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	struct midair_pair_config config;
	int result = 0;

	attempt->timer_fd = close_fd(attempt->timer_fd);
	/* The scenario's skew is too small: nobody could have told b the code. */
	if (!pairing_configure(worker->config->pairing, worker->config->side, number, &config))
		result = MIDAIR_E_CONFIG;
	attempt->offset_ns = side_worker_now_ns(worker, number);
	worker->report->outcomes[number].begin_ns = attempt->offset_ns;
	if (result == 0)
		result = midair_session_pair(&attempt->session, &config);
	if (result == 0)
		result = side_worker_watch(worker, midair_session_fd(attempt->session), EPOLLIN,
					   number);
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

/* The message, then the end of our direction. Returns 0, -EAGAIN, or what went wrong. */
static int say(const struct side_worker *worker, struct side_attempt *attempt, uint32_t number)
{
	char message[SIDE_MESSAGE_BYTES + 1];

	side_worker_message(message, worker->config->side, number);
	while (attempt->n_sent < SIDE_MESSAGE_BYTES) {
		size_t n = 0;
		int result = midair_stream_write(attempt->stream, message + attempt->n_sent,
						 SIDE_MESSAGE_BYTES - attempt->n_sent, &n);

		if (result != 0)
			return result;
		attempt->n_sent += n;
	}
	/* One's own end only after the other's message: who ends first may not have both. */
	if (attempt->n_received < SIDE_MESSAGE_BYTES)
		return midair_stream_flush(attempt->stream);
	return midair_stream_shutdown(attempt->stream);
}

/* Returns 0 when all has come and the stream has ended, -EAGAIN, or what went wrong. */
static int hear(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	char more;

	for (;;) {
		bool is_whole = attempt->n_received == SIDE_MESSAGE_BYTES;
		size_t room =
			is_whole ? sizeof(more) : SIDE_MESSAGE_BYTES - attempt->n_received;
		size_t n = 0;
		int result = midair_stream_read(
			attempt->stream,
			is_whole ? &more : attempt->received + attempt->n_received, room, &n);

		if (result == MIDAIR_E_END && is_whole)
			return 0;
		if (result != 0)
			return result == MIDAIR_E_END ? MIDAIR_E_LOST : result;
		if (is_whole)
			return MIDAIR_E_PROTOCOL;
		attempt->n_received += n;
		if (attempt->n_received == SIDE_MESSAGE_BYTES)
			side_worker_note_first_byte(worker, number);
	}
}

static void step_stream(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	struct epoll_event event = {.data.u32 = number};
	char expected[SIDE_MESSAGE_BYTES + 1];
	int heard = hear(worker, number);
	int said = heard == 0 || heard == -EAGAIN ? say(worker, attempt, number) : heard;

	if (said != 0 && said != -EAGAIN) {
		side_worker_end(worker, number, said, false);
		return;
	}
	if (heard == 0 && said == 0) {
		side_worker_message(expected, worker->config->side == LAB_A ? LAB_B : LAB_A,
				    number);
		side_worker_end(worker, number, 0,
				memcmp(attempt->received, expected, SIDE_MESSAGE_BYTES) == 0);
		return;
	}
	event.events = to_epoll(midair_stream_events(attempt->stream));
	epoll_ctl(worker->epoll_fd, EPOLL_CTL_MOD, midair_stream_fd(attempt->stream), &event);
}

static void adopt(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	int result = midair_session_take_stream(attempt->session, &attempt->stream);

	attempt->session = midair_session_free(attempt->session);
	if (result == 0)
		result = side_worker_watch(worker, midair_stream_fd(attempt->stream),
					   to_epoll(midair_stream_events(attempt->stream)),
					   number);
	if (result != 0)
		side_worker_end(worker, number, result, false);
	else
		step_stream(worker, number);
}

static void step_session(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	int result = midair_session_dispatch(attempt->session);
	struct midair_event event;

	while (midair_session_next_event(attempt->session, &event) == 0) {
		event.time_ns += attempt->offset_ns;
		side_worker_record(worker, number, &event);
		if (event.type == MIDAIR_EVENT_CODE)
			pairing_tell_code(worker->config->pairing, number,
					  midair_session_code(attempt->session));
		if (event.type == MIDAIR_EVENT_CONNECTED) {
			adopt(worker, number);
			return;
		}
		if (event.type == MIDAIR_EVENT_FAILED) {
			side_worker_end(worker, number, event.result, false);
			return;
		}
	}
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

void side_pair_step(struct side_worker *worker, uint32_t number)
{
	const struct side_attempt *attempt = &worker->attempts[number];

	if (attempt->stream)
		step_stream(worker, number);
	else if (attempt->session)
		step_session(worker, number);
	else if (attempt->timer_fd >= 0)
		enter(worker, number);
}
