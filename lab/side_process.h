/* SPDX-License-Identifier: MIT */
/*
 * side_process: the inside of a side. side_process.c holds the loop and checks the connections,
 * side_session.c makes them with midair sessions, side_plain.c with one connect() each,
 * side_pair.c through the server.
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
	struct midair_session *session; /* not side_plain.c's; until it is connected */
	struct midair_stream *stream;	/* side_pair.c's, when it is connected */
	int timer_fd; /* side_plain.c's: the instant, then the deadline; side_pair.c's: the instant */
	int dial_fd; /* side_plain.c's, until it is connected */
	int fd;	     /* the connection, when there is one */
	char received[SIDE_MESSAGE_BYTES];
	size_t n_received;
	size_t n_sent;	   /* side_pair.c's */
	int64_t offset_ns; /* the same: from the run's start to that of the session's own clock */
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
/* Since the run's start, by CLOCK_REALTIME. */
int64_t side_worker_now_ns(const struct side_worker *worker, uint32_t number);
void side_worker_note_first_byte(struct side_worker *worker, uint32_t number);
void side_worker_message(char message[SIDE_MESSAGE_BYTES + 1], enum lab_side side,
			 uint32_t number);

void side_session_start(struct side_worker *worker, uint32_t number);
void side_session_step(struct side_worker *worker, uint32_t number);
void side_plain_start(struct side_worker *worker, uint32_t number);
void side_plain_step(struct side_worker *worker, uint32_t number);
void side_pair_start(struct side_worker *worker, uint32_t number);
void side_pair_step(struct side_worker *worker, uint32_t number);

#endif
