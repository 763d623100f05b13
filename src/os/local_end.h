/* SPDX-License-Identifier: MIT */
/*
 * local_end: the end of a relay that is not the connection: standard input or output, whatever
 * that is. Moves bytes without waiting.
 *
 * A pipe or terminal is opened anew, by its name in /proc, because non-blocking is a mode of the
 * open file description, which others share and whose mode we have no right to change. Where that
 * is not possible (no /proc, another user's pipe) only as much is moved as poll() promises.
 */
#ifndef MIDAIR_OS_LOCAL_END_H
#define MIDAIR_OS_LOCAL_END_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct local_end {
	int fd;	    /* to poll, read and write */
	int own_fd; /* the same when it was opened anew, or -1 */
	bool is_socket;
	bool may_repeat; /* a second read or write does not block either */
	size_t write_max_bytes;
};

/* deinit is due in either case. Returns 0 or -errno. */
int local_end_init(struct local_end *end, int fd, bool is_output);
void local_end_deinit(struct local_end *end);

/* Once poll() has called it ready. Return the number of bytes, 0 for the end (read), -errno. */
ssize_t local_end_read(const struct local_end *end, void *buffer, size_t size);
ssize_t local_end_write(const struct local_end *end, const void *data, size_t size);

#endif
