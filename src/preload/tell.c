/* SPDX-License-Identifier: MIT */
#include "preload/tell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct counts counts;

static struct stat first_stderr;

void tell_init(void)
{
	int saved = errno;

	if (fstat(STDERR_FILENO, &first_stderr) != 0)
		first_stderr.st_ino = 0;
	errno = saved;
}

static bool is_first_stderr(void)
{
	struct stat now;

	return first_stderr.st_ino != 0 && fstat(STDERR_FILENO, &now) == 0 &&
	       now.st_dev == first_stderr.st_dev && now.st_ino == first_stderr.st_ino;
}

void tell(const char *format, ...)
{
	char line[512];
	int saved = errno;
	int start = snprintf(line, sizeof(line), "midair preload: ");
	va_list values;

	va_start(values, format);
	vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, values);
	va_end(values);
	size_t length = strlen(line);
	line[length] = '\n';
	/* One write, so that lines of several processes do not mix; nobody to tell if it fails. */
	if (is_first_stderr() && write(STDERR_FILENO, line, length + 1) < 0)
		errno = saved;
	errno = saved;
}

static unsigned long read_count(atomic_ulong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void tell_counts(void)
{
	if (read_count(&counts.n_connects) == 0)
		return;
	tell("process %d: connects: %lu, from the pool: %lu, tuples tried in vain: %lu, refused "
	     "because the pool was full: %lu, self-connections refused: %lu, from another port: "
	     "%lu",
	     (int)getpid(), read_count(&counts.n_connects), read_count(&counts.n_pooled),
	     read_count(&counts.n_in_vain), read_count(&counts.n_full),
	     read_count(&counts.n_self), read_count(&counts.n_elsewhere));
}

void tell_reset(void)
{
	atomic_ulong *const all[] = {&counts.n_connects, &counts.n_pooled, &counts.n_in_vain,
				     &counts.n_full,	 &counts.n_self,   &counts.n_elsewhere};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		atomic_store_explicit(all[i], 0, memory_order_relaxed);
}
