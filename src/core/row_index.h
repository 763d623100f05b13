/* SPDX-License-Identifier: MIT */
/*
 * row_index: finds rows by a number that nearly every row has for itself (cookie, inode). An
 * open-addressed table in memory of the caller's; half of it stays empty.
 */
#ifndef MIDAIR_CORE_ROW_INDEX_H
#define MIDAIR_CORE_ROW_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct row_index_slot {
	uint32_t number; /* the low half: who needs the rest compares it */
	uint32_t row;	 /* plus 1; 0: empty */
};

struct row_index {
	struct row_index_slot *slots;
	uint32_t shift;
	uint32_t mask;
};

/* The number of slots that n_rows need: a power of two. */
size_t row_index_room(size_t n_rows);

/* slots: zeroed, row_index_room() of them. */
void row_index_init(struct row_index *index, struct row_index_slot *slots, size_t n_slots);

void row_index_add(struct row_index *index, uint64_t number, uint32_t row);

/* Starts with *at = 0; returns the next row that was added with this number, or UINT32_MAX. */
uint32_t row_index_find(const struct row_index *index, uint64_t number, uint32_t *at);

#endif
