/* SPDX-License-Identifier: MIT */
/* command: the table of commands. */
#ifndef MIDAIR_CLI_COMMAND_H
#define MIDAIR_CLI_COMMAND_H

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *description;
};

/* Ends with a NULL name. Without MIDAIR_WITH_LAB there is no lab and no tour. */
extern const struct command commands[];

#endif
