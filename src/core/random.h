/* SPDX-License-Identifier: MIT */
/* random: a small seeded generator (splitmix64) for jitter and simulation. Not for secrets. */
#ifndef MIDAIR_CORE_RANDOM_H
#define MIDAIR_CORE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

void random_init(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* Uniform in [0, bound); bound 0 gives 0. */
uint64_t random_below(struct random *random, uint64_t bound);

#endif
