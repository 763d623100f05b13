/* SPDX-License-Identifier: MIT */
#include "serve/held.h"

#include <string.h>

uint16_t held_keep(struct held *held, const uint8_t *bytes, size_t size)
{
	uint16_t number = held->free;

	if (size > WIRE_MESSAGE_MAX || (number == 0 && held->n_touched == HELD_MAX))
		return 0;
	if (number != 0)
		held->free = held->places[number - 1].next;
	else
		number = ++held->n_touched;
	memcpy(held->places[number - 1].bytes, bytes, size);
	held->places[number - 1].size = (uint16_t)size;
	return number;
}

size_t held_copy(const struct held *held, uint16_t number, uint8_t *bytes)
{
	if (number == 0)
		return 0;
	memcpy(bytes, held->places[number - 1].bytes, held->places[number - 1].size);
	return held->places[number - 1].size;
}

uint16_t held_release(struct held *held, uint16_t number)
{
	if (number != 0) {
		held->places[number - 1].next = held->free;
		held->free = number;
	}
	return 0;
}
