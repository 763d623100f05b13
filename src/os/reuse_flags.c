/* SPDX-License-Identifier: MIT */
#include "os/reuse_flags.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "midair/midair.h"
#include "os/cleanup.h"

/* The number in "fd/N"; -1 for other names. */
static int number_of(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);

	return end == name || *end != '\0' || number < 0 || number > INT32_MAX ? -1
									       : (int)number;
}

/* The process's descriptor of the socket, or -errno. */
static int find_descriptor(int32_t pid, uint64_t inode)
{
	char path[48];
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	_cleanup_closedir_ DIR *directory = opendir(path);
	if (directory == NULL)
		return -errno;
	while ((entry = readdir(directory)) != NULL) {
		int number = number_of(entry->d_name);
		struct statx status;

		if (number >= 0 &&
		    statx(dirfd(directory), entry->d_name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
			  STATX_TYPE | STATX_INO, &status) == 0 &&
		    S_ISSOCK(status.stx_mode) && status.stx_ino == inode)
			return number;
	}
	return -ENOENT;
}

static int read_option(int fd, int name, bool *is_set)
{
	int value = 0;
	socklen_t length = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0)
		return -errno;
	*is_set = value != 0;
	return 0;
}

/* Cookie 0 is no cookie: /proc/net/tcp has none, and the inode must do. */
static int check_cookie(int fd, uint64_t cookie)
{
	uint64_t found = 0;
	socklen_t length = sizeof(found);

	if (cookie == 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &found, &length) < 0)
		return -errno;
	return found == cookie ? 0 : -ENOENT;
}

int reuse_flags_read(int32_t pid, uint64_t inode, uint64_t cookie, uint32_t *flags)
{
	bool has_address = false, has_port = false;
	/* The process first: the number below must not become another process's meanwhile. */
	_cleanup_close_ int process_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process_fd < 0)
		return -errno;
	int number = find_descriptor(pid, inode);
	if (number < 0)
		return number;
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_getfd, process_fd, number, 0);
	if (fd < 0)
		return -errno;
	int result = check_cookie(fd, cookie);

	if (result == 0)
		result = read_option(fd, SO_REUSEADDR, &has_address);
	if (result == 0)
		result = read_option(fd, SO_REUSEPORT, &has_port);
	if (result == 0)
		*flags = (has_address ? MIDAIR_WHY_REUSEADDR : 0u) |
			 (has_port ? MIDAIR_WHY_REUSEPORT : 0u);
	return result;
}
