/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Each run is an attempt, and when it has connected, a connection on which both sides send one
 * short message that names the run and the sender. The run is verified when the peer's message
 * for the same run has come: a connection to ourselves, to a stranger or to another run's socket
 * shows here, whatever the attempt says. All of them hang in one epoll; the number of the run is
 * the epoll's data.
 */
#include "lab/side_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"

/* After the last attempt's timeout: for a message that is lost and sent again. */
#define GRACE_NS  UINT64_C(8000000000)
#define NS_PER_MS UINT64_C(1000000)
#define BATCH	  32

static int64_t until_ns(const struct timespec *instant)
{
	struct timespec now = clock_realtime();

	return (instant->tv_sec - now.tv_sec) * INT64_C(1000000000) +
	       (instant->tv_nsec - now.tv_nsec);
}

void side_worker_message(char message[SIDE_MESSAGE_BYTES + 1], enum lab_side side,
			 uint32_t number)
{
	snprintf(message, SIDE_MESSAGE_BYTES + 1, "%c %05u\n", side == LAB_A ? 'a' : 'b',
		 number % 100000);
}

int side_worker_watch(struct side_worker *worker, int fd, uint32_t events, uint32_t number)
{
	struct epoll_event event = {.events = events, .data.u32 = number};

	return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void close_attempt(struct side_attempt *attempt)
{
	attempt->session = midair_session_free(attempt->session);
	attempt->stream = midair_stream_free(attempt->stream);
	attempt->timer_fd = close_fd(attempt->timer_fd);
	attempt->dial_fd = close_fd(attempt->dial_fd);
	attempt->fd = close_fd(attempt->fd);
}

void side_worker_end(struct side_worker *worker, uint32_t number, int result, bool is_verified)
{
	struct side_outcome *outcome = &worker->report->outcomes[number];

	close_attempt(&worker->attempts[number]);
	outcome->result = result;
	outcome->is_verified = is_verified;
	outcome->is_over = true;
	worker->n_open--;
}

int64_t side_worker_now_ns(const struct side_worker *worker, uint32_t number)
{
	return -until_ns(&worker->config->runs[number].start);
}

void side_worker_note_first_byte(struct side_worker *worker, uint32_t number)
{
	worker->report->outcomes[number].first_byte_ns = side_worker_now_ns(worker, number);
}

void side_worker_record(struct side_worker *worker, uint32_t number,
			const struct midair_event *event)
{
	struct side_report *report = worker->report;
	uint32_t n_events = atomic_load(&report->n_events);

	if (event->type == MIDAIR_EVENT_DIAL && report->outcomes[number].n_dials++ == 0)
		report->outcomes[number].first_dial_ns = event->time_ns;
	if (event->type == MIDAIR_EVENT_AUTHENTICATED)
		report->outcomes[number].landed_ns =
			side_worker_now_ns(worker, number) - event->elapsed_ns;
	if (event->type == MIDAIR_EVENT_CONNECTED || event->type == MIDAIR_EVENT_FAILED) {
		report->outcomes[number].last = *event;
		report->outcomes[number].last_ns = side_worker_now_ns(worker, number);
		if (report->outcomes[number].landed_ns == 0)
			report->outcomes[number].landed_ns = report->outcomes[number].last_ns;
	}
	if (n_events >= SIDE_EVENTS_MAX) {
		report->n_unrecorded++;
		return;
	}
	report->events[n_events] = (struct side_event){.run = number, .event = *event};
	atomic_store(&report->n_events, n_events + 1);
}

void side_worker_adopt(struct side_worker *worker, uint32_t number, int fd)
{
	char message[SIDE_MESSAGE_BYTES + 1];
	int result = fd < 0 ? fd : side_worker_watch(worker, fd, EPOLLIN, number);

	worker->attempts[number].fd = fd;
	side_worker_message(message, worker->config->side, number);
	if (result == 0 &&
	    send(fd, message, SIDE_MESSAGE_BYTES, MSG_NOSIGNAL) != SIDE_MESSAGE_BYTES)
		result = -errno;
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

static void step_connection(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	char expected[SIDE_MESSAGE_BYTES + 1];
	ssize_t n_bytes = recv(attempt->fd, attempt->received + attempt->n_received,
			       SIDE_MESSAGE_BYTES - attempt->n_received, MSG_DONTWAIT);

	if (n_bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n_bytes <= 0) {
		side_worker_end(worker, number, n_bytes < 0 ? -errno : MIDAIR_E_LOST, false);
		return;
	}
	attempt->n_received += (size_t)n_bytes;
	if (attempt->n_received < SIDE_MESSAGE_BYTES)
		return;
	side_worker_message(expected, worker->config->side == LAB_A ? LAB_B : LAB_A, number);
	side_worker_note_first_byte(worker, number);
	side_worker_end(worker, number, 0,
			memcmp(attempt->received, expected, SIDE_MESSAGE_BYTES) == 0);
}

static void step(struct side_worker *worker, uint32_t number)
{
	const struct side_attempt *attempt = &worker->attempts[number];

	if (worker->config->method == SIDE_PAIR)
		side_pair_step(worker, number);
	else if (attempt->fd >= 0)
		step_connection(worker, number);
	else if (attempt->session)
		side_session_step(worker, number);
	else if (attempt->timer_fd >= 0)
		side_plain_step(worker, number);
}

static uint64_t deadline_ns(const struct side_config *config)
{
	int64_t last_ns = 0;

	for (uint32_t i = 0; i < config->n_runs; i++) {
		int64_t wait_ns = until_ns(&config->runs[i].start);

		if (wait_ns > last_ns)
			last_ns = wait_ns;
	}
	return clock_now_ns() + (uint64_t)last_ns + config->timeout_ms * NS_PER_MS + GRACE_NS;
}

static void work(struct side_worker *worker, uint64_t end_ns)
{
	struct epoll_event events[BATCH];

	while (worker->n_open > 0 && clock_now_ns() < end_ns) {
		int timeout_ms = (int)((end_ns - clock_now_ns()) / NS_PER_MS) + 1;
		int n_events = epoll_wait(worker->epoll_fd, events, BATCH, timeout_ms);

		for (int i = 0; i < n_events; i++)
			step(worker, events[i].data.u32);
	}
}

static void start(struct side_worker *worker)
{
	for (uint32_t i = 0; i < worker->config->n_runs; i++)
		worker->attempts[i] =
			(struct side_attempt){.timer_fd = -1, .dial_fd = -1, .fd = -1};
	for (uint32_t i = 0; i < worker->config->n_runs; i++) {
		switch (worker->config->method) {
		case SIDE_ENGINE:
			side_session_start(worker, i);
			break;
		case SIDE_PLAIN:
			side_plain_start(worker, i);
			break;
		case SIDE_PAIR:
			side_pair_start(worker, i);
			break;
		}
	}
}

int side_process_main(void *context)
{
	const struct side_process *process = context;
	uint32_t n_runs = process->config->n_runs;
	_cleanup_close_ int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	_cleanup_free_ struct side_attempt *attempts = calloc(n_runs, sizeof(*attempts));
	struct side_worker worker = {
		.config = process->config,
		.report = process->report,
		.attempts = attempts,
		.n_open = n_runs,
		.epoll_fd = epoll_fd,
	};

	if (!attempts || epoll_fd < 0)
		return 1;
	start(&worker);
	work(&worker, deadline_ns(process->config));
	for (uint32_t i = 0; i < n_runs; i++) {
		if (!worker.report->outcomes[i].is_over)
			side_worker_end(&worker, i, -ETIMEDOUT, false);
	}
	return 0;
}
