/* SPDX-License-Identifier: MIT */
#include "cli/payload.h"

#include <fcntl.h>
#include <unistd.h>

int payload_take_output(void)
{
	int out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (out_fd >= 0 && null_fd >= 0)
		dup2(null_fd, STDOUT_FILENO);
	if (null_fd >= 0)
		close(null_fd);
	return out_fd;
}
