/* SPDX-License-Identifier: MIT */
/* stream_rig: encrypted streams for tests, with a secret that everybody knows. */
#ifndef MIDAIR_TESTS_STREAM_RIG_H
#define MIDAIR_TESTS_STREAM_RIG_H

#include <stdbool.h>

#include "midair/midair.h"

/* The handshake over a connected non-blocking descriptor, which the stream takes over; the other
 * end is another process. */
struct midair_stream *stream_rig_open(int fd, bool is_server);

/* Both ends in this process, over the two descriptors of a connection. */
void stream_rig_open_both(const int fds[2], struct midair_stream *streams[2]);

/* The other end of an encrypted relay, in plain: carries plain_fd, a TCP socket, through the
 * encrypted connection. What ends one badly ends the other badly. Does not return. */
void stream_rig_proxy(int plain_fd, int connection_fd);

#endif
