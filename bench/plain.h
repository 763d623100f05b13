/* SPDX-License-Identifier: MIT */
/* plain: sockets as anyone would use them, without midair. */
#ifndef MIDAIR_BENCH_PLAIN_H
#define MIDAIR_BENCH_PLAIN_H

#include "midair/midair.h"

/* A TCP socket bound to the port of any IPv4 address, or -errno. */
int plain_bound(uint16_t port);

/* Sends the SYN. Returns 0 or -errno. */
int plain_dial(int fd, const struct midair_endpoint *peer);

/* Waits for the end of connect(). Returns 0 when connected, -ETIMEDOUT, or -errno. */
int plain_wait(int fd, int timeout_ms);

#endif
