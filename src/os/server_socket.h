/* SPDX-License-Identifier: MIT */
/* server_socket: our connection to a rendezvous server, which may wait for long. */
#ifndef MIDAIR_OS_SERVER_SOCKET_H
#define MIDAIR_OS_SERVER_SOCKET_H

#include "midair/midair.h"

/* As socket_open(). What is sent leaves at once; silence is probed, which keeps a NAT's mapping and
 * ends the connection 20 s after the last answer, when the server or the path to it has vanished;
 * close() sends RST, so that the port is free for the next run. Returns a descriptor or -errno. */
int server_socket_open(const struct midair_endpoint *local);

/* It carries a stream from now on, whose reader may pause for as long as it likes. */
void server_socket_to_stream(int fd);

#endif
