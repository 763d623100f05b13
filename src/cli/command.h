/* SPDX-License-Identifier: MIT */
/* command: the table of commands. */
#ifndef MIDAIR_CLI_COMMAND_H
#define MIDAIR_CLI_COMMAND_H

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *description;
};

/* Ends with a NULL name. The build chooses commands.c or commands_without_lab.c. */
extern const struct command commands[];

#endif
