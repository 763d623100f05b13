/* SPDX-License-Identifier: MIT */
/*
 * config: what a user does not want to type every time, in $XDG_CONFIG_HOME/midair/config or
 * ~/.config/midair/config: lines "key = value", blank ones, and comments that begin with #.
 */
#ifndef MIDAIR_CLI_CONFIG_H
#define MIDAIR_CLI_CONFIG_H

#define CONFIG_VALUE_SIZE 256

struct config {
	char server[CONFIG_VALUE_SIZE]; /* HOST[:PORT]; "": none */
};

/* Without a file everything is "". Returns -1 to go on, or the exit status; has told the file and
 * the line. */
int config_read(struct config *config, const char *command);

#endif
