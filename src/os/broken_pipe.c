/* SPDX-License-Identifier: MIT */
#include "os/broken_pipe.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static void set_to_broken_pipe(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void broken_pipe_hold(struct broken_pipe *held)
{
	sigset_t only;
	sigset_t pending;

	set_to_broken_pipe(&only);
	sigemptyset(&pending);
	sigpending(&pending);
	held->was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &only, &held->mask_before);
}

void broken_pipe_release(const struct broken_pipe *held)
{
	const struct timespec no_time = {0};
	int saved = errno;
	sigset_t only;

	set_to_broken_pipe(&only);
	if (!held->was_pending)
		sigtimedwait(&only, NULL, &no_time);
	pthread_sigmask(SIG_SETMASK, &held->mask_before, NULL);
	errno = saved;
}
