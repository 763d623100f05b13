/* SPDX-License-Identifier: MIT */
/* exit: the exit status of every command, one table, which midair(1) repeats. */
#ifndef MIDAIR_CLI_EXIT_H
#define MIDAIR_CLI_EXIT_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NO_CONNECTION =
		1,	    /* refused, not met in time, no way to send; lab: not as expected */
	EXIT_USAGE = 2,	    /* what was asked makes no sense: option, address, time, name */
	EXIT_LOST = 3,	    /* the connection broke in the middle: data may be missing */
	EXIT_SYSTEM = 5,    /* this machine refuses: port taken, no permission, out of memory */
	EXIT_NOT_HERE = 77, /* a part cannot run on this machine (no namespaces, no nft) */
	EXIT_SIGNAL = 128,  /* plus the signal's number: 130 is Ctrl-C */
};

#endif
