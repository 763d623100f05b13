/* SPDX-License-Identifier: MIT */
/* row: how rows of the socket table are printed, by every command alike. */
#ifndef MIDAIR_CLI_ROW_H
#define MIDAIR_CLI_ROW_H

#include <stdio.h>

#include "cli/json.h"
#include "midair/midair.h"

/* The line of column names, as netstat -npt has it. */
void row_print_header(FILE *file);

/* One line below that header. An endpoint that does not fit its column pushes the rest aside;
 * nothing is cut off. */
void row_print(FILE *file, const struct midair_row *row);

/*
 * Adds a row to a JSON object: protocol ("tcp", "tcp6"), local, remote (null for none), state
 * (as in the table), receive_queue_bytes, send_queue_bytes, uid, inode (0 for none), cookie, pid
 * and process (null when unknown).
 */
void row_add_json(struct json *json, const struct midair_row *row);

/* Names this process as the row's owner when fd is the row's socket: no scan of /proc. */
void row_claim(struct midair_row *row, int fd);

#endif
