/* SPDX-License-Identifier: MIT */
#include "os/wide_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void wide_pipe_set(int fd, int n_bytes)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	if (size > 0 && size < n_bytes)
		(void)fcntl(fd, F_SETPIPE_SZ, n_bytes);
}

int wide_pipe_open(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	wide_pipe_set(fds[0], PIPE_WIDEST_BYTES);
	return 0;
}
