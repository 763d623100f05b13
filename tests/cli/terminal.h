/* SPDX-License-Identifier: MIT */
/* terminal: the command on a terminal of its own, for what asks people. */
#ifndef MIDAIR_TESTS_TERMINAL_H
#define MIDAIR_TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct terminal {
	pid_t pid;
	int fd;
	size_t n_bytes;
	char bytes[8192];
};

/* arguments: those after the program's name, up to NULL. */
void terminal_start(struct terminal *terminal, const char *const arguments[]);
/* Until text comes; false: the terminal has been hung up before. text NULL: until then. */
bool terminal_wait(struct terminal *terminal, const char *text);
bool terminal_has_echo(const struct terminal *terminal);
void terminal_type(struct terminal *terminal, const char *text);
/* Until the command has ended. Returns its exit status, -SIGNAL when killed. */
int terminal_finish(struct terminal *terminal);

#endif
