/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_TABLE_KILL_H
#define MIDAIR_CLI_TABLE_KILL_H

#include "cli/table_options.h"

/* midair table --kill: lists the selected sockets, asks, ends them. Returns the exit status. */
int table_kill(const struct table_options *options);

#endif
