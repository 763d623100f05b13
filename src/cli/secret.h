/* SPDX-License-Identifier: MIT */
/*
 * secret: what two people share for long, read from a file, a prompt, or MIDAIR_SECRET; for every
 * command alike. Never from an argument: the arguments of a program are everybody's to read.
 *
 * The text stands in a page of its own, locked into memory where that is allowed, until it is
 * wiped. From the moment it is read the process leaves no core dump, and no other process of the
 * same user can look into it (PR_SET_DUMPABLE). MIDAIR_SECRET is gone from the environment then,
 * whether it was asked for or something else was.
 */
#ifndef MIDAIR_CLI_SECRET_H
#define MIDAIR_CLI_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret_text {
	char *bytes; /* NULL: none; blanks and ends of line at the end are not part of it */
	size_t size;
};

struct secret_source {
	const char *file; /* -k; NULL: none */
	bool is_prompt;
	bool is_environment; /* MIDAIR_SECRET counts where neither is asked for */
};

/* Returns -1 to go on, with or without a secret, or the exit status; has told why. */
int secret_text_read(struct secret_text *secret, const char *command,
		     const struct secret_source *source);
void secret_text_wipe(struct secret_text *secret);

/* No core dump, and no look into this process for others of the same user; also where the secret is
 * a code, which the library keeps. */
void secret_leave_no_traces(void);

/* Whether a word of the command line is a key as midair key makes them. */
bool secret_text_is_key(const char *word);
/* Says why it is refused, without repeating it. Returns EXIT_USAGE. */
int secret_text_refuse_argument(const char *command);

/* secret_prompt.c: asks at the terminal, without echo. Returns the number of bytes, at most size,
 * or -errno (ENXIO: there is no terminal). A signal restores the terminal before it acts. */
long secret_prompt(char *bytes, size_t size);

#endif
