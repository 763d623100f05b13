/* SPDX-License-Identifier: MIT */
/* probe: what is needed to probe clients: a second port, a silent and a refusing one, another
 * address, and the dials. */
#ifndef MIDAIR_SERVE_PROBE_H
#define MIDAIR_SERVE_PROBE_H

#include <stdint.h>

#include "core/rendezvous.h"
#include "midair/midair.h"

struct server;
struct worker;

/* One dial; its number is the rendezvous'. */
struct probe {
	int fd;
	uint32_t generation;
};

/* Sets up what can be set up, and says in the log what cannot. */
void probe_begin(struct server *server);
void probe_end(struct server *server);

/* The next three with the server's lock. */
void probe_dial(struct worker *worker, const struct rendezvous_action *action);
void probe_hang_up(struct server *server, uint32_t dial);

/* A dial is ready. Takes the lock. */
void probe_handle(struct worker *worker, uint64_t tag);

#endif
