/* SPDX-License-Identifier: MIT */
/* queue: what will happen when, on the virtual clock; equal times in the order of entry. */
#ifndef MIDAIR_TESTS_SIM_QUEUE_H
#define MIDAIR_TESTS_SIM_QUEUE_H

#include "core/segment.h"

#define QUEUE_SIZE 8192

enum queue_type {
	QUEUE_ARRIVAL,	  /* segment, at node; from tells the way it came */
	QUEUE_LOOPBACK,	  /* segment, at node, sent to itself */
	QUEUE_WAKE,	  /* node: its sockets changed */
	QUEUE_PREPARE,	  /* node: the program begins, and waits for its instant */
	QUEUE_START,	  /* node: the attempt begins */
	QUEUE_CANDIDATES, /* node: hears of the peer's other addresses */
	QUEUE_ADVERSARY,
};

struct queue_item {
	uint64_t when_ns;
	uint64_t order;
	enum queue_type type;
	uint32_t node;
	uint32_t from;
	struct segment segment;
};

struct queue {
	uint64_t order;
	uint32_t n_items;
	uint16_t heap[QUEUE_SIZE]; /* places of items, the earliest first */
	uint16_t free[QUEUE_SIZE];
	uint32_t n_free;
	struct queue_item items[QUEUE_SIZE];
};

void queue_init(struct queue *queue);
/* False when the queue is full. */
bool queue_put(struct queue *queue, const struct queue_item *item);
/* NULL when empty. */
const struct queue_item *queue_first(const struct queue *queue);
void queue_take(struct queue *queue, struct queue_item *item);

#endif
