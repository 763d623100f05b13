/* SPDX-License-Identifier: MIT */
/* client: one end of a pair, as simple as can be. */
#ifndef MIDAIR_BENCH_SERVE_CLIENT_H
#define MIDAIR_BENCH_SERVE_CLIENT_H

#include <stdint.h>

#include "core/wire.h"

struct client {
	int fd;
	uint32_t n_bytes;
	uint8_t bytes[256]; /* what has arrived and is no whole message yet */
};

/* Connects from 127.0.0.1 to its port. Returns 0 or -errno. */
int client_connect(struct client *client, uint16_t port);
/* HELLO, and waits for WELCOME. */
int client_greet(struct client *client);
/* ENTER the room with that number. */
int client_enter(struct client *client, uint64_t room);
/* Connects and enters, HELLO and ENTER in one flight, as midair's own clients do. */
int client_open(struct client *client, uint16_t port, uint64_t room);

/* Waits for a message of that type for 10 s at most. Returns 0 or -ETIME. */
int client_wait(struct client *client, enum wire_type type);

/* With RST, as midair's own clients do. */
void client_close(struct client *client);

int64_t client_now_ns(void);

#endif
