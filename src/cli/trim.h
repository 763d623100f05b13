/* SPDX-License-Identifier: MIT */
/* trim: gives back the memory that only the beginning of a command needed. */
#ifndef MIDAIR_CLI_TRIM_H
#define MIDAIR_CLI_TRIM_H

/*
 * Freed heap goes back to the kernel, and so do the pages of the program's and its libraries'
 * code and constants, which cost nothing to read again from the page cache: the handshake's share
 * of libcrypto alone is some 3 MB that an idle pipe would keep for its whole life.
 */
void trim_memory(void);

#endif
