/* SPDX-License-Identifier: MIT */
/* exit: the exit status of every command, one table, which midair(1) repeats. */
#ifndef MIDAIR_CLI_EXIT_H
#define MIDAIR_CLI_EXIT_H

/* X(constant, value, text). */
#define EXIT_STATUSES(X)                                                                          \
	X(EXIT_DONE, 0, "done")                                                                   \
	X(EXIT_NO_CONNECTION, 1,                                                                  \
	  "no connection: refused, not met in time, no way to send; lab: not as expected")        \
	X(EXIT_USAGE, 2, "what was asked makes no sense: option, address, time, name")            \
	X(EXIT_LOST, 3, "the connection broke in the middle: data may be missing")                \
	X(EXIT_WRONG_CODE, 4,                                                                     \
	  "the other side has another code or secret, or never showed that it has this code")     \
	X(EXIT_SYSTEM, 5,                                                                         \
	  "this machine refuses: port taken, no permission, out of memory, disk full")            \
	X(EXIT_NO_PEER, 6, "pipe: nobody came with the same code in time")                        \
	X(EXIT_NO_SERVER, 7, "pipe, check: the rendezvous server cannot be reached")              \
	X(EXIT_PROTOCOL, 8, "pipe, check: another version of the protocol, or none")              \
	X(EXIT_SERVER_REFUSED, 9,                                                                 \
	  "pipe, check: the room is taken, or the server is at a limit")                          \
	X(EXIT_TUPLE_LIVE, 10, "why: a connection with these two ends exists")                    \
	X(EXIT_CLOSING, 11, "why: TIME_WAIT or FIN_WAIT, it passes by itself")                    \
	X(EXIT_POOL_FULL, 12, "why: every port of the range is in use")                           \
	X(EXIT_PORT_HELD, 13,                                                                     \
	  "why: another socket holds the port: bound, listening, connected")                      \
	X(EXIT_NOT_SHARED, 14, "why: it would share, but for an option or the user")              \
	X(EXIT_PORT_RANGE, 15, "why: the port is reserved or outside the range")                  \
	X(EXIT_ADDRESS, 16, "why: the address is not ours, or there is no route")                 \
	X(EXIT_PERMISSION, 17, "why: a privileged port")                                          \
	X(EXIT_NO_CAUSE, 18, "why: the call fails, and the kernel does not tell why")             \
	X(EXIT_OUT_OF_REACH, 20, "preload: nothing can be preloaded into this program")           \
	X(EXIT_NO_DIRECT, 21,                                                                     \
	  "pipe: no direct way to the other side, and no relay may be used")                      \
	X(EXIT_PATH_LOST, 22,                                                                     \
	  "the connection's path fell silent: a NAT has forgotten it, or the other side is gone") \
	X(EXIT_NOT_HERE, 77, "a part cannot run on this machine (no namespaces, no nft)")         \
	X(EXIT_NOT_RUN, 126, "preload, as a shell: the command cannot be run")                    \
	X(EXIT_NOT_FOUND, 127, "preload, as a shell: there is no such command")                   \
	X(EXIT_SIGNAL, 128, "plus the signal's number: 130 is Ctrl-C")

enum exit_status {
#define EXIT_ENUM(constant, value, text) constant = value,
	EXIT_STATUSES(EXIT_ENUM)
#undef EXIT_ENUM
};

/* The exit status for a result that ends meet or pipe: 0, -errno or MIDAIR_E_*. */
int exit_status_of(int result);

#endif
