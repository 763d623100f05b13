/* SPDX-License-Identifier: MIT */
/* measures: what is measured of one server. All return 0 or -errno. */
#ifndef MIDAIR_BENCH_SERVE_MEASURES_H
#define MIDAIR_BENCH_SERVE_MEASURES_H

#include "bench/serve/process.h"

struct crowd {
	double bytes_each;     /* resident memory per waiting peer */
	uint32_t n_introduced; /* of those that waited */
};

/* n peers wait at a time; then each is introduced. */
int measure_crowd(struct process *process, uint32_t n_peers, struct crowd *crowd);

struct rate {
	double per_s;	  /* pairs brought together in a second */
	double per_cpu_s; /* the same for a second of the server's processor */
	double server_us; /* processor time for one pair: the server's, and that of its clients */
	double client_us;
};

/* Both ends of a pair connect, enter, are introduced, and close. */
int measure_rate(struct process *process, uint32_t n_pairs, struct rate *rate);

/* All are connected before; they enter and are introduced. */
int measure_standing(struct process *process, uint32_t n_pairs, struct rate *rate);

#endif
