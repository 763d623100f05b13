/* SPDX-License-Identifier: MIT */
#include "core/row_index.h"

#define SLOTS_MIN 16u

size_t row_index_room(size_t n_rows)
{
	size_t n_slots = SLOTS_MIN;

	while (n_slots < 2 * n_rows)
		n_slots *= 2;
	return n_slots;
}

void row_index_init(struct row_index *index, struct row_index_slot *slots, size_t n_slots)
{
	uint32_t n_bits = 0;

	while ((size_t)1 << n_bits < n_slots)
		n_bits++;
	*index = (struct row_index){
		.slots = slots, .shift = 32 - n_bits, .mask = (uint32_t)n_slots - 1};
}

/* The upper bits of the product depend on all bits of the number: neighbours come apart. */
static uint32_t first_slot(const struct row_index *index, uint32_t number)
{
	return (number * UINT32_C(2654435769)) >> index->shift;
}

void row_index_add(struct row_index *index, uint64_t number, uint32_t row)
{
	uint32_t slot = first_slot(index, (uint32_t)number);

	while (index->slots[slot].row != 0)
		slot = (slot + 1) & index->mask;
	index->slots[slot] = (struct row_index_slot){(uint32_t)number, row + 1};
}

uint32_t row_index_find(const struct row_index *index, uint64_t number, uint32_t *at)
{
	for (;;) {
		uint32_t slot = (first_slot(index, (uint32_t)number) + *at) & index->mask;

		if (index->slots[slot].row == 0)
			return UINT32_MAX;
		++*at;
		if (index->slots[slot].number == (uint32_t)number)
			return index->slots[slot].row - 1;
	}
}
