/* SPDX-License-Identifier: MIT */
/*
 * log: one line for each event on standard error, as text or JSON. Never a secret, a share, a
 * payload or the name of a room that is not a number. Lines beyond the limit, and those that
 * standard error does not take at once, are counted, not written: a log that is not read must not
 * stop the server.
 */
#ifndef MIDAIR_SERVE_LOG_H
#define MIDAIR_SERVE_LOG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/bucket.h"
#include "midair/midair.h"

struct log {
	bool is_json;
	bool has_addresses;
	_Atomic uint32_t lines_per_minute;
	pthread_mutex_t lock;
	struct bucket bucket;
	uint64_t n_untold; /* dropped since the last line */
	_Atomic uint64_t n_dropped;
};

#define LOG_LINE_SIZE 640

struct log_line {
	struct log *log;
	size_t size;
	char text[LOG_LINE_SIZE];
};

void log_init(struct log *log, bool is_json, bool has_addresses, uint32_t lines_per_minute);

/* A line: begin, then its fields, then end. event and keys are ours; texts are quoted. */
void log_begin(struct log_line *line, struct log *log, const char *event);
void log_text(struct log_line *line, const char *key, const char *text);
void log_number(struct log_line *line, const char *key, uint64_t number);
void log_endpoint(struct log_line *line, const char *key,
		  const struct midair_endpoint *endpoint);
void log_end(struct log_line *line);

/* The same for what is told once, at the start and the end: it is never left out. */
void log_end_always(struct log_line *line);

#endif
