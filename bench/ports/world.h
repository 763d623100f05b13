/* SPDX-License-Identifier: MIT */
/* world: a network namespace of our own, with a listener on every address of its loopback. */
#ifndef MIDAIR_BENCH_PORTS_WORLD_H
#define MIDAIR_BENCH_PORTS_WORLD_H

#include <netinet/in.h>
#include <stdint.h>

#include "bench/ports/measured.h"

#define WORLD_PORT 9000 /* of the listener; outside the range of automatic ports */

/* What to measure. */
struct ports_plan {
	bool is_quick;
	uint32_t n_rounds;
	uint32_t n_sharers;	/* bind: the largest crowd */
	uint32_t n_connections; /* the same of dialling from one port */
	uint32_t n_rows;	/* of the table */
	uint32_t n_time_wait;	/* connections of the pool's round */
	uint32_t stride;    /* where the kernel's choice is slow: every how manieth percent */
	char program[4096]; /* midair */
};

/* Returns 0 or -errno. round counts from 0. */
typedef int world_function(struct measured *measured, const struct ports_plan *plan,
			   uint32_t round);

/* Runs function in a child, in a network namespace of its own, for at most seconds. Returns its
 * value, or -errno. */
int world_run(world_function *function, struct measured *measured,
	      const struct ports_plan *plan, uint32_t round, unsigned int seconds);

/* The listener on every address; what it is sent stays in its queue, which takes a million.
 * Returns it or -errno. */
int world_listen(void);

/* The next connection of its queue; waits for 5 s at most. Returns it or -errno. */
int world_accept(int listener);

/* Sets net.ipv4.NAME. Returns 0 or -errno. */
int world_set(const char *name, const char *value);

struct sockaddr_in world_address(uint32_t host_order, uint16_t port);

int64_t world_now_ns(void);

#endif
