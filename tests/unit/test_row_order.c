/* SPDX-License-Identifier: MIT */
#include "core/row_order.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define N_ROWS 500

struct row {
	struct midair_endpoint local;
	struct midair_endpoint remote;
	uint32_t number;
};

static int compare_endpoints(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	int difference = (int)a->family - (int)b->family;

	if (difference == 0)
		difference = memcmp(a->address, b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->scope_id > b->scope_id) - (a->scope_id < b->scope_id);
	if (difference == 0)
		difference = (int)a->port - (int)b->port;
	return difference;
}

static int compare(const struct row *a, const struct row *b)
{
	int difference = compare_endpoints(&a->local, &b->local);

	return difference != 0 ? difference : compare_endpoints(&a->remote, &b->remote);
}

static uint64_t some(uint64_t *seed)
{
	/* Any mixing will do: a linear congruence's upper half. */
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* Few values of each byte, so that rows are equal in many; n_bytes of the address differ. */
static struct midair_endpoint any_endpoint(uint64_t *seed, bool has_ipv6, size_t n_bytes)
{
	struct midair_endpoint endpoint = {
		.family = has_ipv6 && some(seed) % 2 == 0 ? MIDAIR_IPV6 : MIDAIR_IPV4,
		.port = (uint16_t)(some(seed) % 3 * 257 + some(seed) % 3),
	};

	for (size_t i = 0; i < n_bytes; i++)
		endpoint.address[endpoint.family == MIDAIR_IPV6 ? i : i % 4] =
			(uint8_t)(some(seed) % 2 * 255);
	if (endpoint.family == MIDAIR_IPV6)
		endpoint.scope_id = (uint32_t)(some(seed) % 2 * 70000);
	return endpoint;
}

static void expect_sorted(const struct row *rows, size_t n_rows, const char *name)
{
	static struct row_order_item items[N_ROWS], spare[N_ROWS];
	const struct row_order_item *order =
		row_order(rows, sizeof(rows[0]), n_rows, items, spare);
	static bool is_seen[N_ROWS];

	memset(is_seen, 0, sizeof(is_seen));
	for (size_t i = 0; i < n_rows; i++) {
		EXPECT(order[i].row < n_rows && !is_seen[order[i].row], name);
		is_seen[order[i].row] = true;
		if (i == 0)
			continue;
		int difference = compare(&rows[order[i - 1].row], &rows[order[i].row]);
		EXPECT(difference <= 0, name);
		EXPECT(difference < 0 || order[i - 1].row < order[i].row, name);
	}
}

static void rows_of_every_kind_are_sorted(void **state)
{
	static const struct {
		const char *name;
		size_t n_rows;
		bool has_ipv6;
		size_t n_bytes;
	} cases[] = {
		{"none", 0, false, 4},
		{"one", 1, false, 4},
		{"all the same address", N_ROWS, false, 0},
		{"IPv4 addresses", N_ROWS, false, 4},
		{"both families", N_ROWS, true, 0},
		{"every byte of an address", N_ROWS, true, 16},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		static struct row rows[N_ROWS];
		uint64_t seed = i + 1;

		for (uint32_t row = 0; row < cases[i].n_rows; row++)
			rows[row] = (struct row){
				any_endpoint(&seed, cases[i].has_ipv6, cases[i].n_bytes),
				any_endpoint(&seed, cases[i].has_ipv6, cases[i].n_bytes),
				row,
			};
		expect_sorted(rows, cases[i].n_rows, cases[i].name);
	}
}

static void order_is_family_address_scope_port(void **state)
{
	static const char *const ascending[] = {
		"9.0.0.0:65535",   "10.0.0.0:1",      "10.0.0.1:255",
		"10.0.0.1:256",	   "[::1]:65535",     "[fe80::1]:9",
		"[fe80::1%255]:9", "[fe80::1%256]:1", "[fe80::1%256]:2",
	};
	struct row rows[N_ITEMS(ascending)];

	(void)state;
	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < N_ITEMS(ascending); i++) {
		struct row *row = &rows[N_ITEMS(ascending) - 1 - i];

		assert_int_equal(midair_endpoint_parse(&row->remote, ascending[i]), 0);
	}
	struct row_order_item items[N_ITEMS(ascending)], spare[N_ITEMS(ascending)];
	const struct row_order_item *order =
		row_order(rows, sizeof(rows[0]), N_ITEMS(ascending), items, spare);
	for (size_t i = 0; i < N_ITEMS(ascending); i++)
		EXPECT(order[i].row == N_ITEMS(ascending) - 1 - i, ascending[i]);
}

static void every_single_byte_counts(void **state)
{
	(void)state;
	for (size_t byte = 0; byte < 2 * sizeof(struct midair_endpoint); byte++) {
		/* The last byte of an endpoint is reserved. */
		bool counts = byte % sizeof(struct midair_endpoint) !=
			      offsetof(struct midair_endpoint, reserved);
		struct row_order_item items[2], spare[2];
		struct row rows[2];

		memset(rows, 0, sizeof(rows));
		((uint8_t *)&rows[0])[byte] = 1;
		const struct row_order_item *order =
			row_order(rows, sizeof(rows[0]), 2, items, spare);
		assert_int_equal(order[0].row, counts ? 1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_byte_counts),
		cmocka_unit_test(rows_of_every_kind_are_sorted),
		cmocka_unit_test(order_is_family_address_scope_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
