/* SPDX-License-Identifier: MIT */
/*
 * fill: a destination whose pool of local ports fills up. Shared by the kernel's choice and the
 * pool, which differ in how one connection is opened and given back.
 */
#ifndef MIDAIR_BENCH_PORTS_FILL_H
#define MIDAIR_BENCH_PORTS_FILL_H

#include "bench/ports/keepers.h"
#include "bench/ports/world.h"
#include "midair/midair.h"

#define FILL_FIRST_PORT 32768
#define FILL_N_PORTS	28232
#define FILL_N_PERCENT	100
#define FILL_N_AT_HAND	4096

/* A connection that is at hand, to be closed in the churn. */
struct fill_connection {
	int fd;
	uint16_t port;
};

struct fill {
	struct measured *measured;
	struct sockaddr_in remote;
	struct midair_pool *pool; /* NULL: the kernel's choice */
	struct keepers keepers;
	uint32_t n_open;
	struct fill_connection at_hand[FILL_N_AT_HAND];
	uint32_t n_at_hand;
	uint64_t random;
	/* What the kernel's choice fills, not by the kernel: see fill_kernel.c. */
	bool is_used[FILL_N_PORTS];
	uint32_t last_port;
};

/* Returns the descriptor or -errno; -EADDRNOTAVAIL: the
 * pool is full. */
typedef int fill_open(struct fill *fill, uint16_t *port);
typedef void fill_close(struct fill *fill, const struct fill_connection *connection);

struct fill_ways {
	fill_open *open;
	fill_open *open_quickly; /* the same result, where open is slow; may be NULL */
	fill_close *close;
	enum series_name fill, churn, churn_open, refusal, cliff;
	uint32_t n_churns;
	uint32_t n_refusals;
};

/* Fills, churns at some percentages, and is refused when full. Returns 0 or -errno. */
int fill_run(struct fill *fill, const struct fill_ways *ways, const struct ports_plan *plan);

/*
 * The port that the kernel's choice would take after last, or nearly: a free one after a random
 * skip of up to 7 ports of its kind, which scatters what is free. Ports count from 0.
 */
uint32_t fill_next_port(uint64_t *random, const bool is_used[FILL_N_PORTS], uint32_t last);

/*
 * Whether that percent is opened as it is to be measured. The kernel's choice takes every second
 * port first, and slows down when these are gone: from there on only every manieth percent is.
 */
bool fill_is_sampled(const struct ports_plan *plan, uint32_t percent);

#endif
