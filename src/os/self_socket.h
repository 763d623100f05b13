/* SPDX-License-Identifier: MIT */
/* self_socket: what a socket that is connected to itself needs beyond os/socket.h. */
#ifndef MIDAIR_OS_SELF_SOCKET_H
#define MIDAIR_OS_SELF_SOCKET_H

#include "midair/midair.h"

/* The other end's endpoint. Returns 0 or -errno. */
int self_socket_remote(int fd, struct midair_endpoint *remote);

/* Waits until the dial is decided. Returns 0 or -errno (-ETIMEDOUT: undecided). */
int self_socket_wait(int fd, int timeout_ms);

/*
 * close() of the last descriptor shall send RST and leave no TIME_WAIT. On other connections
 * that may cut off data on its way; here nobody is left who could read it. Returns 0 or -errno.
 */
int self_socket_reset_on_close(int fd);

#endif
