/* SPDX-License-Identifier: MIT */
/* lab_options: the arguments of "midair lab". */
#ifndef MIDAIR_CLI_LAB_OPTIONS_H
#define MIDAIR_CLI_LAB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum lab_action {
	LAB_ACTION_ONE,
	LAB_ACTION_LIST,
	LAB_ACTION_ALL,
	LAB_ACTION_SHELL,
	LAB_ACTION_RULES
};

struct lab_options {
	enum lab_action action;
	const char *name;
	const char *file;
	uint32_t n_runs;
	uint32_t n_parallel;
	bool is_json;
	bool is_plain;
	bool is_on_b;
	char *const *command; /* NULL: a shell */
};

/* Returns -1 to go on, or the exit status. */
int lab_options_read(struct lab_options *options, int argc, char **argv);

#endif
