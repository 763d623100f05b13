/* SPDX-License-Identifier: MIT */
/*
 * event_queue: events on their way to the caller. Bounded: when the caller does not fetch them,
 * the events that tell of single dials are left out, so that those which decide always fit.
 */
#ifndef MIDAIR_LIB_EVENT_QUEUE_H
#define MIDAIR_LIB_EVENT_QUEUE_H

#include "midair/midair.h"

#define EVENT_QUEUE_SIZE 128u
/* Kept for BOUND, LISTENING, CODE, PEER, CONFIRMED, AUTHENTICATED, CONNECTED and FAILED: more
 * than a session has of them. */
#define EVENT_QUEUE_RESERVE 32u

struct event_queue {
	uint32_t first;
	uint32_t n_events;
	struct midair_event events[EVENT_QUEUE_SIZE];
};

void event_queue_put(struct event_queue *queue, const struct midair_event *event);
/* False when empty. */
bool event_queue_take(struct event_queue *queue, struct midair_event *event);

#endif
