/* SPDX-License-Identifier: MIT */
/* command: the program midair, as a user starts it, on a host of the lab. */
#ifndef MIDAIR_BENCH_COMMAND_H
#define MIDAIR_BENCH_COMMAND_H

#include "lab/network.h"
#include "lab/program.h"

#define COMMAND_ARGUMENTS   8
#define COMMAND_ENVIRONMENT 3

/* Both lists end with NULL. */
struct bench_command {
	int midair_fd;
	const char *arguments[COMMAND_ARGUMENTS];
	const char *environment[COMMAND_ENVIRONMENT];
};

/* The program that was built beside this one. Returns its descriptor or -errno. */
int command_open_midair(struct lab_reason *reason);

/* Returns 0 or -errno. */
int command_start(struct program **program, const struct bench_command *command,
		  const struct network *network, enum lab_side side, struct lab_reason *reason);

#endif
