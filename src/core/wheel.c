/* SPDX-License-Identifier: MIT */
#include "core/wheel.h"

#include <string.h>

#define DUE_LIST WHEEL_SLOTS

void wheel_init(struct wheel *wheel, struct wheel_node *nodes, uint32_t now)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->nodes = nodes;
	wheel->now = now;
}

static void push(struct wheel *wheel, uint32_t number, uint32_t list)
{
	struct wheel_node *node = &wheel->nodes[number];
	uint32_t first = wheel->first[list];

	node->list = list + 1;
	node->previous = 0;
	node->next = first;
	if (first != 0)
		wheel->nodes[first - 1].previous = number + 1;
	wheel->first[list] = number + 1;
}

void wheel_clear(struct wheel *wheel, uint32_t number)
{
	struct wheel_node *node = &wheel->nodes[number];

	if (node->list == 0)
		return;
	if (node->previous != 0)
		wheel->nodes[node->previous - 1].next = node->next;
	else
		wheel->first[node->list - 1] = node->next;
	if (node->next != 0)
		wheel->nodes[node->next - 1].previous = node->previous;
	node->list = 0;
}

void wheel_set(struct wheel *wheel, uint32_t number, uint32_t deadline)
{
	wheel_clear(wheel, number);
	if (deadline <= wheel->now)
		deadline = wheel->now + 1;
	wheel->nodes[number].deadline = deadline;
	push(wheel, number, deadline % WHEEL_SLOTS);
}

static void collect(struct wheel *wheel, uint32_t slot)
{
	uint32_t next;

	for (uint32_t at = wheel->first[slot]; at != 0; at = next) {
		next = wheel->nodes[at - 1].next;
		if (wheel->nodes[at - 1].deadline > wheel->now)
			continue;
		wheel_clear(wheel, at - 1);
		push(wheel, at - 1, DUE_LIST);
	}
}

static void go_on(struct wheel *wheel, uint32_t now)
{
	uint32_t n_ticks = now - wheel->now;
	uint32_t from = wheel->now + 1;

	/* After a long sleep one round sees every slot. */
	if (n_ticks > WHEEL_SLOTS)
		n_ticks = WHEEL_SLOTS;
	wheel->now = now;
	for (uint32_t i = 0; i < n_ticks; i++)
		collect(wheel, (from + i) % WHEEL_SLOTS);
}

uint32_t wheel_due(struct wheel *wheel, uint32_t now)
{
	uint32_t first;

	if (now > wheel->now)
		go_on(wheel, now);
	first = wheel->first[DUE_LIST];
	if (first == 0)
		return WHEEL_NONE;
	wheel_clear(wheel, first - 1);
	return first - 1;
}
