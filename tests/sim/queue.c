/* SPDX-License-Identifier: MIT */
#include "tests/sim/queue.h"

void queue_init(struct queue *queue)
{
	queue->order = 0;
	queue->n_items = 0;
	queue->n_free = 0;
}

static bool is_before(const struct queue *queue, uint16_t a, uint16_t b)
{
	const struct queue_item *x = &queue->items[a];
	const struct queue_item *y = &queue->items[b];

	return x->when_ns != y->when_ns ? x->when_ns < y->when_ns : x->order < y->order;
}

static void swap(struct queue *queue, uint32_t i, uint32_t k)
{
	uint16_t place = queue->heap[i];

	queue->heap[i] = queue->heap[k];
	queue->heap[k] = place;
}

bool queue_put(struct queue *queue, const struct queue_item *item)
{
	uint32_t i = queue->n_items;
	uint16_t place = (uint16_t)i;

	if (i == QUEUE_SIZE)
		return false;
	/* places from 0 up are in use, or were and are free again */
	if (queue->n_free > 0)
		place = queue->free[--queue->n_free];
	queue->items[place] = *item;
	queue->items[place].order = queue->order++;
	queue->heap[i] = place;
	queue->n_items++;
	while (i > 0 && is_before(queue, queue->heap[i], queue->heap[(i - 1) / 2])) {
		swap(queue, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
	return true;
}

const struct queue_item *queue_first(const struct queue *queue)
{
	return queue->n_items ? &queue->items[queue->heap[0]] : NULL;
}

static void sift_down(struct queue *queue)
{
	uint32_t i = 0;

	for (;;) {
		uint32_t first = i;

		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
			if (child < queue->n_items &&
			    is_before(queue, queue->heap[child], queue->heap[first]))
				first = child;
		}
		if (first == i)
			return;
		swap(queue, i, first);
		i = first;
	}
}

void queue_take(struct queue *queue, struct queue_item *item)
{
	uint16_t place = queue->heap[0];

	*item = queue->items[place];
	queue->free[queue->n_free++] = place;
	queue->n_items--;
	queue->heap[0] = queue->heap[queue->n_items];
	sift_down(queue);
}
