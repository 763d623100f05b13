/* SPDX-License-Identifier: MIT */
/*
 * What the engine is compared with: bind(), and one connect() at the instant, as people do by
 * hand. Its events are of the same form, so the same story can be told of it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "lab/side_process.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
/* The timer wakes so much earlier, the rest is spun: the same as the engine's. */
#define SPIN_NS INT64_C(300000)

static int64_t since_start_ns(const struct side_run *run)
{
	struct timespec now = clock_realtime();

	return (now.tv_sec - run->start.tv_sec) * NS_PER_S + (now.tv_nsec - run->start.tv_nsec);
}

/* Arms the timer for an instant that counts from the run's start. */
static int arm(int timer_fd, const struct side_run *run, int64_t after_ns)
{
	int64_t at_ns = run->start.tv_sec * NS_PER_S + run->start.tv_nsec + after_ns;
	struct itimerspec timer = {
		.it_value = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S},
	};

	return timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0 ? -errno : 0;
}

static int bind_port(const struct side_worker *worker, uint16_t port)
{
	struct midair_endpoint local = {.family = worker->config->peer.family, .port = port};
	_cleanup_close_ int fd =
		socket(local.family == MIDAIR_IPV6 ? AF_INET6 : AF_INET,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(&local, &address);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	return take_fd(&fd);
}

void side_plain_start(struct side_worker *worker, uint32_t number)
{
	const struct side_run *run = &worker->config->runs[number];
	struct side_attempt *attempt = &worker->attempts[number];
	int result = 0;

	attempt->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (attempt->timer_fd < 0)
		result = -errno;
	if (result == 0)
		result = arm(attempt->timer_fd, run, -SPIN_NS);
	if (result == 0)
		result = side_worker_watch(worker, attempt->timer_fd, EPOLLIN, number);
	attempt->dial_fd = result == 0 ? bind_port(worker, run->port) : -1;
	if (result == 0 && attempt->dial_fd < 0)
		result = attempt->dial_fd;
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

static struct midair_event event_of(const struct side_worker *worker, uint32_t number,
				    enum midair_event_type type)
{
	const struct side_run *run = &worker->config->runs[number];
	struct midair_event event = {
		.type = type,
		.time_ns = since_start_ns(run),
		.local = {.family = worker->config->peer.family, .port = run->port},
		.remote = worker->config->peer,
		.try_number = 1,
	};

	event.remote.port = run->port;
	event.elapsed_ns = event.time_ns;
	return event;
}

static void fail(struct side_worker *worker, uint32_t number, int result)
{
	struct midair_event event = event_of(worker, number, MIDAIR_EVENT_FAILED);

	event.result = result;
	side_worker_record(worker, number, &event);
	side_worker_end(worker, number, result, false);
}

static void dial(struct side_worker *worker, uint32_t number)
{
	const struct side_run *run = &worker->config->runs[number];
	struct side_attempt *attempt = &worker->attempts[number];
	struct midair_event event;
	struct sockaddr_storage address;
	struct midair_endpoint remote = worker->config->peer;
	socklen_t length;
	int result;

	remote.port = run->port;
	length = (socklen_t)midair_endpoint_to_sockaddr(&remote, &address);
	while (since_start_ns(run) < 0)
		;
	result =
		connect(attempt->dial_fd, (struct sockaddr *)&address, length) < 0 ? -errno : 0;
	event = event_of(worker, number, MIDAIR_EVENT_DIAL);
	side_worker_record(worker, number, &event);
	if (result == 0 || result == -EINPROGRESS)
		result = arm(attempt->timer_fd, run, worker->config->timeout_ms * NS_PER_MS);
	if (result == 0)
		result = side_worker_watch(worker, attempt->dial_fd, EPOLLOUT, number);
	if (result != 0)
		fail(worker, number, result);
}

static void conclude(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	struct sockaddr_storage peer;
	socklen_t peer_length = sizeof(peer);
	int error = 0;
	socklen_t length = sizeof(error);
	struct midair_event event;

	getsockopt(attempt->dial_fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		fail(worker, number, error == ETIMEDOUT ? MIDAIR_E_TIMEOUT : MIDAIR_E_REFUSED);
		return;
	}
	if (getpeername(attempt->dial_fd, (struct sockaddr *)&peer, &peer_length) < 0)
		return; /* the deadline's timer woke us */
	event = event_of(worker, number, MIDAIR_EVENT_CONNECTED);
	side_worker_record(worker, number, &event);
	epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, attempt->dial_fd, NULL);
	attempt->timer_fd = close_fd(attempt->timer_fd);
	side_worker_adopt(worker, number, take_fd(&attempt->dial_fd));
}

void side_plain_step(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	uint64_t n_expirations;
	bool has_expired = read(attempt->timer_fd, &n_expirations, sizeof(n_expirations)) ==
			   (ssize_t)sizeof(n_expirations);

	if (worker->report->outcomes[number].n_dials == 0) {
		const struct side_run *run = &worker->config->runs[number];

		if (!has_expired)
			return;
		/* Somebody may have set the clock back. */
		if (since_start_ns(run) < -2 * SPIN_NS)
			arm(attempt->timer_fd, run, -SPIN_NS);
		else
			dial(worker, number);
		return;
	}
	if (has_expired)
		fail(worker, number, MIDAIR_E_TIMEOUT);
	else
		conclude(worker, number);
}
