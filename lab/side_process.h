/* SPDX-License-Identifier: MIT */
/*
 * side_process: the inside of a side. side_process.c holds the loop and checks the connections,
 * side_session.c makes them with midair sessions, side_plain.c with one connect() each.
 */
#ifndef MIDAIR_LAB_SIDE_PROCESS_H
#define MIDAIR_LAB_SIDE_PROCESS_H

#include "lab/side.h"

struct side_process {
	const struct side_config *config;
	struct side_report *report;
};

/* Runs all attempts to their ends. context: a struct side_process. Returns 0, or 1 when the
 * machine lacks memory or descriptors. */
int side_process_main(void *context);

/* "a 00042\n" */
#define SIDE_MESSAGE_BYTES 8

struct side_attempt {
	struct midair_session *session; /* side_session.c's, until it is connected */
	int timer_fd;			/* side_plain.c's: the instant, then the deadline */
	int dial_fd;			/* side_plain.c's, until it is connected */
	int fd;				/* the connection, when there is one */
	char received[SIDE_MESSAGE_BYTES];
	size_t n_received;
};

struct side_worker {
	const struct side_config *config;
	struct side_report *report;
	struct side_attempt *attempts;
	uint32_t n_open;
	int epoll_fd;
};

/* For both ways of attempting. watch returns 0 or -errno; adopt takes the descriptor. */
int side_worker_watch(struct side_worker *worker, int fd, uint32_t events, uint32_t number);
void side_worker_record(struct side_worker *worker, uint32_t number,
			const struct midair_event *event);
void side_worker_adopt(struct side_worker *worker, uint32_t number, int fd);
void side_worker_end(struct side_worker *worker, uint32_t number, int result, bool is_verified);

void side_session_start(struct side_worker *worker, uint32_t number);
void side_session_step(struct side_worker *worker, uint32_t number);
void side_plain_start(struct side_worker *worker, uint32_t number);
void side_plain_step(struct side_worker *worker, uint32_t number);

#endif
