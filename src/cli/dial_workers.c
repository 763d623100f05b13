/* SPDX-License-Identifier: MIT */
#include "cli/dial_workers.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/stop.h"

/* Descriptors for everything but connections: standard ones, epoll, pipes, /proc, netlink. */
#define OTHER_DESCRIPTORS 32
#define BATCH		  512
#define TICK_MS		  200

static_assert(sizeof(struct dial_record) <= PIPE_BUF, "a record is written in one piece");

uint64_t dial_workers_capacity(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024 - OTHER_DESCRIPTORS;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur <= OTHER_DESCRIPTORS)
		return 1;
	/* RLIM_INFINITY, too: fs.nr_open is the end then, and 0x3fffffff its largest value. */
	return limit.rlim_cur > INT_MAX ? INT_MAX : limit.rlim_cur - OTHER_DESCRIPTORS;
}

/* In a worker: the parent reads as fast as it can, and when it is gone there is nobody to tell. */
static void write_record(void *context, const struct dial_record *record)
{
	const int *fd = context;

	while (write(*fd, record, sizeof(*record)) < 0 && errno == EINTR)
		;
}

static void work(const struct dial_job *job, uint32_t worker, uint32_t n_workers, int news_fd)
{
	uint64_t n = job->end - job->first;
	struct dial_job slice = *job;
	int epoll_fd;
	uint64_t n_kept;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	slice.first = job->first + n * worker / n_workers;
	slice.end = job->first + n * (worker + 1) / n_workers;
	slice.tell = write_record;
	slice.tick = NULL;
	slice.context = &news_fd;
	int result = dial_run(&slice, &epoll_fd, &n_kept);
	if (result == 0)
		result = dial_keep(&slice, epoll_fd, n_kept);
	/* Not exit(): the parent's buffers are not ours to write. */
	_exit(result == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Reads what there is. Returns 1 at the end of the pipe, 0, or -errno. */
static int read_news(const struct dial_job *job, int fd, uint32_t *n_finished)
{
	static struct dial_record records[BATCH];
	ssize_t n_bytes = read(fd, records, sizeof(records));

	if (n_bytes < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n_bytes == 0)
		return 1;
	for (size_t i = 0; i < (size_t)n_bytes / sizeof(records[0]); i++) {
		*n_finished += records[i].news == DIAL_FINISHED;
		job->tell(job->context, &records[i]);
	}
	return 0;
}

static int follow(const struct dial_job *job, int fd, uint32_t n_workers,
		  void (*finished)(void *context))
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	uint32_t n_finished = 0;
	bool is_told = false;
	int result = 0;

	while (result == 0) {
		int n_ready = poll(&waiting, 1, TICK_MS);

		if (n_ready < 0 && errno != EINTR)
			return -errno;
		if (n_ready > 0)
			result = read_news(job, fd, &n_finished);
		job->tick(job->context);
		if (n_finished == n_workers && !is_told) {
			is_told = true;
			finished(job->context);
		}
	}
	return result == 1 ? 0 : result;
}

static uint32_t start_workers(const struct dial_job *job, uint32_t n_workers, pid_t *workers,
			      const int news[2])
{
	for (uint32_t i = 0; i < n_workers; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			return i;
		if (workers[i] == 0) {
			close(news[0]);
			work(job, i, n_workers, news[1]);
		}
	}
	return n_workers;
}

/* Slices without a worker. */
static void tell_unstarted(const struct dial_job *job, uint32_t n_started, uint32_t n_workers,
			   int result)
{
	uint64_t n = job->end - job->first;

	job->tell(job->context, &(struct dial_record){
					.news = DIAL_STOPPED,
					.result = result,
					.n = n - n * n_started / n_workers,
				});
}

int dial_workers_run(const struct dial_job *job, uint32_t n_workers,
		     void (*finished)(void *context))
{
	pid_t workers[DIAL_WORKERS_MAX];
	int news[2];
	int result;

	/* Or each worker would write what is still in the buffer. */
	fflush(NULL);
	if (pipe2(news, O_CLOEXEC) < 0)
		return -errno;
	uint32_t n_started = start_workers(job, n_workers, workers, news);
	if (n_started < n_workers)
		tell_unstarted(job, n_started, n_workers, -errno);
	close(news[1]);
	result = follow(job, news[0], n_started, finished);
	close(news[0]);
	for (uint32_t i = 0; i < n_started; i++)
		while (waitpid(workers[i], NULL, 0) < 0 && errno == EINTR)
			;
	return result;
}
