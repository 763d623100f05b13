/* SPDX-License-Identifier: MIT */
/* tour_socket: the few socket calls of the tour, blocking and plain as in a textbook. */
#ifndef MIDAIR_CLI_TOUR_SOCKET_H
#define MIDAIR_CLI_TOUR_SOCKET_H

#include <stdint.h>

/* A TCP socket with SO_REUSEPORT, bound to 127.0.0.1:port (0: the kernel chooses). Returns the
 * descriptor or -errno. */
int tour_socket_bound(uint16_t port);

/* connect() to 127.0.0.1:port. Returns 0 or -errno. */
int tour_socket_connect(int fd, uint16_t port);

/* A listener on 127.0.0.1:*port, or on another port, then stored there, when it is taken. */
int tour_socket_listener(uint16_t *port);

#endif
