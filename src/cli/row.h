/* SPDX-License-Identifier: MIT */
/* row: how rows of the socket table are printed, by every command alike. */
#ifndef MIDAIR_CLI_ROW_H
#define MIDAIR_CLI_ROW_H

#include <stdio.h>

#include "cli/json.h"
#include "midair/midair.h"

/* Further columns: the timer and the reuse options; the facts of TCP_INFO. */
#define ROW_TIMER (1u << 0)
#define ROW_FACTS (1u << 1)

/* The line of column names, as netstat -npt has it. */
void row_print_header(FILE *file);

/* One line below that header. An endpoint that does not fit its column pushes the rest aside;
 * nothing is cut off. */
void row_print(FILE *file, const struct midair_row *row);

/* The same with further columns, ROW_TIMER | ROW_FACTS. */
void row_print_wide_header(FILE *file, unsigned int columns);
void row_print_wide(FILE *file, const struct midair_row *row, unsigned int columns);

/*
 * Adds a row to a JSON object: protocol ("tcp", "tcp6"), local, remote (null for none), state
 * (as in the table), receive_queue_bytes, send_queue_bytes, uid, inode (0 for none), cookie,
 * timer (null for none) and timer_ms, pid and process (null when unknown).
 */
void row_add_json(struct json *json, const struct midair_row *row);

/* ROW_TIMER: reuse_address, reuse_port (null when unknown); ROW_FACTS: tcp, an object or null. */
void row_add_wide_json(struct json *json, const struct midair_row *row, unsigned int columns);

/* Names this process as the row's owner when fd is the row's socket: no scan of /proc. */
void row_claim(struct midair_row *row, int fd);

#endif
