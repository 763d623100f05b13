/* SPDX-License-Identifier: MIT */
/* service_socket: what a server does with TCP: many connections, each with little traffic. All
 * functions return 0 (or a descriptor, or a count) or -errno, and none blocks. */
#ifndef MIDAIR_OS_SERVICE_SOCKET_H
#define MIDAIR_OS_SERVICE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

/* A listener on local. What it accepts inherits the options: no delay, keepalive, and a send
 * buffer that holds at least output_bytes. */
int service_socket_listen(const struct midair_endpoint *local, uint32_t output_bytes);

/* The same, later: for connections that come from then on. */
int service_socket_set_output(int listener, uint32_t output_bytes);

/* -EAGAIN: nobody is waiting. Errors of a connection that broke in the queue are skipped. */
int service_socket_accept(int listener, struct midair_endpoint *remote);

/* Whether accept() failed for want of a descriptor or memory: later it may do. */
bool service_socket_is_exhausted(int result);

/* Looks at what has arrived, and leaves it there. 0: the other end has finished. */
int service_socket_peek(int fd, void *bytes, size_t size);
/* Throws away what was looked at. bytes has room for it, and stays as it is. */
int service_socket_discard(int fd, void *bytes, size_t size);

/* Sends all or fails: -EAGAIN when it does not fit, though a part may have gone. */
int service_socket_send(int fd, const void *bytes, size_t size);

/* For a stream of many bytes: buffers of the kernel's choice, and no end for a reader that pauses. */
int service_socket_widen(int fd);

int service_socket_finish(int fd);  /* FIN */
int service_socket_hang_up(int fd); /* both ways: whoever watches it is told */

/* One message to somebody who is not let in, then the end. Closes fd. */
void service_socket_refuse(int fd, const void *bytes, size_t size);

#endif
