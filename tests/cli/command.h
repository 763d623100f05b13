/* SPDX-License-Identifier: MIT */
/* command: runs the program that is tested, with a pipe at each of its three ends. */
#ifndef MIDAIR_TESTS_COMMAND_H
#define MIDAIR_TESTS_COMMAND_H

#include <sys/types.h>

#include "tests/lib/loopback.h"

#define COMMAND_TEXT_SIZE 262144
#define COMMAND_ARGUMENTS 12

struct text {
	int fd;
	size_t n_bytes;
	char bytes[COMMAND_TEXT_SIZE];
};

struct command {
	pid_t pid;
	int input_fd;
	struct text output;
	struct text errors;
	uint64_t begin_ms;
	uint64_t elapsed_ms; /* when finished */
	int status;	     /* the exit status; -SIGNAL when killed */
	bool is_finished;
};

/* What the child starts with. */
enum closed {
	CLOSED_NOTHING = 0,
	CLOSED_INPUT = 1 << 0,
	CLOSED_OUTPUT = 1 << 1,
	CLOSED_ERRORS = 1 << 2,
};

/* arguments: those after the program's name, up to the first NULL. */
struct command *command_start(const char *const arguments[], unsigned int closed);
/* Sends and closes the input. text may be NULL: only closes. */
void command_feed(struct command *command, const char *text);
/* Until the errors (standard error) contain the text. */
void command_wait_text(struct command *command, const char *text);
/* Until the program has ended and both its outputs are read; once is enough. */
void command_finish(struct command *command);
/* Both at once: one that says much, such as every refusal in JSON, waits for its reader. */
void command_finish_both(struct command *a, struct command *b);
void command_free(struct command *command);

/* Start, close the input, finish. */
struct command *command_run(const char *const arguments[]);

/* Reads /proc/PID/name as far as it fits, and ends it with a zero. Returns the size. */
size_t command_proc(const struct command *command, const char *name, char *bytes, size_t size);

size_t count_lines(const struct text *text);

#endif
