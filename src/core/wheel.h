/* SPDX-License-Identifier: MIT */
/*
 * wheel: deadlines of many numbered things, in ticks of whatever length. Setting, moving and
 * clearing one are O(1); a deadline further away than WHEEL_SLOTS ticks is looked at once in each
 * round. The nodes are the caller's; all zeros is "no deadline".
 */
#ifndef MIDAIR_CORE_WHEEL_H
#define MIDAIR_CORE_WHEEL_H

#include <stdint.h>

#define WHEEL_SLOTS 4096u
#define WHEEL_NONE  UINT32_MAX

struct wheel_node {
	uint32_t next; /* number + 1, 0: none */
	uint32_t previous;
	uint32_t list; /* slot + 1, 0: in none */
	uint32_t deadline;
};

struct wheel {
	struct wheel_node *nodes;
	uint32_t now;
	uint32_t first[WHEEL_SLOTS + 1]; /* the last list: those that are due */
};

void wheel_init(struct wheel *wheel, struct wheel_node *nodes, uint32_t now);

/* A deadline that is not in the future is due with the next tick. */
void wheel_set(struct wheel *wheel, uint32_t number, uint32_t deadline);
void wheel_clear(struct wheel *wheel, uint32_t number);

/* Goes on to now, which never runs backwards, and then gives those that are due, one at each
 * call, without their deadline, until WHEEL_NONE. */
uint32_t wheel_due(struct wheel *wheel, uint32_t now);

#endif
