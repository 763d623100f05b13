/* SPDX-License-Identifier: MIT */
/* program: a program, or a function, that runs in one host of the lab with a pipe at each of its
 * three ends. Only inside namespace_run(). */
#ifndef MIDAIR_LAB_PROGRAM_H
#define MIDAIR_LAB_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "lab/reason.h"

/* Of each stream so much is kept, with a final NUL; what comes later is read and dropped. */
#define PROGRAM_TEXT_SIZE 65536

enum program_stream { PROGRAM_OUTPUT, PROGRAM_ERRORS };
#define PROGRAM_N_STREAMS (PROGRAM_ERRORS + 1)

struct program_config {
	int namespace_fd; /* the host's; -1: where the caller is */
	/* A function, whose value is the exit status; it keeps the caller's descriptors, so that it
	 * is to be started before programs whose pipes it should not hold. */
	int (*function)(void *context);
	void *context;
	/* Or an executable, see program_open(), with all its arguments and what is added to our
	 * environment ("NAME=value"), both NULL-terminated; environment may be NULL. */
	int executable_fd;
	const char *const *arguments;
	const char *const *environment;
};

struct program;

/* The descriptor of an executable, which is still good where its path is not: in the lab, and
 * after root was given up. path NULL: the one that runs now, to be opened before
 * namespace_run(). Returns it or -errno. */
int program_open(const char *path);

/* Starts it; it dies with the caller. Returns 0 or -errno. */
int program_start(struct program **program, const struct program_config *config,
		  struct lab_reason *reason);

/* Kills it when it still runs. */
struct program *program_free(struct program *program);

/* Writes to its standard input. Returns 0, -EPIPE when it has closed it, -ETIME when it does not
 * read it all in time. */
int program_write(struct program *program, const char *text, int timeout_ms);
void program_close_input(struct program *program);

void program_signal(struct program *program, int number);

/* Reads until the stream has the text. Returns 0, -ETIME, or -EPIPE when the stream ended without
 * it. */
int program_wait_text(struct program *program, enum program_stream stream, const char *text,
		      int timeout_ms);

/* Reads both streams to their ends and waits. Returns the exit status, 128 + signal, or -ETIME. */
int program_wait(struct program *program, int timeout_ms);

/* What was read so far, NUL-terminated. */
const char *program_text(const struct program *program, enum program_stream stream);

#endif
