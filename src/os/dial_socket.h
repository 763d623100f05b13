/* SPDX-License-Identifier: MIT */
/*
 * dial_socket: a socket that dials, and the ways to choose its local port. Non-blocking and
 * close-on-exec. Every function returns 0 (or a descriptor) or -errno.
 */
#ifndef MIDAIR_OS_DIAL_SOCKET_H
#define MIDAIR_OS_DIAL_SOCKET_H

#include "midair/midair.h"

/* Opens a socket of that family. With is_shared it has SO_REUSEPORT, as every socket that shares
 * its port needs, the one that was there first as well. */
int dial_socket_open(uint8_t family, bool is_shared);

/* connect() shall take this port, without a bind: IP_LOCAL_PORT_RANGE, -ENOPROTOOPT before Linux
 * 6.3. A port outside ip_local_port_range is silently ignored. */
int dial_socket_pin(int fd, uint16_t port);

/* Takes the address only; connect() chooses the port (IP_BIND_ADDRESS_NO_PORT). */
int dial_socket_bind_address(int fd, const struct midair_endpoint *local);

/* Takes address and port. Also after a connect() that failed with EADDRNOTAVAIL, as long as no
 * port was bound. */
int dial_socket_bind(int fd, const struct midair_endpoint *local);

/* Ends the connection with RST; the descriptor stays. */
void dial_socket_abort(int fd);

/* The address that the route to remote gives us; the port is 0. */
int dial_socket_source(const struct midair_endpoint *remote, struct midair_endpoint *source);

/* Whether this kernel has IP_LOCAL_PORT_RANGE: -ENOPROTOOPT when not. */
int dial_socket_probe_pin(void);

#endif
