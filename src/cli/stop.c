/* SPDX-License-Identifier: MIT */
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int stop_pipe[2] = {-1, -1};
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	int saved = errno;

	caught = number;
	/* The pipe is non-blocking; when it is full, it is readable already. */
	(void)!write(stop_pipe[1], "", 1);
	errno = saved;
}

int stop_catch(void)
{
	const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	/* The second Ctrl-C kills in the ordinary way, should we ever be stuck. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction before;

		/* nohup and shell scripts' background jobs have them ignored, which stays. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);
	return stop_pipe[0];
}

int stop_signal(void)
{
	return caught;
}
