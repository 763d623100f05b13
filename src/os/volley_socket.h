/* SPDX-License-Identifier: MIT */
/* volley_socket: the many sockets of a volley, with no more system calls than they need. */
#ifndef MIDAIR_OS_VOLLEY_SOCKET_H
#define MIDAIR_OS_VOLLEY_SOCKET_H

#include "midair/midair.h"

/* Binds, sends the SYN. local: family, address, and port; 0: the kernel's choice. The kernel sends
 * the SYN again twice, then the dial ends with ETIMEDOUT, after about 5 s. Returns the descriptor
 * or -errno. */
int volley_socket_dial(const struct midair_endpoint *local,
		       const struct midair_endpoint *remote);

/* How many descriptors this process may still open, roughly. */
uint32_t volley_socket_room(void);

#endif
