/* SPDX-License-Identifier: MIT */
/* portmap_search: the search for a UPnP device (SSDP), by multicast and to the gateway itself. */
#ifndef MIDAIR_OS_PORTMAP_SEARCH_H
#define MIDAIR_OS_PORTMAP_SEARCH_H

#include <sys/types.h>

#include "midair/midair.h"

#define PORTMAP_SEARCH_ANSWER_SIZE 1536

/* local: our IPv4 address toward the gateway. Returns a descriptor or -errno. */
int portmap_search_open(const struct midair_endpoint *local);

/* What cannot be sent is not: the search is said again, or comes to nothing. */
void portmap_search_send(int fd, const struct midair_endpoint *gateway);

/* Returns the size (cut to the buffer) or -errno. */
ssize_t portmap_search_receive(int fd, char bytes[PORTMAP_SEARCH_ANSWER_SIZE],
			       struct midair_endpoint *from);

#endif
