/* SPDX-License-Identifier: MIT */
#include "lib/event_queue.h"

/* Every other type can come again and again: LANDED when landings are lost while they settle,
 * WAITING when the clock is set. */
static bool is_rare(enum midair_event_type type)
{
	return type == MIDAIR_EVENT_BOUND || type == MIDAIR_EVENT_LISTENING ||
	       type == MIDAIR_EVENT_CODE || type == MIDAIR_EVENT_PEER ||
	       type == MIDAIR_EVENT_CONFIRMED || type == MIDAIR_EVENT_AUTHENTICATED ||
	       type == MIDAIR_EVENT_CONNECTED || type == MIDAIR_EVENT_FAILED ||
	       type == MIDAIR_EVENT_VERDICT;
}

void event_queue_put(struct event_queue *queue, const struct midair_event *event)
{
	uint32_t room = EVENT_QUEUE_SIZE - queue->n_events;

	if (room == 0 || (!is_rare(event->type) && room <= EVENT_QUEUE_RESERVE))
		return;
	queue->events[(queue->first + queue->n_events++) % EVENT_QUEUE_SIZE] = *event;
}

bool event_queue_take(struct event_queue *queue, struct midair_event *event)
{
	if (queue->n_events == 0)
		return false;
	*event = queue->events[queue->first];
	queue->first = (queue->first + 1) % EVENT_QUEUE_SIZE;
	queue->n_events--;
	return true;
}
