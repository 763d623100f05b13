/* SPDX-License-Identifier: MIT */
#include "core/quota.h"

#include <string.h>

#include "core/random.h"
#include "midair/midair.h"
#include "tests/unit/unit.h"

#define N_ENTRIES 8u

static uint64_t memory[1024];

static struct quota new_quota(void)
{
	const struct hash_key key = {{1, 2}};
	struct quota quota;

	assert_true(quota_bytes(N_ENTRIES) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	quota_init(&quota, memory, N_ENTRIES, &key);
	return quota;
}

static uint32_t find(struct quota *quota, const char *address)
{
	struct midair_endpoint endpoint;

	assert_int_equal(midair_endpoint_parse(&endpoint, address), 0);
	return quota_find(quota, &endpoint);
}

static uint32_t find_number(struct quota *quota, uint32_t number)
{
	const struct midair_endpoint endpoint = {
		.family = MIDAIR_IPV4,
		.address = {10, 0, (uint8_t)(number >> 8), (uint8_t)number},
	};

	return quota_find(quota, &endpoint);
}

static void an_ipv4_address_counts_alone_and_an_ipv6_address_with_its_64_bits(void **state)
{
	static const struct {
		const char *name, *one, *other;
		bool is_same;
	} rows[] = {
		{"same address, other port", "192.0.2.1:1", "192.0.2.1:2", true},
		{"neighbours", "192.0.2.1:1", "192.0.2.2:1", false},
		{"one subscriber's prefix", "[2001:db8::1]:1", "[2001:db8::ffff:2:3]:9", true},
		{"last bits of it", "[2001:db8:0:1:ffff::1]:1", "[2001:db8:0:1::]:1", true},
		{"the next prefix", "[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
		{"the same bytes in both families", "192.0.2.1:1", "[c000:201::]:1", false},
		{"v4-mapped is IPv4", "192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct quota quota = new_quota();
		uint32_t one = find(&quota, rows[i].one);
		uint32_t other = find(&quota, rows[i].other);

		EXPECT(one != QUOTA_NONE && other != QUOTA_NONE, rows[i].name);
		EXPECT((one == other) == rows[i].is_same, rows[i].name);
	}
}

static void a_full_table_forgets_who_has_nothing_and_refuses_when_all_have(void **state)
{
	struct quota quota = new_quota();
	uint32_t entries[N_ENTRIES];

	(void)state;
	for (uint32_t i = 0; i < N_ENTRIES; i++) {
		entries[i] = find_number(&quota, i);
		assert_int_not_equal(entries[i], QUOTA_NONE);
		if (i % 2)
			quota_add(&quota, entries[i], QUOTA_CONNECTIONS);
		else
			quota_add(&quota, entries[i], QUOTA_ROOMS);
	}
	assert_int_equal(find_number(&quota, 99), QUOTA_NONE);
	assert_int_equal(find_number(&quota, 3), entries[3]);
	quota_drop(&quota, entries[4], QUOTA_ROOMS);
	quota_drop(&quota, entries[1], QUOTA_CONNECTIONS);
	/* the one that has been without anything for longer */
	assert_int_equal(find_number(&quota, 99), entries[4]);
	quota_add(&quota, entries[4], QUOTA_CONNECTIONS);
	assert_int_equal(find_number(&quota, 98), entries[1]);
	quota_add(&quota, entries[1], QUOTA_CONNECTIONS);
	assert_int_equal(find_number(&quota, 97), QUOTA_NONE);
}

static void an_address_with_both_is_kept_until_both_are_gone(void **state)
{
	struct quota quota = new_quota();
	uint32_t entry = find_number(&quota, 1);

	(void)state;
	quota_add(&quota, entry, QUOTA_CONNECTIONS);
	quota_add(&quota, entry, QUOTA_ROOMS);
	quota_drop(&quota, entry, QUOTA_CONNECTIONS);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_not_equal(find_number(&quota, 100 + i), entry);
	assert_int_equal(quota.entries[entry].counts[QUOTA_ROOMS], 1);
	quota_drop(&quota, entry, QUOTA_ROOMS);
	assert_int_equal(find_number(&quota, 1), entry);
}

static void a_token_bucket_survives_as_long_as_its_entry(void **state)
{
	struct quota quota = new_quota();
	uint32_t entry = find_number(&quota, 1);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_true(bucket_take(&quota.entries[entry].buckets[QUOTA_CONNECTS], 1000, 60,
					3));
	assert_false(bucket_take(&quota.entries[entry].buckets[QUOTA_CONNECTS], 1000, 60, 3));
	entry = find_number(&quota, 1);
	assert_false(bucket_take(&quota.entries[entry].buckets[QUOTA_CONNECTS], 1999, 60, 3));
	assert_true(bucket_take(&quota.entries[entry].buckets[QUOTA_CONNECTS], 2001, 60, 3));
	assert_false(bucket_take(&quota.entries[entry].buckets[QUOTA_CONNECTS], 2002, 60, 3));
}

static void a_bucket_gives_its_rate_and_no_more_than_its_burst(void **state)
{
	static const struct {
		const char *name;
		uint32_t per_minute, burst, step_ms;
	} rows[] = {
		{"slow", 6, 1, 7},
		{"one a second", 60, 10, 13},
		{"fast", 60000, 100, 1},
		{"steps longer than the burst lasts", 6000, 10, 1000},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct bucket bucket = {0};
		uint64_t n_taken = 0;
		uint64_t end_ms = 600000;
		uint64_t allowed = rows[i].burst + end_ms / 60000 * rows[i].per_minute;
		uint64_t n_tries = 0;

		for (uint64_t now_ms = 0; now_ms < end_ms; now_ms += rows[i].step_ms)
			for (uint32_t j = 0; j < 2 * rows[i].burst; j++) {
				n_tries++;
				n_taken += bucket_take(&bucket, now_ms, rows[i].per_minute,
						       rows[i].burst);
			}
		EXPECT(n_taken <= allowed, rows[i].name);
		EXPECT(n_taken < n_tries, rows[i].name);
		/* whole bursts are lost only where a step is longer than the bucket lasts */
		if ((uint64_t)rows[i].step_ms * rows[i].per_minute <= 60000 * rows[i].burst)
			EXPECT(n_taken >= allowed * 9 / 10, rows[i].name);
	}
}

/* Against counts in an array: any order of calls. */
static void random_calls_keep_every_count(void **state)
{
	struct quota quota = new_quota();
	struct random random;
	uint32_t connections[12] = {0};
	uint32_t rooms[12] = {0};

	(void)state;
	random_init(&random, 7);
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t number = (uint32_t)random_below(&random, 12);
		uint32_t what = (uint32_t)random_below(&random, 4);
		uint32_t entry = find_number(&quota, number);
		uint32_t n_pinned = 0;

		for (uint32_t j = 0; j < 12; j++)
			n_pinned += connections[j] + rooms[j] > 0;
		if (entry == QUOTA_NONE) {
			assert_int_equal(n_pinned, N_ENTRIES);
			continue;
		}
		assert_int_equal(quota.entries[entry].counts[QUOTA_CONNECTIONS],
				 connections[number]);
		assert_int_equal(quota.entries[entry].counts[QUOTA_ROOMS], rooms[number]);
		if (what == 0 && ++connections[number])
			quota_add(&quota, entry, QUOTA_CONNECTIONS);
		else if (what == 1 && ++rooms[number])
			quota_add(&quota, entry, QUOTA_ROOMS);
		else if (what == 2 && connections[number] > 0 && connections[number]--)
			quota_drop(&quota, entry, QUOTA_CONNECTIONS);
		else if (what == 3 && rooms[number] > 0 && rooms[number]--)
			quota_drop(&quota, entry, QUOTA_ROOMS);
	}
}

static uint64_t network_memory[1024];

/* Number's /64 of a /48: 65,536 of each. */
static struct midair_endpoint subnet(uint8_t network, uint32_t number)
{
	return (struct midair_endpoint){
		.family = MIDAIR_IPV6,
		.address = {0x20, 0x01, 0x0d, 0xb8, 0, network, (uint8_t)(number >> 8),
			    (uint8_t)number, 1},
	};
}

static struct quota new_two_levels(struct quota *networks)
{
	const struct hash_key key = {{3, 4}};
	struct quota quota = new_quota();

	memset(network_memory, 0, sizeof(network_memory));
	quota_init(networks, network_memory, N_ENTRIES, &key);
	quota_use_networks(&quota, networks);
	return quota;
}

static void a_network_of_many_prefixes_has_some_shares_and_no_more(void **state)
{
	static const enum quota_count counts[] = {QUOTA_CONNECTIONS, QUOTA_ROOMS};
	const struct quota_share share = {.each = 2, .network_shares = 3};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(counts); i++) {
		struct quota networks;
		struct quota quota = new_two_levels(&networks);
		struct midair_endpoint address;
		uint32_t entry = QUOTA_NONE;

		for (uint32_t number = 0; number < 6; number++) {
			address = subnet(0, number);
			entry = quota_find(&quota, &address);
			EXPECT(quota_has_room(&quota, entry, counts[i], &share), "before");
			quota_add(&quota, entry, counts[i]);
		}
		address = subnet(0, 1000);
		assert_false(quota_has_room(&quota, quota_find(&quota, &address), counts[i],
					    &share));
		address = subnet(1, 1000);
		assert_true(quota_has_room(&quota, quota_find(&quota, &address), counts[i],
					   &share));
		quota_drop(&quota, entry, counts[i]);
		address = subnet(0, 1000);
		assert_true(quota_has_room(&quota, quota_find(&quota, &address), counts[i],
					   &share));
		assert_int_equal(networks.entries[0].counts[counts[i]], 5);
	}
}

static void a_network_asks_at_the_rate_of_its_shares(void **state)
{
	const struct quota_share share = {.each = 2, .per_minute = 60, .network_shares = 3};
	struct quota networks;
	struct quota quota = new_two_levels(&networks);
	uint32_t n_taken = 0;

	(void)state;
	/* each prefix comes once, and is forgotten when it has come */
	for (uint32_t number = 0; number < 1000; number++) {
		struct midair_endpoint address = subnet(0, number);

		n_taken += quota_take(&quota, quota_find(&quota, &address), QUOTA_ENTERS, 5000,
				      &share);
	}
	assert_int_equal(n_taken, 6);
}

static void ipv4_has_no_networks(void **state)
{
	const struct quota_share share = {.each = 1, .network_shares = 1};
	struct quota networks;
	struct quota quota = new_two_levels(&networks);

	(void)state;
	for (uint32_t number = 0; number < N_ENTRIES; number++) {
		uint32_t entry = find_number(&quota, number);

		assert_true(quota_has_room(&quota, entry, QUOTA_CONNECTIONS, &share));
		quota_add(&quota, entry, QUOTA_CONNECTIONS);
	}
	assert_int_equal(networks.n_used, 0);
}

/* What goes of an address goes of its network, whoever else was looked at meanwhile. */
static void networks_are_kept_as_long_as_their_addresses(void **state)
{
	struct quota networks;
	struct quota quota = new_two_levels(&networks);
	struct midair_endpoint address = subnet(7, 7);
	uint32_t entry = quota_find(&quota, &address);

	(void)state;
	quota_add(&quota, entry, QUOTA_CONNECTIONS);
	for (uint32_t number = 0; number < 200; number++) {
		address = subnet((uint8_t)(number + 8), number);
		assert_int_not_equal(quota_find(&quota, &address), QUOTA_NONE);
	}
	quota_add(&quota, entry, QUOTA_ROOMS);
	quota_drop(&quota, entry, QUOTA_CONNECTIONS);
	quota_drop(&quota, entry, QUOTA_ROOMS);
	for (uint32_t i = 0; i < networks.n_used; i++)
		for (int count = 0; count < QUOTA_N_COUNTS; count++)
			assert_int_equal(networks.entries[i].counts[count], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_ipv4_address_counts_alone_and_an_ipv6_address_with_its_64_bits),
		cmocka_unit_test(
			a_full_table_forgets_who_has_nothing_and_refuses_when_all_have),
		cmocka_unit_test(an_address_with_both_is_kept_until_both_are_gone),
		cmocka_unit_test(a_token_bucket_survives_as_long_as_its_entry),
		cmocka_unit_test(a_bucket_gives_its_rate_and_no_more_than_its_burst),
		cmocka_unit_test(random_calls_keep_every_count),
		cmocka_unit_test(a_network_of_many_prefixes_has_some_shares_and_no_more),
		cmocka_unit_test(a_network_asks_at_the_rate_of_its_shares),
		cmocka_unit_test(ipv4_has_no_networks),
		cmocka_unit_test(networks_are_kept_as_long_as_their_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
