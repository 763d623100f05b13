/* SPDX-License-Identifier: MIT */
/* usage: how every command says that a word of its command line makes no sense. */
#ifndef MIDAIR_CLI_USAGE_H
#define MIDAIR_CLI_USAGE_H

/* One line on standard error, the word quoted and cut. Returns EXIT_USAGE. */
int usage_tell(const char *command, const char *what, const char *word);

#endif
