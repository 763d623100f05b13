/* SPDX-License-Identifier: MIT */
/* signal_fd: signals as something to read, for a server with threads. */
#ifndef MIDAIR_OS_SIGNAL_FD_H
#define MIDAIR_OS_SIGNAL_FD_H

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it makes, ignores SIGPIPE. Returns
 * the descriptor or -errno. */
int signal_fd_new(void);

/* The next signal's number; 0: none. */
int signal_fd_read(int fd);

/* An event counter to wake other threads with. Returns the descriptor or -errno. */
int signal_fd_new_bell(void);
void signal_fd_ring(int bell);

#endif
