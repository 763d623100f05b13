/* SPDX-License-Identifier: MIT */
/*
 * dial_run: dials a slice of the connections in this process and tells what becomes of each.
 *
 * Theory of operation
 *
 * Connection i goes to destination i / count. At most options->parallel dials are out at once;
 * on one machine most are decided when connect() returns, and never enter epoll before they
 * stand. With more than one local tuple each destination has a midair_pool, which lives while
 * dials to it are out. When descriptors or memory run out, no further dial is started; what
 * stands stays.
 */
#ifndef MIDAIR_CLI_DIAL_RUN_H
#define MIDAIR_CLI_DIAL_RUN_H

#include "cli/dial_options.h"

enum dial_news {
	DIAL_CONNECTED,	   /* local, remote, elapsed_ns */
	DIAL_FAILED,	   /* local, remote, result; n of the same kind */
	DIAL_STOPPED,	   /* result: why no more are started; n: not tried */
	DIAL_FINISHED,	   /* nothing is out any more */
	DIAL_PEERS_CLOSED, /* n kept connections were closed by their peers */
};

/* Goes through a pipe as it is: one write, less than PIPE_BUF. */
struct dial_record {
	enum dial_news news;
	int result;
	uint64_t n;
	int64_t elapsed_ns;
	struct midair_endpoint local;
	struct midair_endpoint remote;
};

struct dial_job {
	const struct dial_options *options;
	uint64_t first; /* connections first to end - 1 */
	uint64_t end;
	int stop_fd; /* readable: end */
	void (*tell)(void *context, const struct dial_record *record);
	/* Called now and then, and never more than 200 ms apart. */
	void (*tick)(void *context);
	void *context;
	int *take_fd; /* not NULL: a connection that stands is handed over here, and that is all */
};

/* Returns when all is decided, or interrupted. The kept connections stay open in *epoll_fd,
 * *n_kept of them. Returns 0 or -errno. */
int dial_run(const struct dial_job *job, int *epoll_fd, uint64_t *n_kept);

/* CLOCK_MONOTONIC. */
int64_t dial_now_ns(void);

/* Keeps what dial_run() left until it is interrupted or all peers have closed. 0 or -errno. */
int dial_keep(const struct dial_job *job, int epoll_fd, uint64_t n_kept);

#endif
