/* SPDX-License-Identifier: MIT */
/*
 * random_world: a world that nobody thought of, from one number.
 *
 * A world is "promised" when two ends must meet in it: a family that both name, boxes that keep
 * ports and let at least one SYN in, SYN state that outlives a retransmission, trouble (loss,
 * adversaries) that leaves time enough, more than one try, and none of the rare combinations that
 * random_world.c lists with the reason for each.
 */
#ifndef MIDAIR_TESTS_SIM_RANDOM_WORLD_H
#define MIDAIR_TESTS_SIM_RANDOM_WORLD_H

#include "tests/sim/world.h"

struct random_world {
	bool is_promised;
	bool has_two_families;
	struct scenario plan;
	bool has_ipv4[2], has_ipv6[2]; /* of the names given to a and b */
	bool has_stranger_name[2];     /* an address where nobody is */
	bool has_own_name[2];
	bool is_ipv4_first[2];
	uint64_t wait_ns[2];
	/* Of an authenticated world: */
	bool is_authenticated;
	bool has_second[2];	   /* knows the peer's second IPv6 address */
	size_t n_known[2];	   /* of the peer's addresses at the start */
	uint64_t candidates_ns[2]; /* after which the others come; 0: all are known */
	uint32_t server;	   /* the node in role A */
	bool has_one_key;	   /* the two players have the same */
};

/* Sets the world up; returns until when to run it. */
uint64_t random_world(struct world *world, struct random_world *plan, uint64_t seed);

/* The same world with connections that must prove themselves: a second address of one family,
 * addresses that become known late, keys that may differ, strangers that talk. */
uint64_t random_authenticated_world(struct world *world, struct random_world *plan,
				    uint64_t seed);

/* The plan in words, for a failure's report. Returns buffer. */
#define RANDOM_WORLD_TEXT_SIZE 1024
const char *random_world_format(const struct world *world, const struct random_world *plan,
				char buffer[RANDOM_WORLD_TEXT_SIZE]);

#endif
