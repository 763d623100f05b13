/* SPDX-License-Identifier: MIT */
/* exit: the exit status of every command, one table, which midair(1) repeats. */
#ifndef MIDAIR_CLI_EXIT_H
#define MIDAIR_CLI_EXIT_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NO_CONNECTION =
		1,	 /* refused, not met in time, no way to send; lab: not as expected */
	EXIT_USAGE = 2,	 /* what was asked makes no sense: option, address, time, name */
	EXIT_LOST = 3,	 /* the connection broke in the middle: data may be missing */
	EXIT_SYSTEM = 5, /* this machine refuses: port taken, no permission, out of memory */
	/* why: what stands in the way; 0 is nothing */
	EXIT_TUPLE_LIVE = 10,	/* a connection with these two ends exists */
	EXIT_CLOSING = 11,	/* TIME_WAIT or FIN_WAIT: it passes by itself */
	EXIT_POOL_FULL = 12,	/* every port of the range is in use */
	EXIT_PORT_HELD = 13,	/* another socket holds the port: bound, listening, connected */
	EXIT_NOT_SHARED = 14,	/* it would share, but for an option or the user */
	EXIT_PORT_RANGE = 15,	/* the port is reserved or outside the range */
	EXIT_ADDRESS = 16,	/* the address is not ours, or there is no route */
	EXIT_PERMISSION = 17,	/* a privileged port */
	EXIT_NO_CAUSE = 18,	/* the call fails, and the kernel does not tell why */
	EXIT_OUT_OF_REACH = 20, /* preload: nothing can be preloaded into this program */
	EXIT_NOT_HERE = 77,	/* a part cannot run on this machine (no namespaces, no nft) */
	EXIT_NOT_RUN = 126,	/* preload, as a shell: the command cannot be run */
	EXIT_NOT_FOUND = 127,	/* preload, as a shell: there is no such command */
	EXIT_SIGNAL = 128,	/* plus the signal's number: 130 is Ctrl-C */
};

#endif
