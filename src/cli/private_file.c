/* SPDX-License-Identifier: MIT */
#include "cli/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

int private_file_create(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int result;

	if (fd < 0)
		return -errno;
	result = fchmod(fd, 0600) < 0 ? -errno : 0;
	if (result == 0)
		result = write_all(fd, text, strlen(text));
	if (close(fd) < 0 && result == 0)
		result = -errno;
	if (result != 0)
		unlink(path);
	return result;
}

bool private_file_is_replaceable(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 || S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
}

int private_file_replace(const char *path, const char *text)
{
	char new_path[PATH_SIZE];
	int length = snprintf(new_path, sizeof(new_path), "%s.%ld.new", path, (long)getpid());
	int result;

	if (length >= PATH_SIZE)
		return -ENAMETOOLONG;
	result = private_file_create(new_path, text);
	if (result == 0 && rename(new_path, path) < 0) {
		result = -errno;
		unlink(new_path);
	}
	return result;
}
