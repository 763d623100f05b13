/* SPDX-License-Identifier: MIT */
/* check_options: the words of midair check, read and checked. */
#ifndef MIDAIR_CLI_CHECK_OPTIONS_H
#define MIDAIR_CLI_CHECK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct check_options {
	const char *server;  /* --server; NULL: the environment, the file */
	uint32_t timeout_ms; /* 0: the default */
	uint8_t family;	     /* FAMILY_NONE: both */
	bool json;
};

/* Returns -1 to go on, or the exit status; has told why. */
int check_options_read(struct check_options *options, int argc, char **argv);

#endif
