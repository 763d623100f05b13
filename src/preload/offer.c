/* SPDX-License-Identifier: MIT */
#include "preload/offer.h"

#include <string.h>

#include "lib/dial_internal.h"
#include "os/clock.h"
#include "os/dial_socket.h"
#include "preload/note.h"
#include "preload/settings.h"
#include "preload/tell.h"

/* How often descriptors are looked through for those that were closed past us. */
#define REAP_PAUSE_MS 1000
/* How old the knowledge of the kernel's range may be. */
#define PIN_RANGE_MS 1000
/* No port lies in it. */
#define PIN_RANGE_NONE UINT32_C(0xffff0000)

struct destination {
	struct midair_pool *pool; /* NULL: this place is free */
	struct midair_endpoint remote;
	struct midair_endpoint bound;
	struct midair_endpoint route; /* the address that the route chooses; NONE: none */
	uint32_t n_taken;
	uint64_t used_at;
	uint64_t reaped_ms;
};

static struct destination destinations[PRELOAD_POOLS_MAX];
static uint64_t n_uses;
static uint32_t n_turns;

static struct destination *find(const struct midair_endpoint *remote,
				const struct midair_endpoint *bound)
{
	for (uint32_t i = 0; i < PRELOAD_POOLS_MAX; i++) {
		struct destination *destination = &destinations[i];

		if (destination->pool != NULL &&
		    midair_endpoint_equal(&destination->remote, remote) &&
		    midair_endpoint_equal(&destination->bound, bound))
			return destination;
	}
	return NULL;
}

/* The place of a new destination: a free one, else the one whose last use is longest ago. NULL:
 * every one has connections. */
static struct destination *find_place(void)
{
	struct destination *oldest = NULL;

	for (uint32_t i = 0; i < PRELOAD_POOLS_MAX; i++) {
		struct destination *place = &destinations[i];

		if (place->pool == NULL)
			return place;
		if (place->n_taken == 0 && (oldest == NULL || place->used_at < oldest->used_at))
			oldest = place;
	}
	return oldest;
}

/* Whether connect() can be told to take this port (IP_LOCAL_PORT_RANGE). To ask takes several
 * system calls. */
static bool is_pinnable(uint16_t port)
{
	static struct midair_dial_config config;
	static uint64_t read_ms;
	uint64_t now_ms = clock_coarse_ms();

	if (config.pin_range == 0 || now_ms - read_ms >= PIN_RANGE_MS) {
		read_ms = now_ms;
		if (midair_dial_prepare(&config) != 0)
			config.pin_range = PIN_RANGE_NONE;
	}
	return port >= config.pin_range >> 16 && port <= (config.pin_range & UINT16_MAX);
}

static void read_route(struct midair_endpoint *route, const struct midair_endpoint *remote)
{
	if (dial_socket_source(remote, route) != 0)
		*route = (struct midair_endpoint){.family = MIDAIR_FAMILY_NONE};
}

static struct midair_pool *new_pool(const struct midair_endpoint *remote,
				    const struct midair_endpoint *bound)
{
	static bool is_told;
	struct midair_pool *pool = NULL;
	uint32_t n_sources;
	struct midair_pool_config config = {
		.size = sizeof(config),
		.first_port = settings->first_port,
		.last_port = settings->last_port,
		.remote = *remote,
	};

	config.sources = settings_sources(remote->family, &n_sources);
	config.n_sources = n_sources;
	if (bound->family != MIDAIR_FAMILY_NONE) {
		config.sources = bound;
		config.n_sources = 1;
	}
	int result = midair_pool_new(&pool, &config);
	if (result != 0 && !is_told) {
		is_told = true;
		tell("no pool of ports, the kernel chooses: %s", midair_strerror(result));
	}
	return result == 0 ? pool : NULL;
}

static struct destination *new_destination(const struct midair_endpoint *remote,
					   const struct midair_endpoint *bound)
{
	struct destination *place = find_place();
	struct midair_pool *pool = place != NULL ? new_pool(remote, bound) : NULL;

	if (pool == NULL)
		return NULL;
	midair_pool_free(place->pool);
	*place = (struct destination){
		.pool = pool,
		.remote = *remote,
		.bound = *bound,
	};
	read_route(&place->route, remote);
	return place;
}

static struct midair_endpoint source_of(const struct midair_endpoint *local,
					const struct midair_endpoint *route)
{
	struct midair_endpoint source = dial_is_any(local) ? *route : *local;

	source.port = local->port;
	return source;
}

/* The next tuple of the pool but the one that would be connected to itself. */
static int take_other(struct destination *destination, struct midair_endpoint *local)
{
	int result = midair_pool_take(destination->pool, local);
	struct midair_endpoint source;

	if (result != 0 || local->port != destination->remote.port)
		return result;
	source = source_of(local, &destination->route);
	if (!midair_endpoint_equal(&source, &destination->remote))
		return 0;
	struct midair_endpoint refused = *local;
	result = midair_pool_take(destination->pool, local);
	midair_pool_give(destination->pool, &refused, MIDAIR_POOL_HELD);
	return result;
}

static bool is_time_to_reap(struct destination *destination)
{
	uint64_t now_ms = clock_coarse_ms();

	if (now_ms - destination->reaped_ms < REAP_PAUSE_MS)
		return false;
	destination->reaped_ms = now_ms;
	return true;
}

static int take_from(struct destination *destination, struct offer *offer)
{
	uint32_t number = (uint32_t)(destination - destinations) + 1;
	struct midair_endpoint local;
	int result = take_other(destination, &local);

	if (result != 0 && is_time_to_reap(destination)) {
		note_reap(number);
		result = take_other(destination, &local);
	}
	if (result != 0)
		return result;
	destination->used_at = ++n_uses;
	destination->n_taken++;
	*offer = (struct offer){
		.pool = number,
		.local = local,
		.source = source_of(&local, &destination->route),
		.is_pinnable = is_pinnable(local.port),
	};
	return 0;
}

/* One address after the other, with the shared port or none. */
static int take_turn(struct offer *offer, const struct midair_endpoint *remote,
		     const struct midair_endpoint *bound, uint32_t n_tries)
{
	struct midair_endpoint local = {.family = remote->family};
	uint32_t n_sources;
	const struct midair_endpoint *sources = settings_sources(remote->family, &n_sources);
	bool is_bound = bound->family != MIDAIR_FAMILY_NONE;

	if (n_tries > 0 && (is_bound || n_tries >= n_sources))
		return MIDAIR_E_FULL;
	if (is_bound)
		local = *bound;
	else if (n_sources > 0)
		local = sources[n_turns++ % n_sources];
	local.port = settings->shared_port;
	*offer = (struct offer){
		.local = local,
		.source = local,
		.is_pinnable = local.port != 0 && is_pinnable(local.port),
	};
	return 0;
}

int offer_take(struct offer *offer, const struct midair_endpoint *remote,
	       const struct midair_endpoint *bound, uint32_t n_tries)
{
	struct destination *destination = NULL;

	if (settings->shared_port == 0)
		destination = find(remote, bound);
	if (settings->shared_port == 0 && destination == NULL)
		destination = new_destination(remote, bound);
	if (destination != NULL)
		return take_from(destination, offer);
	return take_turn(offer, remote, bound, n_tries);
}

void offer_give(const struct offer *offer, enum midair_pool_fate fate)
{
	struct destination *destination;

	if (offer->pool == 0)
		return;
	destination = &destinations[offer->pool - 1];
	destination->n_taken--;
	midair_pool_give(destination->pool, &offer->local, fate);
}

void offer_forget_all(void)
{
	for (uint32_t i = 0; i < PRELOAD_POOLS_MAX; i++) {
		midair_pool_free(destinations[i].pool);
		destinations[i] = (struct destination){.pool = NULL};
	}
}
