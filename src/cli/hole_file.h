/* SPDX-License-Identifier: MIT */
/*
 * hole_file: what midair pipe --stay keeps for the next time, in FILE.hole beside -k FILE. It is as
 * secret as the key. A file that is of no use is no error: the two meet by the server.
 */
#ifndef MIDAIR_CLI_HOLE_FILE_H
#define MIDAIR_CLI_HOLE_FILE_H

#include <stdbool.h>

#include "midair/midair.h"

/* Whether there is one; has told why not when that is news. */
bool hole_file_read(struct midair_hole *hole, const char *command, const char *key_file);

/* Of a session that has connected; has told of a failure. */
void hole_file_write(const struct midair_session *session, const char *command,
		     const char *key_file);

#endif
