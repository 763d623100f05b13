/* SPDX-License-Identifier: MIT */
#include "os/entropy.h"

#include <sys/random.h>
#include <unistd.h>

#include "os/clock.h"

uint64_t entropy_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed))
		return seed;
	return clock_now_ns() ^ (uint64_t)getpid() << 32;
}
