/* SPDX-License-Identifier: MIT */
#include "lab/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/cleanup.h"

int sysctl_set(const char *path, const char *value, struct lab_reason *reason)
{
	_cleanup_close_ int fd = -1;
	char full[160];
	size_t length = strlen(value);

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return lab_fail(reason, errno, "cannot open %s", full);
	if (write(fd, value, length) != (ssize_t)length)
		return lab_fail(reason, errno, "cannot write \"%s\" to %s", value, full);
	return 0;
}

int sysctl_try(const char *path, const char *value, struct lab_reason *reason)
{
	int error = sysctl_set(path, value, reason);

	return error == -ENOENT ? 0 : error;
}
