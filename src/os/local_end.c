/* SPDX-License-Identifier: MIT */
#include "os/local_end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/cleanup.h"
#include "os/wide_pipe.h"

#define PATH_SIZE 32

static bool is_terminal(const struct stat *status, int fd)
{
	return S_ISCHR(status->st_mode) && isatty(fd);
}

static int open_anew(int fd, bool is_output)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path,
		    (is_output ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

int local_end_init(struct local_end *end, int fd, bool is_output)
{
	struct stat status;

	*end = (struct local_end){.fd = fd, .own_fd = -1, .write_max_bytes = SIZE_MAX};
	if (fstat(fd, &status) < 0)
		return -errno;
	end->is_socket = S_ISSOCK(status.st_mode);
	/* Files and devices are always ready. */
	end->may_repeat = end->is_socket || S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
	if (!S_ISFIFO(status.st_mode) && !is_terminal(&status, fd))
		return 0;
	end->own_fd = open_anew(fd, is_output);
	if (end->own_fd < 0) {
		end->write_max_bytes = PIPE_BUF;
		return 0;
	}
	end->fd = end->own_fd;
	end->may_repeat = true;
	wide_pipe_set(end->fd, PIPE_WIDEST_BYTES);
	return 0;
}

void local_end_deinit(struct local_end *end)
{
	end->own_fd = close_fd(end->own_fd);
}

ssize_t local_end_read(const struct local_end *end, void *buffer, size_t size)
{
	ssize_t n = end->is_socket ? recv(end->fd, buffer, size, MSG_DONTWAIT)
				   : read(end->fd, buffer, size);

	return n < 0 ? -errno : n;
}

ssize_t local_end_write(const struct local_end *end, const void *data, size_t size)
{
	ssize_t n;

	if (size > end->write_max_bytes)
		size = end->write_max_bytes;
	n = end->is_socket ? send(end->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL)
			   : write(end->fd, data, size);
	return n < 0 ? -errno : n;
}
