/* SPDX-License-Identifier: MIT */
#include "core/row_order.h"

#include <assert.h>
#include <string.h>

#define PAIR_SIZE    (2 * sizeof(struct midair_endpoint))
#define KEY_SIZE     8
#define N_DIGITS     256
#define BYTE(member) ((uint8_t)offsetof(struct midair_endpoint, member))

static_assert(sizeof(struct midair_endpoint) == 24, "every byte has its place in the order");

/* The bytes of an endpoint by weight. Numbers are in the processor's order. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NUMBER_BYTE(member, size, i) ((uint8_t)(BYTE(member) + (size)-1 - (i)))
#else
#define NUMBER_BYTE(member, size, i) ((uint8_t)(BYTE(member) + (i)))
#endif
#define N_WEIGHTS 23
static const uint8_t weights[N_WEIGHTS] = {
	BYTE(family),
	BYTE(address),
	BYTE(address) + 1,
	BYTE(address) + 2,
	BYTE(address) + 3,
	BYTE(address) + 4,
	BYTE(address) + 5,
	BYTE(address) + 6,
	BYTE(address) + 7,
	BYTE(address) + 8,
	BYTE(address) + 9,
	BYTE(address) + 10,
	BYTE(address) + 11,
	BYTE(address) + 12,
	BYTE(address) + 13,
	BYTE(address) + 14,
	BYTE(address) + 15,
	NUMBER_BYTE(scope_id, 4, 0),
	NUMBER_BYTE(scope_id, 4, 1),
	NUMBER_BYTE(scope_id, 4, 2),
	NUMBER_BYTE(scope_id, 4, 3),
	NUMBER_BYTE(port, 2, 0),
	NUMBER_BYTE(port, 2, 1),
};

struct row_array {
	const uint8_t *bytes;
	size_t row_size;
	size_t n_rows;
};

/* Sets in differs each byte of the pair that is not the same in all rows. */
static void find_differences(const struct row_array *rows, uint8_t differs[PAIR_SIZE])
{
	uint64_t first[PAIR_SIZE / 8], differences[PAIR_SIZE / 8] = {0};

	memcpy(first, rows->bytes, PAIR_SIZE);
	for (size_t row = 1; row < rows->n_rows; row++) {
		uint64_t words[PAIR_SIZE / 8];

		memcpy(words, rows->bytes + row * rows->row_size, PAIR_SIZE);
		for (size_t i = 0; i < PAIR_SIZE / 8; i++)
			differences[i] |= words[i] ^ first[i];
	}
	memcpy(differs, differences, PAIR_SIZE);
}

/* Lists the bytes to sort by, most significant first. Returns their number. */
static size_t plan_key(const struct row_array *rows, uint8_t offsets[PAIR_SIZE])
{
	uint8_t differs[PAIR_SIZE];
	size_t n_offsets = 0;

	find_differences(rows, differs);
	for (size_t i = 0; i < 2 * (size_t)N_WEIGHTS; i++) {
		size_t endpoint = i < N_WEIGHTS ? 0 : sizeof(struct midair_endpoint);
		size_t offset = endpoint + weights[i % N_WEIGHTS];

		if (differs[offset] != 0)
			offsets[n_offsets++] = (uint8_t)offset;
	}
	return n_offsets;
}

static void read_keys(const struct row_array *rows, const uint8_t *offsets, size_t n_offsets,
		      struct row_order_item *items)
{
	for (size_t i = 0; i < rows->n_rows; i++) {
		const uint8_t *row = rows->bytes + items[i].row * rows->row_size;
		uint64_t key = 0;

		for (size_t byte = 0; byte < n_offsets; byte++)
			key = key << 8 | row[offsets[byte]];
		items[i].key = key;
	}
}

static void count_digits(const struct row_order_item *items, size_t n_items, size_t n_bytes,
			 uint32_t counts[KEY_SIZE][N_DIGITS])
{
	memset(counts, 0, sizeof(uint32_t) * KEY_SIZE * N_DIGITS);
	for (size_t i = 0; i < n_items; i++) {
		for (size_t byte = 0; byte < n_bytes; byte++)
			counts[byte][items[i].key >> (8 * byte) & 0xff]++;
	}
}

/* Moves the items to where this digit wants them. */
static void sort_digit(const struct row_order_item *from, struct row_order_item *to,
		       size_t n_items, size_t byte, const uint32_t counts[N_DIGITS])
{
	uint32_t places[N_DIGITS];
	uint32_t place = 0;

	for (size_t digit = 0; digit < N_DIGITS; digit++) {
		places[digit] = place;
		place += counts[digit];
	}
	for (size_t i = 0; i < n_items; i++)
		to[places[from[i].key >> (8 * byte) & 0xff]++] = from[i];
}

static void swap(struct row_order_item **a, struct row_order_item **b)
{
	struct row_order_item *kept = *a;

	*a = *b;
	*b = kept;
}

struct row_order_item *row_order(const void *rows, size_t row_size, size_t n_rows,
				 struct row_order_item *items, struct row_order_item *spare)
{
	const struct row_array array = {rows, row_size, n_rows};
	uint32_t counts[KEY_SIZE][N_DIGITS];
	uint8_t offsets[PAIR_SIZE];
	size_t n_left = n_rows == 0 ? 0 : plan_key(&array, offsets);

	for (size_t i = 0; i < n_rows; i++)
		items[i] = (struct row_order_item){.row = (uint32_t)i};
	while (n_left > 0) {
		size_t n_bytes = n_left < KEY_SIZE ? n_left : KEY_SIZE;

		n_left -= n_bytes;
		read_keys(&array, offsets + n_left, n_bytes, items);
		count_digits(items, n_rows, n_bytes, counts);
		for (size_t byte = 0; byte < n_bytes; byte++) {
			sort_digit(items, spare, n_rows, byte, counts[byte]);
			swap(&items, &spare);
		}
	}
	return items;
}
