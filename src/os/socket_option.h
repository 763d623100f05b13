/* SPDX-License-Identifier: MIT */
/* socket_option: what is done to sockets of every kind before they are used. */
#ifndef MIDAIR_OS_SOCKET_OPTION_H
#define MIDAIR_OS_SOCKET_OPTION_H

#include "midair/midair.h"

/* An option whose value is an int (setsockopt(2)). Returns 0 or -errno. */
int socket_option_set(int fd, int level, int name, int value);

/* bind(2). Returns 0 or -errno. */
int socket_option_bind(int fd, const struct midair_endpoint *local);

#endif
