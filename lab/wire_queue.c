/* SPDX-License-Identifier: MIT */
/*
 * A binary heap of packet numbers. The packets themselves live in one array that is touched only
 * as far as it was ever needed: free ones are reused last in, first out.
 */
#include "lab/wire_queue.h"

#include <stdbool.h>
#include <stdlib.h>

struct wire_queue {
	uint64_t n_pushed;
	uint32_t n_queued;
	uint32_t n_free;
	uint32_t heap[WIRE_PACKETS_MAX];
	uint32_t free[WIRE_PACKETS_MAX];
	struct wire_packet packets[WIRE_PACKETS_MAX];
};

struct wire_queue *wire_queue_new(void)
{
	struct wire_queue *queue = malloc(sizeof(*queue));

	if (!queue)
		return NULL;
	queue->n_pushed = 0;
	queue->n_queued = 0;
	queue->n_free = WIRE_PACKETS_MAX;
	for (uint32_t i = 0; i < WIRE_PACKETS_MAX; i++)
		queue->free[i] = WIRE_PACKETS_MAX - 1 - i;
	return queue;
}

struct wire_queue *wire_queue_free(struct wire_queue *queue)
{
	free(queue);
	return NULL;
}

struct wire_packet *wire_queue_take(struct wire_queue *queue)
{
	if (queue->n_free == 0)
		return NULL;
	return &queue->packets[queue->free[--queue->n_free]];
}

void wire_queue_give(struct wire_queue *queue, struct wire_packet *packet)
{
	queue->free[queue->n_free++] = (uint32_t)(packet - queue->packets);
}

static bool is_sooner(const struct wire_queue *queue, uint32_t one, uint32_t other)
{
	const struct wire_packet *a = &queue->packets[one];
	const struct wire_packet *b = &queue->packets[other];

	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

void wire_queue_push(struct wire_queue *queue, struct wire_packet *packet)
{
	uint32_t number = (uint32_t)(packet - queue->packets);
	uint32_t place = queue->n_queued++;

	packet->order = queue->n_pushed++;
	while (place > 0 && is_sooner(queue, number, queue->heap[(place - 1) / 2])) {
		queue->heap[place] = queue->heap[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	queue->heap[place] = number;
}

uint64_t wire_queue_due_ns(const struct wire_queue *queue)
{
	return queue->n_queued > 0 ? queue->packets[queue->heap[0]].due_ns : UINT64_MAX;
}

/* Moves number down from the top to where it belongs. */
static void sift_down(struct wire_queue *queue, uint32_t number)
{
	uint32_t place = 0;
	uint32_t child;

	while ((child = 2 * place + 1) < queue->n_queued) {
		if (child + 1 < queue->n_queued &&
		    is_sooner(queue, queue->heap[child + 1], queue->heap[child]))
			child++;
		if (!is_sooner(queue, queue->heap[child], number))
			break;
		queue->heap[place] = queue->heap[child];
		place = child;
	}
	queue->heap[place] = number;
}

struct wire_packet *wire_queue_pop(struct wire_queue *queue)
{
	uint32_t top = queue->heap[0];

	queue->n_queued--;
	if (queue->n_queued > 0)
		sift_down(queue, queue->heap[queue->n_queued]);
	return &queue->packets[top];
}
