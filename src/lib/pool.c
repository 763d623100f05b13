/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A tuple of core's pool is a number: source * n_ports + (port - first_port). An address is found
 * again by a hash table, so that giving back is O(1) for any number of sources.
 *
 * A tuple is dialled with MIDAIR_DIAL_SHARE: pinned, and bound only where the pin fails, because
 * a port that is bound explicitly is hidden from every other program's automatic choice. One in
 * TIME_WAIT is bound at once, which takes it whatever tcp_tw_reuse says, and so is one that has
 * needed it before.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/pool.h"
#include "lib/dial_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/diag.h"
#include "os/dial_socket.h"
#include "os/entropy.h"
#include "os/port_range.h"
#include "os/socket.h"

/* TCP_TIMEWAIT_LEN of Linux, not to be changed. */
#define TIME_WAIT_MS 60000
/* The kernel may call a walk torn when sockets come and go. */
#define SEED_WALKS_MAX 3

static_assert(MIDAIR_POOL_SOURCES_MAX * 65535 < POOL_TUPLES_MAX, "every tuple has a number");

#define HASH_SIZE 1024
#define HASH_FREE UINT16_MAX

struct midair_pool {
	struct pool core;
	struct midair_dial_config dial;
	struct midair_endpoint *sources; /* one without an address: the route's choice */
	uint32_t n_sources;
	uint16_t first_port;
	uint32_t n_ports;
	struct midair_endpoint route_source; /* where sources has none; NONE: no route */
	uint16_t hash[HASH_SIZE];	     /* numbers of sources */
};

/* FNV-1a. */
static uint32_t hash_of(const struct midair_endpoint *address)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(address->address); i++)
		hash = (hash ^ address->address[i]) * 16777619u;
	return (hash ^ hash >> 16) % HASH_SIZE;
}

static bool is_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	return memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       (a->scope_id == b->scope_id || a->scope_id == 0 || b->scope_id == 0);
}

/* The slot that holds the address, or the free one where it belongs. */
static uint32_t find_slot(const struct midair_pool *pool, const struct midair_endpoint *address)
{
	uint32_t slot = hash_of(address);

	while (pool->hash[slot] != HASH_FREE &&
	       !is_same_address(&pool->sources[pool->hash[slot]], address))
		slot = (slot + 1) % HASH_SIZE;
	return slot;
}

/* The number of the tuple with this local endpoint, or POOL_TUPLES_MAX. */
static uint32_t find_tuple(const struct midair_pool *pool, const struct midair_endpoint *local)
{
	uint32_t offset = (uint32_t)local->port - pool->first_port;
	uint32_t source = pool->n_sources == 1 ? 0 : pool->hash[find_slot(pool, local)];

	if (local->family != pool->dial.remote.family || offset >= pool->n_ports ||
	    source == HASH_FREE ||
	    (pool->n_sources == 1 && !is_same_address(&pool->sources[0], local)))
		return POOL_TUPLES_MAX;
	return source * pool->n_ports + offset;
}

static struct midair_endpoint local_of(const struct midair_pool *pool, uint32_t tuple)
{
	struct midair_endpoint local = pool->sources[tuple / pool->n_ports];

	local.port = (uint16_t)(pool->first_port + tuple % pool->n_ports);
	return local;
}

static int add_source(struct midair_pool *pool, const struct midair_endpoint *source)
{
	struct midair_endpoint added = *source;
	uint32_t slot;

	endpoint_unmap(&added);
	added.port = 0;
	if (added.family != pool->dial.remote.family)
		return MIDAIR_E_CONFIG;
	slot = find_slot(pool, &added);
	if (pool->hash[slot] != HASH_FREE)
		return MIDAIR_E_CONFIG; /* named twice */
	if (!dial_is_any(&added) && !socket_is_local_address(&added))
		return -EADDRNOTAVAIL;
	pool->hash[slot] = (uint16_t)pool->n_sources;
	pool->sources[pool->n_sources++] = added;
	return 0;
}

static int set_sources(struct midair_pool *pool, const struct midair_pool_config *config)
{
	const struct midair_endpoint any = {.family = pool->dial.remote.family};
	size_t n_sources = config->n_sources > 0 ? config->n_sources : 1;
	int result = 0;

	if (n_sources > MIDAIR_POOL_SOURCES_MAX)
		return MIDAIR_E_LIMIT;
	pool->sources = calloc(n_sources, sizeof(*pool->sources));
	if (pool->sources == NULL)
		return -ENOMEM;
	memset(pool->hash, 0xff, sizeof(pool->hash));
	for (size_t i = 0; i < n_sources && result == 0; i++)
		result = add_source(pool, config->n_sources > 0 ? &config->sources[i] : &any);
	/* Beside a real address "any" would be a second name for one tuple. */
	for (size_t i = 0; n_sources > 1 && i < pool->n_sources; i++)
		if (dial_is_any(&pool->sources[i]))
			result = MIDAIR_E_CONFIG;
	if (result == 0 && dial_is_any(&pool->sources[0]) &&
	    dial_socket_source(&pool->dial.remote, &pool->route_source) != 0)
		pool->route_source = any;
	return result;
}

static int set_ports(struct midair_pool *pool, const struct midair_pool_config *config)
{
	struct port_range range = {.first = config->first_port, .last = config->last_port};
	int result = 0;

	if (config->first_port == 0 && config->last_port == 0)
		result = port_range_read(&range);
	else if (config->first_port == 0 || config->last_port < config->first_port)
		result = MIDAIR_E_RANGE;
	if (result != 0)
		return result;
	pool->first_port = range.first;
	pool->n_ports = (uint32_t)range.last - range.first + 1;
	return 0;
}

static int fill(struct midair_pool *pool, uint64_t seed)
{
	int timestamps = 1;
	struct pool_config config = {
		.n_tuples = pool->n_sources * pool->n_ports,
		.time_wait_ms = TIME_WAIT_MS,
		.seed = seed != 0 ? seed : entropy_seed(),
	};
	struct pool_tuple *tuples = calloc(config.n_tuples, sizeof(*tuples));

	if (tuples == NULL)
		return -ENOMEM;
	/* Without timestamps a new connection cannot be told from an old one's segments. */
	(void)port_range_read_setting("tcp_timestamps", &timestamps);
	if (timestamps == 0)
		config.reuse_after_ms = TIME_WAIT_MS;
	pool_init(&pool->core, tuples, &config);
	return 0;
}

static void exclude_port(struct midair_pool *pool, uint32_t port)
{
	for (uint32_t source = 0; source < pool->n_sources; source++)
		pool_exclude(&pool->core, source * pool->n_ports + port - pool->first_port);
}

static int exclude_reserved(struct midair_pool *pool)
{
	struct port_set reserved;
	int result = port_range_read_reserved(&reserved);

	for (uint32_t i = 0; result == 0 && i < pool->n_ports; i++)
		if (port_set_has(&reserved, (uint16_t)(pool->first_port + i)))
			exclude_port(pool, pool->first_port + i);
	/* A kernel without the list has none. */
	return result == -ENOENT ? 0 : result;
}

/* A tuple whose two ends are one would connect to itself. */
static void exclude_self(struct midair_pool *pool)
{
	const struct midair_endpoint *remote = &pool->dial.remote;
	struct midair_endpoint self = *remote;
	uint32_t tuple;

	if (dial_is_any(&pool->sources[0]) && is_same_address(&pool->route_source, remote))
		self = (struct midair_endpoint){.family = remote->family, .port = remote->port};
	tuple = find_tuple(pool, &self);
	if (tuple != POOL_TUPLES_MAX)
		pool_exclude(&pool->core, tuple);
}

static int set_up(struct midair_pool *pool, const struct midair_pool_config *config)
{
	int result;

	pool->dial = (struct midair_dial_config){
		.size = sizeof(pool->dial),
		.remote = config->remote,
	};
	endpoint_unmap(&pool->dial.remote);
	if (config->size != sizeof(*config) || config->remote.port == 0 ||
	    pool->dial.remote.family == MIDAIR_FAMILY_NONE)
		return MIDAIR_E_CONFIG;
	result = set_ports(pool, config);
	if (result == 0)
		result = set_sources(pool, config);
	if (result == 0)
		result = midair_dial_prepare(&pool->dial);
	if (result == 0)
		result = fill(pool, config->seed);
	if (result == 0 && config->first_port == 0)
		result = exclude_reserved(pool);
	if (result == 0)
		exclude_self(pool);
	return result;
}

int midair_pool_new(struct midair_pool **pool, const struct midair_pool_config *config)
{
	struct midair_pool *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	result = set_up(made, config);
	if (result != 0)
		midair_pool_free(made);
	else
		*pool = made;
	return result;
}

struct midair_pool *midair_pool_free(struct midair_pool *pool)
{
	if (pool != NULL) {
		free(pool->core.tuples);
		free(pool->sources);
	}
	free(pool);
	return NULL;
}

static int mark_row(void *context, const struct midair_row *row)
{
	struct midair_pool *pool = context;
	struct midair_endpoint local = row->local;
	uint32_t tuple;

	if (!midair_endpoint_equal(&row->remote, &pool->dial.remote))
		return 0;
	/* The pool that leaves its address to the route has one name for the route's choice. */
	if (dial_is_any(&pool->sources[0]) && is_same_address(&local, &pool->route_source))
		memset(local.address, 0, sizeof(local.address));
	tuple = find_tuple(pool, &local);
	if (tuple != POOL_TUPLES_MAX)
		pool_mark(&pool->core, tuple,
			  row->state == MIDAIR_TCP_TIME_WAIT ? POOL_TIME_WAIT : POOL_HELD,
			  clock_coarse_ms());
	return 0;
}

int midair_pool_seed(struct midair_pool *pool)
{
	uint32_t states = DIAG_STATES_ALL & ~DIAG_STATE(MIDAIR_TCP_LISTEN) &
			  ~DIAG_STATE(MIDAIR_TCP_BOUND_INACTIVE);
	int result = -EINTR;

	for (int walk = 0; walk < SEED_WALKS_MAX && result == -EINTR; walk++)
		result = diag_walk(states, mark_row, pool);
	if (result == -ENOENT || result == -EPROTONOSUPPORT)
		return MIDAIR_E_UNSUPPORTED;
	return result;
}

int midair_pool_take(struct midair_pool *pool, struct midair_endpoint *local)
{
	struct pool_offer offer;
	int result = pool_take(&pool->core, clock_coarse_ms(), &offer);

	if (result == 0)
		*local = local_of(pool, offer.tuple);
	return result;
}

void midair_pool_give(struct midair_pool *pool, const struct midair_endpoint *local,
		      enum midair_pool_fate fate)
{
	static const enum pool_state states[] = {
		[MIDAIR_POOL_FREE] = POOL_FREE,
		[MIDAIR_POOL_TIME_WAIT] = POOL_TIME_WAIT,
		[MIDAIR_POOL_HELD] = POOL_HELD,
	};
	struct midair_endpoint found = *local;
	uint32_t tuple;

	/* getsockname() tells the address that the route chose. */
	if (dial_is_any(&pool->sources[0]))
		memset(found.address, 0, sizeof(found.address));
	tuple = find_tuple(pool, &found);
	if (tuple != POOL_TUPLES_MAX && fate <= MIDAIR_POOL_HELD)
		pool_give(&pool->core, tuple, states[fate], clock_coarse_ms());
}

/* Whether a dial failed because somebody else has the tuple or the port. */
static bool is_held(int result)
{
	return result == -EADDRNOTAVAIL || result == MIDAIR_E_PORT_IN_USE;
}

static int dial_offer(struct midair_pool *pool, const struct pool_offer *offer, int *fd)
{
	bool is_bound = false;
	int result;

	pool->dial.local = local_of(pool, offer->tuple);
	pool->dial.policy = offer->needs_bind ? MIDAIR_DIAL_EXACT : MIDAIR_DIAL_SHARE;
	result = dial_start_checked(&pool->dial, fd, &is_bound);
	if (result == 0 && is_bound)
		pool_set_needs_bind(&pool->core, offer->tuple);
	if (result != 0)
		pool_give(&pool->core, offer->tuple, is_held(result) ? POOL_HELD : POOL_FREE,
			  clock_coarse_ms());
	return result;
}

int midair_pool_dial(struct midair_pool *pool, int *fd, struct midair_endpoint *local)
{
	struct pool_offer offer;
	int result;

	/* Ends: what was tried in vain is not offered again for POOL_HELD_MS. */
	do {
		result = pool_take(&pool->core, clock_coarse_ms(), &offer);
		if (result == 0)
			result = dial_offer(pool, &offer, fd);
	} while (is_held(result));
	if (result == 0)
		*local = local_of(pool, offer.tuple);
	return result;
}

void midair_pool_read(const struct midair_pool *pool, struct midair_pool_state *state)
{
	const uint32_t *counts = pool->core.counts;

	*state = (struct midair_pool_state){
		.n_tuples = pool->core.config.n_tuples - counts[POOL_EXCLUDED],
		.n_free = counts[POOL_FREE],
		.n_taken = counts[POOL_TAKEN],
		.n_time_wait = counts[POOL_TIME_WAIT],
		.n_held = counts[POOL_HELD],
	};
}
