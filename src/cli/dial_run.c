/* SPDX-License-Identifier: MIT */
#include "cli/dial_run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/dial_pool.h"

#define TICK_MS	    200
#define EVENT_BATCH 256
#define NS_PER_MS   INT64_C(1000000)

/* What an epoll event is about: a dial by its place, or a kept connection by its descriptor. */
#define KEPT (UINT64_C(1) << 32)
#define STOP (UINT64_C(2) << 32)

/* One dial that is out. */
struct dial {
	int fd; /* -1: the place is free */
	bool is_watched;
	uint64_t number;
	uint32_t alternative;
	int64_t start_ns;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	struct dial_pool *pool;
};

struct run {
	const struct dial_job *job;
	const struct dial_options *options;
	struct midair_dial_config config;
	struct dial *dials;    /* options->parallel of them */
	uint32_t *free_places; /* a stack of the free ones */
	uint32_t n_out;
	uint32_t *alternatives; /* for each target: the address that is tried now */
	struct dial_pool *pool;
	int epoll_fd;
	uint64_t next;
	uint64_t n_kept;
	int64_t next_tick_ns;
	bool is_stopped;
	bool has_closed;
	bool is_pool_waiting;  /* full, until a port comes back */
	int64_t full_since_ns; /* 0: the last dial had a port */
};

int64_t dial_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void tell(const struct run *run, const struct dial_record *record)
{
	run->job->tell(run->job->context, record);
}

/* Nothing of this kind gets better by trying the next one. */
static bool is_out_of_resources(int result)
{
	return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
	       result == -ENOMEM;
}

static void stop_starting(struct run *run, int result)
{
	tell(run, &(struct dial_record){
			  .news = DIAL_STOPPED,
			  .result = result,
			  .n = run->job->end - run->next,
		  });
	run->next = run->job->end;
}

static void give_back(const struct dial *dial, enum midair_pool_fate fate)
{
	if (dial->pool == NULL)
		return;
	midair_pool_give(dial->pool->pool, &dial->local, fate);
	dial_pool_release(dial->pool);
}

static void free_place(struct run *run, struct dial *dial)
{
	dial->fd = -1;
	run->free_places[--run->n_out] = (uint32_t)(dial - run->dials);
	run->is_pool_waiting = false;
}

/* A name has several addresses: the next one may answer. */
static bool has_alternative(const struct dial_range *target, uint32_t alternative)
{
	return target->is_name && alternative + 1 < target->n_addresses;
}

static void tell_failed(const struct run *run, const struct dial *dial, int result, uint64_t n)
{
	tell(run, &(struct dial_record){
			  .news = DIAL_FAILED,
			  .result = result,
			  .n = n,
			  .local = dial->local,
			  .remote = dial->remote,
		  });
}

static int start(struct run *run, struct dial *dial)
{
	int result;

	run->config.remote = dial->remote;
	dial->start_ns = dial_now_ns();
	if (!dial_pool_is_needed(run->options)) {
		dial->local = run->config.local;
		return midair_dial_start(&run->config, &dial->fd);
	}
	result = dial_pool_use(&run->pool, run->options, &dial->remote);
	if (result == 0) {
		dial->start_ns = dial_now_ns();
		result = dial_pool_dial(run->pool, &run->config, &dial->fd, &dial->local);
	}
	if (result == 0) {
		dial->pool = run->pool;
		dial->pool->n_users++;
	}
	return result;
}

/* A kept connection is watched for its peer's end. */
static void keep(struct run *run, struct dial *dial)
{
	struct epoll_event event = {
		.events = EPOLLRDHUP | EPOLLET,
		.data.u64 = KEPT | (uint32_t)dial->fd,
	};
	int operation = dial->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	/* Without memory for a watch the connection is kept all the same. */
	(void)epoll_ctl(run->epoll_fd, operation, dial->fd, &event);
	run->n_kept++;
	if (dial->pool != NULL)
		dial_pool_release(dial->pool);
}

static void connected(struct run *run, struct dial *dial)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct dial_record record = {
		.news = DIAL_CONNECTED,
		.elapsed_ns = dial_now_ns() - dial->start_ns,
		.local = dial->local,
		.remote = dial->remote,
	};

	if (getsockname(dial->fd, (struct sockaddr *)&address, &length) == 0)
		midair_endpoint_from_sockaddr(&record.local, (struct sockaddr *)&address,
					      length);
	if (run->job->take_fd != NULL) {
		*run->job->take_fd = dial->fd;
		epoll_ctl(run->epoll_fd, EPOLL_CTL_DEL, dial->fd, NULL);
		give_back(dial, MIDAIR_POOL_FREE);
	} else if (run->options->is_closing) {
		close(dial->fd);
		run->has_closed = true;
		give_back(dial, MIDAIR_POOL_TIME_WAIT);
	} else {
		keep(run, dial);
	}
	free_place(run, dial);
	tell(run, &record);
}

static void start_dial(struct run *run, uint64_t number, uint32_t alternative);

static void failed(struct run *run, struct dial *dial, int result)
{
	struct dial ended = *dial;
	struct midair_endpoint remote;
	uint64_t destination = dial->number / run->options->count;
	const struct dial_range *target =
		dial_options_destination(run->options, destination, dial->alternative, &remote);

	close(dial->fd);
	give_back(dial, MIDAIR_POOL_FREE);
	free_place(run, dial);
	if (has_alternative(target, ended.alternative)) {
		run->alternatives[target - run->options->targets] = ended.alternative + 1;
		start_dial(run, ended.number, ended.alternative + 1);
	} else {
		tell_failed(run, &ended, result, 1);
	}
}

/* The dial is out: decided already, or to be waited for. */
static void follow(struct run *run, struct dial *dial)
{
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLET,
		.data.u64 = (uint64_t)(dial - run->dials),
	};
	int result = midair_dial_finish(dial->fd);

	if (result == -EINPROGRESS && !dial->is_watched) {
		dial->is_watched = true;
		if (epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, dial->fd, &event) < 0)
			result = -errno;
	}
	if (result == 0)
		connected(run, dial);
	else if (result != -EINPROGRESS)
		failed(run, dial, result);
}

/* All that remains for this destination would fail in the same way. */
static void fail_destination(struct run *run, struct dial *dial)
{
	uint64_t end = (dial->number / run->options->count + 1) * run->options->count;

	if (end > run->job->end)
		end = run->job->end;
	tell_failed(run, dial, MIDAIR_E_FULL, end - dial->number);
	run->next = end;
}

/* Whether a port is going to come back: from a dial that is out, or one that we have closed and
 * that the peer has not closed yet. */
static bool is_worth_waiting(struct run *run)
{
	int64_t timeout_ns = run->options->timeout_ms * NS_PER_MS;

	if (run->full_since_ns == 0)
		run->full_since_ns = dial_now_ns();
	return run->n_out > 0 || (run->options->is_closing && run->has_closed &&
				  dial_now_ns() - run->full_since_ns < timeout_ns);
}

/* No SYN has left. */
static void not_started(struct run *run, struct dial *dial, int result)
{
	/* The second address of a name is tried late: others have been started meanwhile. */
	bool is_newest = dial->number + 1 == run->next;

	if (is_newest && result == MIDAIR_E_FULL && is_worth_waiting(run)) {
		run->next = dial->number;
		run->is_pool_waiting = true;
	} else if (is_newest && result == MIDAIR_E_FULL) {
		fail_destination(run, dial);
	} else if (is_newest && is_out_of_resources(result)) {
		run->next = dial->number;
		stop_starting(run, result);
	} else {
		tell_failed(run, dial, result, 1);
	}
}

static void start_dial(struct run *run, uint64_t number, uint32_t alternative)
{
	struct dial *dial = &run->dials[run->free_places[run->n_out]];
	uint64_t destination = number / run->options->count;
	int result;

	*dial = (struct dial){.fd = -1, .number = number, .alternative = alternative};
	for (;;) {
		const struct dial_range *target = dial_options_destination(
			run->options, destination, dial->alternative, &dial->remote);

		result = start(run, dial);
		if (result == 0 || is_out_of_resources(result) || result == MIDAIR_E_FULL ||
		    !has_alternative(target, dial->alternative))
			break;
		run->alternatives[target - run->options->targets] = ++dial->alternative;
	}
	if (result != 0) {
		not_started(run, dial, result);
		return;
	}
	run->n_out++;
	run->full_since_ns = 0;
	follow(run, dial);
}

static void start_dials(struct run *run)
{
	/* Ticks come between: a run of dials that are decided at once never waits. */
	while (run->next < run->job->end && run->n_out < run->options->parallel &&
	       !run->is_pool_waiting && dial_now_ns() < run->next_tick_ns) {
		struct midair_endpoint remote;
		uint64_t number = run->next++;
		const struct dial_range *target = dial_options_destination(
			run->options, number / run->options->count, 0, &remote);

		start_dial(run, number, run->alternatives[target - run->options->targets]);
		if (run->job->take_fd != NULL && *run->job->take_fd >= 0)
			return;
	}
}

static void peer_closed(struct run *run, int fd)
{
	close(fd);
	run->n_kept--;
	tell(run, &(struct dial_record){.news = DIAL_PEERS_CLOSED, .n = 1});
}

static int collect(struct run *run, int timeout_ms)
{
	struct epoll_event events[EVENT_BATCH];
	int n = epoll_wait(run->epoll_fd, events, EVENT_BATCH, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		uint64_t about = events[i].data.u64;

		if (about == STOP)
			run->is_stopped = true;
		else if ((about & KEPT) != 0)
			peer_closed(run, (int)(uint32_t)about);
		else if (run->dials[about].fd >= 0)
			follow(run, &run->dials[about]);
	}
	return 0;
}

/* Deadlines, looked at with each tick: a dial may be late by that. */
static void expire(struct run *run, int64_t now)
{
	int64_t timeout_ns = run->options->timeout_ms * NS_PER_MS;

	for (uint32_t i = 0; i < run->options->parallel; i++)
		if (run->dials[i].fd >= 0 && now - run->dials[i].start_ns >= timeout_ns)
			failed(run, &run->dials[i], -ETIMEDOUT);
}

static int64_t tick_ns(const struct run *run)
{
	uint32_t timeout_ms = run->options->timeout_ms;

	return (timeout_ms < TICK_MS ? timeout_ms : TICK_MS) * NS_PER_MS;
}

static void tick(struct run *run)
{
	int64_t now = dial_now_ns();

	if (now < run->next_tick_ns)
		return;
	run->next_tick_ns = now + tick_ns(run);
	expire(run, now);
	if (run->job->tick != NULL)
		run->job->tick(run->job->context);
}

static bool is_over(const struct run *run)
{
	bool is_taken = run->job->take_fd != NULL && *run->job->take_fd >= 0;

	return is_taken || run->is_stopped || (run->next >= run->job->end && run->n_out == 0);
}

static int wait_ms(const struct run *run)
{
	int64_t left_ms = (run->next_tick_ns - dial_now_ns()) / NS_PER_MS + 1;
	bool can_start = run->next < run->job->end && run->n_out < run->options->parallel &&
			 !run->is_pool_waiting;

	/* The pool is asked again: it knows when what was held is due. */
	if (run->is_pool_waiting && run->n_out == 0)
		return 1;
	return can_start || left_ms < 0 ? 0 : (int)left_ms;
}

static int loop(struct run *run)
{
	int result = 0;

	while (result == 0 && !is_over(run)) {
		start_dials(run);
		if (!is_over(run))
			result = collect(run, wait_ms(run));
		if (run->n_out == 0)
			run->is_pool_waiting = false;
		tick(run);
	}
	return result;
}

static int prepare(struct run *run)
{
	const struct dial_options *options = run->options;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = STOP};

	run->config = (struct midair_dial_config){
		.size = sizeof(run->config),
		.policy = options->policy,
	};
	if (options->from.n_addresses == 1)
		run->config.local = options->from.addresses[0];
	run->config.local.port = options->from.first_port;
	run->dials = calloc(options->parallel, sizeof(*run->dials));
	run->free_places = calloc(options->parallel, sizeof(*run->free_places));
	run->alternatives = calloc(options->n_targets, sizeof(*run->alternatives));
	if (run->dials == NULL || run->free_places == NULL || run->alternatives == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < options->parallel; i++) {
		run->dials[i].fd = -1;
		run->free_places[i] = i;
	}
	run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (run->epoll_fd < 0 ||
	    epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, run->job->stop_fd, &event) < 0)
		return -errno;
	return midair_dial_prepare(&run->config);
}

static void clean_up(struct run *run)
{
	for (uint32_t i = 0; run->dials != NULL && i < run->options->parallel; i++) {
		if (run->dials[i].fd < 0)
			continue;
		close(run->dials[i].fd);
		give_back(&run->dials[i], MIDAIR_POOL_FREE);
	}
	dial_pool_release(run->pool);
	free(run->dials);
	free(run->free_places);
	free(run->alternatives);
}

int dial_run(const struct dial_job *job, int *epoll_fd, uint64_t *n_kept)
{
	struct run run = {
		.job = job,
		.options = job->options,
		.next = job->first,
		.epoll_fd = -1,
		.next_tick_ns = dial_now_ns() + TICK_MS * NS_PER_MS,
	};
	int result = prepare(&run);

	if (result == 0)
		result = loop(&run);
	clean_up(&run);
	*epoll_fd = run.epoll_fd;
	*n_kept = run.n_kept;
	if (result == 0 && !run.is_stopped)
		tell(&run, &(struct dial_record){.news = DIAL_FINISHED});
	return result;
}

int dial_keep(const struct dial_job *job, int epoll_fd, uint64_t n_kept)
{
	struct run run = {.job = job, .epoll_fd = epoll_fd, .n_kept = n_kept};
	int result = 0;

	while (result == 0 && run.n_kept > 0 && !run.is_stopped) {
		result = collect(&run, TICK_MS);
		if (job->tick != NULL)
			job->tick(job->context);
	}
	return result;
}
