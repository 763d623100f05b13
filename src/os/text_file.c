/* SPDX-License-Identifier: MIT */
#include "os/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "os/cleanup.h"

int text_file_read(const char *path, char *text, size_t room, size_t *size)
{
	/* A FIFO must not stop us. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	size_t n_read = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	do {
		n = read(fd, text + n_read, room - n_read);
		if (n < 0)
			return -errno;
		n_read += (size_t)n;
	} while (n > 0 && n_read < room);
	if (n_read == room)
		return -EFBIG;
	*size = n_read;
	return 0;
}
