/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "cli/command.h"
#include "cli/lab.h"
#include "cli/meet.h"
#include "cli/self.h"
#include "cli/table.h"
#include "cli/tour.h"

const struct command commands[] = {
	{"tour", tour_main, "see why TCP behaves so, live, on this machine"},
	{"meet", meet_main, "connect two machines from both ends at once, nobody listens"},
	{"self", self_main, "connect one socket to itself"},
	{"table", table_main, "the TCP sockets of this machine and their processes"},
	{"lab", lab_main, "a small internet on this machine, with NATs, to try all this in"},
	{NULL, NULL, NULL},
};
