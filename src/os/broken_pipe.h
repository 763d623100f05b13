/* SPDX-License-Identifier: MIT */
/*
 * broken_pipe: keeps SIGPIPE from a caller that asked for an error code. MSG_NOSIGNAL exists for
 * send() only; write() and splice() raise the signal. It goes to the thread that wrote, so it can
 * be blocked there and taken back without touching the process's handlers.
 */
#ifndef MIDAIR_OS_BROKEN_PIPE_H
#define MIDAIR_OS_BROKEN_PIPE_H

#include <signal.h>
#include <stdbool.h>

struct broken_pipe {
	sigset_t mask_before;
	bool was_pending; /* somebody else's, to be left where it is */
};

void broken_pipe_hold(struct broken_pipe *held);
/* Drops the signal that came meanwhile and unblocks it if it was. Keeps errno. */
void broken_pipe_release(const struct broken_pipe *held);

#endif
