/* SPDX-License-Identifier: MIT */
/* quote: a word of the command line as part of an error, which is one readable line. */
#ifndef MIDAIR_CLI_QUOTE_H
#define MIDAIR_CLI_QUOTE_H

#define QUOTE_SIZE 72

/* Control characters become "?", a long word is cut to "...". Returns buffer. */
const char *quote(const char *word, char buffer[QUOTE_SIZE]);

#endif
