/* SPDX-License-Identifier: MIT */
#include "core/quota.h"

#include <string.h>

#define ADDRESS_BYTES	 8
#define NETWORK_BYTES	 6
#define PER_MINUTE_LIMIT 100000000u

static size_t entries_bytes(uint32_t n_entries)
{
	return sizeof(struct quota_entry) * n_entries;
}

size_t quota_bytes(uint32_t n_entries)
{
	return entries_bytes(n_entries) + sizeof(uint32_t) * keyed_hash_chains(n_entries);
}

void quota_init(struct quota *quota, void *memory, uint32_t n_entries,
		const struct hash_key *key)
{
	uint8_t *bytes = memory;

	*quota = (struct quota){
		.entries = memory,
		.chains = (void *)(bytes + entries_bytes(n_entries)),
		.n_entries = n_entries,
		.n_chains = keyed_hash_chains(n_entries),
		.key = *key,
		.prefix_bytes = ADDRESS_BYTES,
	};
}

void quota_use_networks(struct quota *quota, struct quota *networks)
{
	networks->prefix_bytes = NETWORK_BYTES;
	quota->networks = networks;
}

static uint64_t prefix_of(const struct quota *quota, const struct midair_endpoint *address)
{
	uint64_t prefix = 0;

	memcpy(&prefix, address->address,
	       address->family == MIDAIR_IPV4 ? 4 : quota->prefix_bytes);
	return prefix;
}

static uint32_t *chain_of(struct quota *quota, uint64_t prefix, uint8_t family)
{
	uint64_t words[2] = {prefix, family};

	return &quota->chains[keyed_hash(&quota->key, words, sizeof(words)) &
			      (quota->n_chains - 1)];
}

static bool is_pinned(const struct quota_entry *entry)
{
	return entry->counts[QUOTA_CONNECTIONS] > 0 || entry->counts[QUOTA_ROOMS] > 0;
}

/* Into the order of those that have nothing. */
static void release(struct quota *quota, uint32_t number)
{
	struct quota_entry *entry = &quota->entries[number];

	entry->newer = 0;
	entry->older = quota->newest;
	if (quota->newest != 0)
		quota->entries[quota->newest - 1].newer = number + 1;
	else
		quota->oldest = number + 1;
	quota->newest = number + 1;
}

static void pin(struct quota *quota, uint32_t number)
{
	struct quota_entry *entry = &quota->entries[number];

	if (entry->older != 0)
		quota->entries[entry->older - 1].newer = entry->newer;
	else
		quota->oldest = entry->newer;
	if (entry->newer != 0)
		quota->entries[entry->newer - 1].older = entry->older;
	else
		quota->newest = entry->older;
}

static void forget(struct quota *quota, uint32_t number)
{
	struct quota_entry *entry = &quota->entries[number];
	uint32_t *link = chain_of(quota, entry->prefix, entry->family);

	pin(quota, number);
	while (*link != number + 1)
		link = &quota->entries[*link - 1].next;
	*link = entry->next;
}

static uint32_t free_entry(struct quota *quota)
{
	uint32_t number;

	if (quota->n_used < quota->n_entries)
		return quota->n_used++;
	if (quota->oldest == 0)
		return QUOTA_NONE;
	number = quota->oldest - 1;
	forget(quota, number);
	return number;
}

static uint32_t find(struct quota *quota, const struct midair_endpoint *address)
{
	uint64_t prefix = prefix_of(quota, address);
	uint32_t *chain = chain_of(quota, prefix, address->family);
	uint32_t number;

	for (uint32_t at = *chain; at != 0; at = quota->entries[at - 1].next)
		if (quota->entries[at - 1].prefix == prefix &&
		    quota->entries[at - 1].family == address->family)
			return at - 1;
	number = free_entry(quota);
	if (number == QUOTA_NONE)
		return QUOTA_NONE;
	quota->entries[number] = (struct quota_entry){
		.prefix = prefix,
		.family = address->family,
		.next = *chain,
	};
	*chain = number + 1;
	release(quota, number);
	return number;
}

/* While an entry is pinned its /48 is, so that it is still the same one. */
uint32_t quota_find(struct quota *quota, const struct midair_endpoint *address)
{
	uint32_t number = find(quota, address);
	uint32_t network;

	if (number == QUOTA_NONE || quota->networks == NULL || address->family != MIDAIR_IPV6)
		return number;
	network = find(quota->networks, address);
	if (network == QUOTA_NONE)
		return QUOTA_NONE;
	quota->entries[number].network = network + 1;
	return number;
}

static void change(struct quota *quota, uint32_t number, enum quota_count count, bool is_more)
{
	struct quota_entry *entry = &quota->entries[number];
	bool was_pinned = is_pinned(entry);

	entry->counts[count] += is_more ? 1u : UINT32_MAX;
	if (!was_pinned && is_pinned(entry))
		pin(quota, number);
	else if (was_pinned && !is_pinned(entry))
		release(quota, number);
	if (entry->network != 0)
		change(quota->networks, entry->network - 1, count, is_more);
}

void quota_add(struct quota *quota, uint32_t entry, enum quota_count count)
{
	change(quota, entry, count, true);
}

void quota_drop(struct quota *quota, uint32_t entry, enum quota_count count)
{
	change(quota, entry, count, false);
}

static uint32_t times(uint32_t each, uint32_t shares, uint32_t limit)
{
	uint64_t all = (uint64_t)each * shares;

	return all < limit ? (uint32_t)all : limit;
}

bool quota_has_room(const struct quota *quota, uint32_t entry, enum quota_count count,
		    const struct quota_share *share)
{
	uint32_t network = quota->entries[entry].network;

	if (quota->entries[entry].counts[count] >= share->each)
		return false;
	return network == 0 || quota->networks->entries[network - 1].counts[count] <
				       times(share->each, share->network_shares, UINT32_MAX);
}

bool quota_take(struct quota *quota, uint32_t entry, enum quota_rate rate, uint64_t now_ms,
		const struct quota_share *share)
{
	uint32_t network = quota->entries[entry].network;
	uint32_t shares = share->network_shares;

	if (!bucket_take(&quota->entries[entry].buckets[rate], now_ms, share->per_minute,
			 share->each))
		return false;
	return network == 0 ||
	       bucket_take(&quota->networks->entries[network - 1].buckets[rate], now_ms,
			   times(share->per_minute, shares, PER_MINUTE_LIMIT),
			   times(share->each, shares, BUCKET_BURST_MAX));
}
