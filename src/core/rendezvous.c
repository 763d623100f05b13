/* SPDX-License-Identifier: MIT */
#include "core/rendezvous.h"

#include <assert.h>
#include <string.h>

#include "core/bytes.h"
#include "core/rendezvous_internal.h"
#include "core/stun.h"

static_assert(sizeof(struct visit) <= 80, "the server promises little memory for who waits");
static_assert(STUN_MESSAGE_MAX <= WIRE_MESSAGE_MAX, "an answer must fit an action");

/* The two top bits of a STUN message are zero (RFC 8489, 5), those of ours are 01. */
#define STUN_TOP_BITS 0xc0

static uint32_t n_places(const struct rendezvous_config *config)
{
	return config->n_connections + RENDEZVOUS_SPARE;
}

static uint32_t n_rooms(const struct rendezvous_config *config)
{
	return config->n_connections + config->n_tombstones;
}

/* An address has a connection, or a room that is kept for it, or is one of some that had. */
static uint32_t n_addresses(const struct rendezvous_config *config)
{
	return n_places(config) + n_rooms(config) / 2;
}

static size_t align(size_t size)
{
	return (size + 63) / 64 * 64;
}

size_t rendezvous_bytes(const struct rendezvous_config *config)
{
	return align(sizeof(struct visit) * n_places(config)) +
	       align(sizeof(struct wheel_node) * n_places(config)) +
	       2 * align(quota_bytes(n_addresses(config))) +
	       align(registry_bytes(n_rooms(config)));
}

void rendezvous_init(struct rendezvous *rendezvous, void *memory,
		     const struct rendezvous_config *config, uint64_t now_ms)
{
	uint8_t *at = memory;
	uint32_t tick = rendezvous_tick(now_ms);
	const struct registry_config rooms = {
		.n_rooms = n_rooms(config),
		.n_tombstones = config->n_tombstones,
		.young_until = tick + config->limits.young_s * 1000 / RENDEZVOUS_TICK_MS,
		.key = config->key,
		.seed = config->seed,
	};

	memset(rendezvous, 0, sizeof(*rendezvous));
	rendezvous->config = *config;
	rendezvous->n_places = n_places(config);
	rendezvous->counts[VISIT_NONE] = rendezvous->n_places;
	rendezvous->visits = (void *)at;
	at += align(sizeof(struct visit) * rendezvous->n_places);
	wheel_init(&rendezvous->wheel, (void *)at, tick);
	at += align(sizeof(struct wheel_node) * rendezvous->n_places);
	quota_init(&rendezvous->quota, at, n_addresses(config), &config->key);
	at += align(quota_bytes(n_addresses(config)));
	/* Each address may be of another /48. */
	quota_init(&rendezvous->networks, at, n_addresses(config), &config->key);
	quota_use_networks(&rendezvous->quota, &rendezvous->networks);
	at += align(quota_bytes(n_addresses(config)));
	registry_init(&rendezvous->registry, at, &rendezvous->quota, &rooms, tick);
}

/* The first one to go, or WHEEL_NONE. */
static uint32_t find_evictable(const struct rendezvous *rendezvous)
{
	const enum visit_state order[] = {VISIT_ENDING, VISIT_SILENT, VISIT_STUN};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (rendezvous->orders[order[i]].oldest != 0)
			return rendezvous->orders[order[i]].oldest - 1;
	return WHEEL_NONE;
}

static bool make_place(struct rendezvous *rendezvous, struct rendezvous_update *update)
{
	const struct wire_message busy = {.type = WIRE_ERROR, .error = WIRE_ERROR_BUSY};
	uint32_t evicted;

	if (rendezvous->n_used - rendezvous->counts[VISIT_DROPPED] <
	    rendezvous->config.n_connections)
		return true;
	evicted = find_evictable(rendezvous);
	if (evicted == WHEEL_NONE)
		return false;
	if (rendezvous->visits[evicted].state == VISIT_SILENT ||
	    rendezvous->visits[evicted].state == VISIT_GREETED)
		rendezvous_send(update, evicted, &busy);
	rendezvous_note(update, RENDEZVOUS_NOTE_EVICTED)->remote =
		rendezvous->visits[evicted].remote;
	rendezvous->counters.evictions++;
	rendezvous_drop(rendezvous, evicted, update);
	return true;
}

static uint32_t take_place(struct rendezvous *rendezvous)
{
	uint32_t connection;

	if (rendezvous->free == 0)
		return rendezvous->n_touched < rendezvous->n_places ? rendezvous->n_touched++
								    : WHEEL_NONE;
	connection = rendezvous->free - 1;
	rendezvous->free = rendezvous->visits[connection].older;
	return connection;
}

static int refuse(struct rendezvous *rendezvous, const struct midair_endpoint *remote,
		  enum wire_error error, struct rendezvous_update *update)
{
	struct rendezvous_note *note = rendezvous_note(update, RENDEZVOUS_NOTE_ERROR);

	note->remote = *remote;
	note->error = error;
	rendezvous->counters.errors[error]++;
	return (int)error;
}

/* Whether the address may have one more. Returns 0 or the WIRE_ERROR_*. */
static int check_address(struct rendezvous *rendezvous, uint64_t now_ms,
			 const struct midair_endpoint *remote, uint32_t *payer)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	const struct quota_share connections = {.each = limits->connections_per_address,
						.network_shares = limits->network_shares};
	const struct quota_share connects = {
		limits->connects_burst, limits->connects_per_minute, limits->network_shares};
	struct quota *quota = &rendezvous->quota;

	*payer = quota_find(quota, remote);
	if (*payer == QUOTA_NONE)
		return WIRE_ERROR_BUSY;
	if (!quota_has_room(quota, *payer, QUOTA_CONNECTIONS, &connections) ||
	    !quota_take(quota, *payer, QUOTA_CONNECTS, now_ms, &connects))
		return WIRE_ERROR_TOO_MANY;
	return 0;
}

int rendezvous_arrive(struct rendezvous *rendezvous, uint64_t now_ms,
		      const struct midair_endpoint *remote, uint32_t *connection,
		      struct rendezvous_update *update)
{
	uint32_t payer;
	uint32_t place;
	int error;

	rendezvous_clear(update);
	rendezvous->counters.connections++;
	/* Nobody could be told of such an address, its own client neither (wire.h). A kernel takes
	 * connections from 240.0.0.0/4 as from any other. */
	if (!bytes_is_reachable(remote))
		return refuse(rendezvous, remote, WIRE_ERROR_PROTOCOL, update);
	error = check_address(rendezvous, now_ms, remote, &payer);
	if (error != 0)
		return refuse(rendezvous, remote, (enum wire_error)error, update);
	place = make_place(rendezvous, update) ? take_place(rendezvous) : WHEEL_NONE;
	if (place == WHEEL_NONE)
		return refuse(rendezvous, remote, WIRE_ERROR_BUSY, update);
	rendezvous->visits[place] = (struct visit){.remote = *remote, .payer = payer};
	rendezvous->n_used++;
	quota_add(&rendezvous->quota, payer, QUOTA_CONNECTIONS);
	rendezvous_set_state(rendezvous, place, VISIT_SILENT);
	rendezvous_set_deadline(rendezvous, now_ms, place, rendezvous->config.limits.speak_ms);
	*connection = place;
	return 0;
}

static bool may_speak(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection)
{
	const struct serve_limits *limits = &rendezvous->config.limits;

	return bucket_take(&rendezvous->visits[connection].messages, now_ms,
			   limits->messages_per_minute, limits->messages_burst);
}

static size_t take_stun(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			const uint8_t *bytes, size_t size, struct rendezvous_update *update)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	struct visit *visit = &rendezvous->visits[connection];
	uint8_t answer[STUN_MESSAGE_MAX];
	size_t answer_size = 0;
	int whole = stun_size(bytes, size);

	if (whole == 0 || (whole > 0 && (size_t)whole > size))
		return 0;
	/* A STUN client would not understand our ERROR. */
	if (whole > 0 && visit->n_stun < limits->stun_requests &&
	    may_speak(rendezvous, now_ms, connection))
		answer_size = stun_answer(bytes, (size_t)whole, &visit->remote, answer);
	if (answer_size == 0) {
		rendezvous_drop(rendezvous, connection, update);
		return size;
	}
	visit->n_stun++;
	rendezvous->counters.stun_answers++;
	rendezvous_set_state(rendezvous, connection, VISIT_STUN);
	rendezvous_set_deadline(rendezvous, now_ms, connection,
				UINT64_C(1000) * limits->stun_idle_s);
	rendezvous_send_bytes(update, connection, answer, answer_size);
	return (size_t)whole;
}

static size_t take_message(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			   const uint8_t *bytes, size_t size, struct rendezvous_update *update)
{
	struct wire_message message;
	int taken = wire_decode(bytes, size, &message);

	if (taken == 0)
		return 0;
	if (taken < 0) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_PROTOCOL, update);
		return size;
	}
	if (!may_speak(rendezvous, now_ms, connection))
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_TOO_MANY, update);
	else
		rendezvous_message(rendezvous, now_ms, connection, &message, update);
	return (size_t)taken;
}

size_t rendezvous_input(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			const uint8_t *bytes, size_t size, struct rendezvous_update *update)
{
	const struct visit *visit = &rendezvous->visits[connection];

	rendezvous_clear(update);
	if (size == 0)
		return 0;
	if (visit->state == VISIT_ENDING || visit->state == VISIT_DROPPED)
		return size;
	if (visit->state == VISIT_RELAYED)
		return 0;
	if ((bytes[0] & STUN_TOP_BITS) == 0 &&
	    (visit->state == VISIT_SILENT || visit->state == VISIT_STUN))
		return take_stun(rendezvous, now_ms, connection, bytes, size, update);
	/* Once it has asked by STUN, that is all that it may do. */
	if (visit->state == VISIT_STUN) {
		rendezvous_drop(rendezvous, connection, update);
		return size;
	}
	return take_message(rendezvous, now_ms, connection, bytes, size, update);
}

/* Its peer sees the end by itself, and what we say would be the peer's. */
static void leave_relay(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection)
{
	const struct visit *visit = &rendezvous->visits[connection];

	registry_leave(&rendezvous->registry, rendezvous_tick(now_ms), visit->room, connection,
		       false, 0);
	quota_drop(&rendezvous->quota, visit->payer, QUOTA_RELAYED);
	if (visit->role == MIDAIR_ROLE_A)
		rendezvous->n_relays--;
}

void rendezvous_gone(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		     struct rendezvous_update *update)
{
	struct visit *visit = &rendezvous->visits[connection];

	rendezvous_clear(update);
	if (visit->state == VISIT_RELAYED)
		leave_relay(rendezvous, now_ms, connection);
	rendezvous_leave_room(rendezvous, now_ms, connection, WIRE_REASON_GONE, update);
	rendezvous_end_dials(rendezvous, connection, update);
	wheel_clear(&rendezvous->wheel, connection);
	quota_drop(&rendezvous->quota, visit->payer, QUOTA_CONNECTIONS);
	rendezvous_set_state(rendezvous, connection, VISIT_NONE);
	rendezvous->n_used--;
	visit->older = rendezvous->free;
	rendezvous->free = connection + 1;
}

static void expire_visit(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			 struct rendezvous_update *update)
{
	switch ((enum visit_state)rendezvous->visits[connection].state) {
	case VISIT_SILENT:
	case VISIT_GREETED:
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_SLOW, update);
		break;
	case VISIT_INTRODUCED:
	case VISIT_ASKING:
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_EXPIRED, update);
		break;
	case VISIT_STUN:
	case VISIT_ENDING:
		rendezvous_drop(rendezvous, connection, update);
		break;
	case VISIT_NONE:
	case VISIT_WAITING:
	case VISIT_RELAYED:
	case VISIT_DROPPED:
		break;
	}
}

bool rendezvous_expire(struct rendezvous *rendezvous, uint64_t now_ms,
		       struct rendezvous_update *update)
{
	uint32_t tick = rendezvous_tick(now_ms);
	uint32_t connection;

	rendezvous_clear(update);
	if (rendezvous_expire_dial(rendezvous, now_ms, update))
		return true;
	connection = wheel_due(&rendezvous->wheel, tick);
	if (connection != WHEEL_NONE) {
		expire_visit(rendezvous, now_ms, connection, update);
		return true;
	}
	connection = registry_expire(&rendezvous->registry, tick);
	if (connection == REGISTRY_NONE)
		return false;
	rendezvous_end(rendezvous, now_ms, connection, WIRE_ERROR_EXPIRED, update);
	return true;
}

bool rendezvous_close(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      struct rendezvous_update *update)
{
	rendezvous_clear(update);
	if (connection >= rendezvous->n_touched)
		return false;
	switch ((enum visit_state)rendezvous->visits[connection].state) {
	case VISIT_WAITING:
	case VISIT_INTRODUCED:
	case VISIT_ASKING:
		/* Nobody is told that the peer has left: it is the server that goes. */
		registry_leave(&rendezvous->registry, rendezvous_tick(now_ms),
			       rendezvous->visits[connection].room, connection, false, 0);
		rendezvous_end(rendezvous, now_ms, connection, WIRE_ERROR_CLOSING, update);
		break;
	case VISIT_SILENT:
	case VISIT_GREETED:
		rendezvous_end(rendezvous, now_ms, connection, WIRE_ERROR_CLOSING, update);
		break;
	case VISIT_STUN:
	case VISIT_ENDING:
		rendezvous_drop(rendezvous, connection, update);
		break;
	case VISIT_NONE:
	case VISIT_RELAYED: /* no word of ours would be heard */
	case VISIT_DROPPED:
		break;
	}
	return true;
}
