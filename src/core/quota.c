/* SPDX-License-Identifier: MIT */
#include "core/quota.h"

#include <string.h>

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
	};
}

static uint64_t prefix_of(const struct midair_endpoint *address)
{
	uint64_t prefix = 0;

	memcpy(&prefix, address->address, address->family == MIDAIR_IPV4 ? 4 : 8);
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
	return entry->n_connections > 0 || entry->n_rooms > 0;
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

uint32_t quota_find(struct quota *quota, const struct midair_endpoint *address)
{
	uint64_t prefix = prefix_of(address);
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

static void change(struct quota *quota, uint32_t number, uint32_t *count, bool is_more)
{
	struct quota_entry *entry = &quota->entries[number];
	bool was_pinned = is_pinned(entry);

	*count = is_more ? *count + 1 : *count - 1;
	if (!was_pinned)
		pin(quota, number);
	else if (!is_pinned(entry))
		release(quota, number);
}

void quota_add_connection(struct quota *quota, uint32_t entry)
{
	change(quota, entry, &quota->entries[entry].n_connections, true);
}

void quota_drop_connection(struct quota *quota, uint32_t entry)
{
	change(quota, entry, &quota->entries[entry].n_connections, false);
}

void quota_add_room(struct quota *quota, uint32_t entry)
{
	change(quota, entry, &quota->entries[entry].n_rooms, true);
}

void quota_drop_room(struct quota *quota, uint32_t entry)
{
	change(quota, entry, &quota->entries[entry].n_rooms, false);
}
