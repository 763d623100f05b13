/* SPDX-License-Identifier: MIT */
/* server: the rendezvous server in host s of a network. */
#ifndef MIDAIR_LAB_SERVER_H
#define MIDAIR_LAB_SERVER_H

#include "lab/network.h"

struct server;

/* Starts it on MIDAIR_SERVER_PORT, both families; it listens when this returns. 0 or -errno. */
int server_start(struct server **server, const struct network *network,
		 struct lab_reason *reason);

struct server *server_free(struct server *server);

#endif
