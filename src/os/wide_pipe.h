/* SPDX-License-Identifier: MIT */
/* wide_pipe: pipes that hold more than 64 KiB, for fewer changes between the processes at their
 * ends. */
#ifndef MIDAIR_OS_WIDE_PIPE_H
#define MIDAIR_OS_WIDE_PIPE_H

/* What an unprivileged user may have: /proc/sys/fs/pipe-max-size. */
#define PIPE_WIDEST_BYTES (1024 * 1024)

/* Stays as it is when that is refused, or it is wider, or fd is no pipe. */
void wide_pipe_set(int fd, int n_bytes);

/* A new one, non-blocking. Returns 0 or -errno. */
int wide_pipe_open(int fds[2]);

#endif
