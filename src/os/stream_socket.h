/* SPDX-License-Identifier: MIT */
/* stream_socket: moves bytes through a connected socket, without waiting. */
#ifndef MIDAIR_OS_STREAM_SOCKET_H
#define MIDAIR_OS_STREAM_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Return the number of bytes, 0 for the end (receive), or -errno. */
ssize_t stream_socket_receive(int fd, void *buffer, size_t size);
ssize_t stream_socket_send(int fd, const void *data, size_t size);

/* No pause for a fuller segment: what is sent here is whole already. 0 or -errno; not TCP: 0. */
int stream_socket_no_delay(int fd);

/* Whether the peer's kernel has all that was sent, and the FIN. Returns 1, 0 (not yet), or the
 * -errno with which the connection has ended before. */
int stream_socket_is_acknowledged(int fd);

#endif
