/* SPDX-License-Identifier: MIT */
/* socket_count: about how many TCP sockets there are, without walking over them. */
#ifndef MIDAIR_OS_SOCKET_COUNT_H
#define MIDAIR_OS_SOCKET_COUNT_H

#include <stdint.h>

/* The machine's sockets and those in TIME_WAIT, by /proc/net/sockstat; 0 when it does not say. */
uint64_t socket_count_read(void);

#endif
