/* SPDX-License-Identifier: MIT */
/* random: splitmix64 (Steele, Lea, Flood 2014): a counter and a mixing function, so that every
 * seed, zero too, gives the full period of 2^64. */
#include "core/random.h"

void random_init(struct random *random, uint64_t seed)
{
	random->state = seed;
}

uint64_t random_next(struct random *random)
{
	uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	uint64_t value, threshold;

	if (bound == 0)
		return 0;
	/* 2^64 mod bound: the values below it would make the small remainders more likely */
	threshold = (UINT64_C(0) - bound) % bound;
	do
		value = random_next(random);
	while (value < threshold);
	return value % bound;
}
