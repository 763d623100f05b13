/* SPDX-License-Identifier: MIT */
#include "core/nat_table.h"

#include <assert.h>
#include <string.h>

#include "core/nat_ports.h"

static_assert(NAT_SESSIONS_MAX < NAT_NOBODY, "an item number fits 16 bits");
static_assert((NAT_BUCKETS & (NAT_BUCKETS - 1)) == 0, "buckets are masked");

static const struct midair_endpoint anyone = {.family = MIDAIR_FAMILY_NONE};

/* ---- indexes -------------------------------------------------------------------------------- */

/* The mixing steps of splitmix64; the seed keeps strangers from aiming at one chain. */
static uint64_t mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) + UINT64_C(0x9e3779b97f4a7c15);
	state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	state = (state ^ (state >> 27)) * UINT64_C(0x94d049bb133111eb);
	return state ^ (state >> 31);
}

static uint64_t mix_endpoint(uint64_t state, const struct midair_endpoint *endpoint)
{
	uint64_t words[2];

	memcpy(words, endpoint->address, sizeof(words));
	state = mix(state, words[0]);
	if (endpoint->family == MIDAIR_IPV6)
		state = mix(state, words[1]);
	return mix(state, (uint64_t)endpoint->family << 16 | endpoint->port);
}

static uint32_t bucket_of(const struct nat_table *table, const struct midair_endpoint *ours,
			  const struct midair_endpoint *remote)
{
	uint64_t state = mix_endpoint(table->hash_seed, ours);

	return (uint32_t)mix_endpoint(state, remote) & (NAT_BUCKETS - 1);
}

static uint32_t bucket_of_address(const struct nat_table *table,
				  const struct midair_endpoint *outer,
				  const struct midair_endpoint *remote)
{
	struct midair_endpoint address = *remote;

	address.port = 0;
	return bucket_of(table, outer, &address);
}

static void index_init(struct nat_index *index)
{
	memset(index->heads, 0xff, sizeof(index->heads));
}

static void index_insert(struct nat_index *index, uint32_t bucket, uint16_t item)
{
	uint16_t head = index->heads[bucket];

	index->links[item].next = head;
	index->links[item].previous = NAT_NOBODY;
	if (head != NAT_NOBODY)
		index->links[head].previous = item;
	index->heads[bucket] = item;
}

static void index_remove(struct nat_index *index, uint32_t bucket, uint16_t item)
{
	uint16_t next = index->links[item].next;
	uint16_t previous = index->links[item].previous;

	if (next != NAT_NOBODY)
		index->links[next].previous = previous;
	if (previous != NAT_NOBODY)
		index->links[previous].next = next;
	else
		index->heads[bucket] = next;
}

static uint16_t pool_take(struct nat_pool *pool)
{
	if (pool->n_free > 0)
		return pool->free[--pool->n_free];
	if (pool->n_ever < NAT_SESSIONS_MAX)
		return pool->n_ever++;
	return NAT_NOBODY;
}

static void pool_give(struct nat_pool *pool, uint16_t item)
{
	pool->free[pool->n_free++] = item;
}

/* ---- mappings ------------------------------------------------------------------------------- */

static struct midair_endpoint dependence(enum nat_mapping kind,
					 const struct midair_endpoint *remote)
{
	struct midair_endpoint address = *remote;

	switch (kind) {
	case NAT_MAPPING_ENDPOINT_INDEPENDENT:
		return anyone;
	case NAT_MAPPING_ADDRESS_DEPENDENT:
		address.port = 0;
		return address;
	case NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return address;
}

static struct nat_port_mapping *find_mapping(struct nat_table *table,
					     const struct midair_endpoint *inner,
					     const struct midair_endpoint *depends_on)
{
	const struct nat_index *index = &table->mappings_by_inner;
	uint16_t i = index->heads[bucket_of(table, inner, depends_on)];

	for (; i != NAT_NOBODY; i = index->links[i].next) {
		struct nat_port_mapping *mapping = &table->mappings[i];

		if (midair_endpoint_equal(&mapping->inner, inner) &&
		    midair_endpoint_equal(&mapping->remote, depends_on))
			return mapping;
	}
	return NULL;
}

static struct nat_port_mapping *find_outer(struct nat_table *table,
					   const struct midair_endpoint *outer)
{
	const struct nat_index *index = &table->mappings_by_outer;
	uint16_t i = index->heads[bucket_of(table, outer, &anyone)];

	while (i != NAT_NOBODY && !midair_endpoint_equal(&table->mappings[i].outer, outer))
		i = index->links[i].next;
	return i == NAT_NOBODY ? NULL : &table->mappings[i];
}

/* Mappings that depend on different remotes may share an outer port: the remote tells them
 * apart. One that depends on nothing shares with nobody. */
bool nat_ports_is_free(struct nat_table *table, const struct midair_endpoint *outer,
		       const struct midair_endpoint *depends_on,
		       const struct midair_endpoint *remote)
{
	const struct nat_index *index = &table->mappings_by_outer;
	uint16_t i = index->heads[bucket_of(table, outer, &anyone)];

	for (; i != NAT_NOBODY; i = index->links[i].next) {
		const struct nat_port_mapping *mapping = &table->mappings[i];

		if (midair_endpoint_equal(&mapping->outer, outer) &&
		    midair_endpoint_equal(&mapping->remote, depends_on))
			return false;
	}
	return !nat_table_find_inbound(table, outer, remote);
}

static struct nat_port_mapping *new_mapping(struct nat_table *table,
					    const struct midair_endpoint *inner,
					    const struct midair_endpoint *outer,
					    const struct midair_endpoint *depends_on)
{
	uint16_t i = pool_take(&table->mapping_numbers);

	if (i == NAT_NOBODY)
		return NULL;
	table->mappings[i] = (struct nat_port_mapping){
		.inner = *inner,
		.outer = *outer,
		.remote = *depends_on,
	};
	index_insert(&table->mappings_by_inner, bucket_of(table, inner, depends_on), i);
	index_insert(&table->mappings_by_outer, bucket_of(table, outer, &anyone), i);
	return &table->mappings[i];
}

static void delete_mapping(struct nat_table *table, struct nat_port_mapping *mapping)
{
	uint16_t i = (uint16_t)(mapping - table->mappings);

	index_remove(&table->mappings_by_inner,
		     bucket_of(table, &mapping->inner, &mapping->remote), i);
	index_remove(&table->mappings_by_outer, bucket_of(table, &mapping->outer, &anyone), i);
	pool_give(&table->mapping_numbers, i);
}

/* ---- sessions ------------------------------------------------------------------------------- */

void nat_table_init(struct nat_table *table, uint64_t seed)
{
	random_init(&table->random, seed);
	table->hash_seed = random_next(&table->random);
	table->earliest_ns = UINT64_MAX;
	table->n_sessions = 0;
	table->last_port = 0;
	table->background_ns = 0;
	table->session_numbers.n_free = 0;
	table->session_numbers.n_ever = 0;
	table->mapping_numbers.n_free = 0;
	table->mapping_numbers.n_ever = 0;
	index_init(&table->sessions_by_inner);
	index_init(&table->sessions_by_outer);
	index_init(&table->sessions_by_address);
	index_init(&table->mappings_by_inner);
	index_init(&table->mappings_by_outer);
}

struct nat_session *nat_table_find_outbound(struct nat_table *table,
					    const struct midair_endpoint *inner,
					    const struct midair_endpoint *remote)
{
	const struct nat_index *index = &table->sessions_by_inner;
	uint16_t i = index->heads[bucket_of(table, inner, remote)];

	for (; i != NAT_NOBODY; i = index->links[i].next) {
		struct nat_session *session = &table->sessions[i];

		if (midair_endpoint_equal(&session->inner, inner) &&
		    midair_endpoint_equal(&session->remote, remote))
			return session;
	}
	return NULL;
}

struct nat_session *nat_table_find_inbound(struct nat_table *table,
					   const struct midair_endpoint *outer,
					   const struct midair_endpoint *remote)
{
	const struct nat_index *index = &table->sessions_by_outer;
	uint16_t i = index->heads[bucket_of(table, outer, remote)];

	for (; i != NAT_NOBODY; i = index->links[i].next) {
		struct nat_session *session = &table->sessions[i];

		if (midair_endpoint_equal(&session->outer, outer) &&
		    midair_endpoint_equal(&session->remote, remote))
			return session;
	}
	return NULL;
}

static struct nat_port_mapping *find_by_address(struct nat_table *table,
						const struct midair_endpoint *outer,
						const struct midair_endpoint *remote)
{
	const struct nat_index *index = &table->sessions_by_address;
	uint16_t i = index->heads[bucket_of_address(table, outer, remote)];

	for (; i != NAT_NOBODY; i = index->links[i].next) {
		const struct nat_session *session = &table->sessions[i];

		if (midair_endpoint_equal(&session->outer, outer) &&
		    nat_same_address(&session->remote, remote))
			return &table->mappings[session->mapping];
	}
	return NULL;
}

struct nat_port_mapping *nat_table_find_open(struct nat_table *table,
					     enum nat_filtering filtering,
					     const struct midair_endpoint *outer,
					     const struct midair_endpoint *remote)
{
	switch (filtering) {
	case NAT_FILTERING_ENDPOINT_INDEPENDENT:
		return find_outer(table, outer);
	case NAT_FILTERING_ADDRESS_DEPENDENT:
		return find_by_address(table, outer, remote);
	case NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return NULL;
}

struct nat_session *nat_table_admit(struct nat_table *table, struct nat_port_mapping *mapping,
				    const struct midair_endpoint *remote)
{
	uint16_t i = pool_take(&table->session_numbers);
	struct nat_session *session;

	if (i == NAT_NOBODY)
		return NULL;
	session = &table->sessions[i];
	*session = (struct nat_session){
		.inner = mapping->inner,
		.outer = mapping->outer,
		.remote = *remote,
		.expires_ns = UINT64_MAX,
		.is_live = true,
		.mapping = (uint16_t)(mapping - table->mappings),
	};
	mapping->n_sessions++;
	table->n_sessions++;
	index_insert(&table->sessions_by_inner, bucket_of(table, &session->inner, remote), i);
	index_insert(&table->sessions_by_outer, bucket_of(table, &session->outer, remote), i);
	index_insert(&table->sessions_by_address,
		     bucket_of_address(table, &session->outer, remote), i);
	return session;
}

struct nat_session *nat_table_open(struct nat_table *table, const struct nat_behavior *behavior,
				   const struct midair_endpoint *external,
				   const struct midair_endpoint *inner,
				   const struct midair_endpoint *remote)
{
	struct midair_endpoint depends_on = dependence(behavior->mapping, remote);
	struct nat_port_mapping *mapping;
	struct midair_endpoint outer = *inner;
	struct nat_session *session;

	if (external->family == MIDAIR_FAMILY_NONE)
		depends_on = anyone;
	mapping = find_mapping(table, inner, &depends_on);
	if (!mapping) {
		if (external->family != MIDAIR_FAMILY_NONE &&
		    !nat_ports_allocate(table, behavior, external, &depends_on, remote, &outer))
			return NULL;
		mapping = new_mapping(table, inner, &outer, &depends_on);
		if (!mapping)
			return NULL;
	}
	session = nat_table_admit(table, mapping, remote);
	if (!session && mapping->n_sessions == 0)
		delete_mapping(table, mapping);
	return session;
}

void nat_table_close(struct nat_table *table, struct nat_session *session)
{
	struct nat_port_mapping *mapping = &table->mappings[session->mapping];
	uint16_t i = (uint16_t)(session - table->sessions);

	index_remove(&table->sessions_by_inner,
		     bucket_of(table, &session->inner, &session->remote), i);
	index_remove(&table->sessions_by_outer,
		     bucket_of(table, &session->outer, &session->remote), i);
	index_remove(&table->sessions_by_address,
		     bucket_of_address(table, &session->outer, &session->remote), i);
	pool_give(&table->session_numbers, i);
	session->is_live = false;
	table->n_sessions--;
	if (--mapping->n_sessions == 0)
		delete_mapping(table, mapping);
}

void nat_table_set_expiry(struct nat_table *table, struct nat_session *session,
			  uint64_t expires_ns)
{
	session->expires_ns = expires_ns;
	if (expires_ns < table->earliest_ns)
		table->earliest_ns = expires_ns;
}

void nat_table_expire(struct nat_table *table, uint64_t now_ns)
{
	if (now_ns < table->earliest_ns)
		return;
	table->earliest_ns = UINT64_MAX;
	for (uint16_t i = 0; i < table->session_numbers.n_ever; i++) {
		struct nat_session *session = &table->sessions[i];

		if (!session->is_live)
			continue;
		if (session->expires_ns <= now_ns)
			nat_table_close(table, session);
		else if (session->expires_ns < table->earliest_ns)
			table->earliest_ns = session->expires_ns;
	}
}
