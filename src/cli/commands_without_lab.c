/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "cli/command.h"
#include "cli/meet.h"
#include "cli/self.h"
#include "cli/table.h"

const struct command commands[] = {
	{"meet", meet_main, "connect two machines from both ends at once, nobody listens"},
	{"self", self_main, "connect one socket to itself"},
	{"table", table_main, "the TCP sockets of this machine and their processes"},
	{NULL, NULL, NULL},
};
