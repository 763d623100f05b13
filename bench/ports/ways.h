/* SPDX-License-Identifier: MIT */
/* ways: to open a connection by hand, as programs do without midair. */
#ifndef MIDAIR_BENCH_PORTS_WAYS_H
#define MIDAIR_BENCH_PORTS_WAYS_H

#include <netinet/in.h>
#include <stdint.h>

#include "midair/midair.h"

enum way {
	WAY_KERNEL,  /* connect() alone: the kernel chooses the port */
	WAY_ADDRESS, /* SO_REUSEADDR and bind() */
	WAY_PORT,    /* SO_REUSEPORT and bind() */
	WAY_BOTH,    /* both and bind() */
	WAY_PIN,     /* IP_LOCAL_PORT_RANGE */
};

/* A blocking socket with that way's options. *bind_ns (may be NULL): how long the call took that
 * claims the port. Returns it or -errno. */
int way_open(enum way way, uint16_t port, int64_t *bind_ns);

/* Opens and connects. Returns the descriptor or -errno. */
int way_dial(enum way way, uint16_t port, const struct sockaddr_in *remote);

/* midair_dial_finish(), and a wait before it where it needs one. */
int way_finish(int fd);

/* close() will send RST and leave nothing behind. */
void way_reset_at_close(int fd);

uint16_t way_local_port(int fd);

struct midair_endpoint way_endpoint(const struct sockaddr_in *address);

#endif
