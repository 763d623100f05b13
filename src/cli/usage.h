/* SPDX-License-Identifier: MIT */
/* usage: how every command reads and refuses the words of its command line. */
#ifndef MIDAIR_CLI_USAGE_H
#define MIDAIR_CLI_USAGE_H

#include <stdbool.h>
#include <stdint.h>

/* A day. */
#define USAGE_LONGEST_S 86400.0

/* One line on standard error, the word quoted and cut. Returns EXIT_USAGE. */
int usage_tell(const char *command, const char *what, const char *word);

/* For getopt_long()'s '?' and ':'. It names a single letter, but a long option only by its place;
 * long options have values from first_long on. Returns EXIT_USAGE. */
int usage_bad_option(const char *command, int option, char **argv, int first_long);

/* Seconds, "1" or "0.25", as milliseconds. False when text is none, or not from least to most. */
bool usage_read_seconds(const char *text, double least, double most, uint32_t *milliseconds);

/* The same for how long to try or to wait: 1 ms to a day. Returns -1, or EXIT_USAGE and has said
 * what the option takes. */
int usage_take_seconds(const char *command, const char *option, const char *text,
		       uint32_t *milliseconds);

#endif
