/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "cli/check.h"
#include "cli/command.h"
#include "cli/dial.h"
#include "cli/explain_code.h"
#include "cli/key.h"
#include "cli/meet.h"
#include "cli/pipe.h"
#include "cli/ports.h"
#include "cli/preload.h"
#include "cli/self.h"
#include "cli/serve.h"
#include "cli/table.h"
#include "cli/why.h"
#ifdef MIDAIR_WITH_LAB
#include "cli/lab.h"
#include "cli/tour.h"
#endif

const struct command commands[] = {
	{"pipe", pipe_main,
	 "two machines, one code, a direct connection, encrypted from end to end"},
	{"serve", serve_main, "the rendezvous server, for pipe"},
	{"check", check_main, "what the NATs on the way do to TCP, and whom this host reaches"},
	{"key", key_main, "a new long-lived secret, for meet and pipe"},
#ifdef MIDAIR_WITH_LAB
	{"tour", tour_main, "see why TCP behaves so, live, on this machine"},
#endif
	{"meet", meet_main, "connect two machines from both ends at once, nobody listens"},
	{"dial", dial_main, "many connections from one local port, and keep them"},
	{"preload", preload_main,
	 "the pool and the guard for a program as it is: wrk, curl, ..."},
	{"self", self_main, "connect one socket to itself"},
	{"table", table_main, "the TCP sockets of this machine and their processes"},
	{"why", why_main, "why a local port cannot be had: cause, owner, how long, remedy"},
	{"ports", ports_main, "how full the pool of local ports is, for each destination"},
	{"explain", explain_code_main, "what a code or an exit status of midair means"},
#ifdef MIDAIR_WITH_LAB
	{"lab", lab_main, "a small internet on this machine, with NATs, to try all this in"},
#endif
	{NULL, NULL, NULL},
};
