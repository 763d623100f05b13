/* SPDX-License-Identifier: MIT */
#include "cli/meet_lane.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/meet_slots.h"
#include "cli/unbound.h"

#define STUN_TIMEOUT_MS 5000

void meet_lane_init(struct meet_lane *lane)
{
	*lane = (struct meet_lane){.stun_fds = {-1, -1}};
}

void meet_lane_close(struct meet_lane *lane)
{
	lane->session = midair_session_free(lane->session);
	for (size_t i = 0; i < MEET_LANE_FAMILIES; i++)
		if (lane->stun_fds[i] >= 0)
			close(lane->stun_fds[i]);
	meet_lane_init(lane);
}

static const struct midair_endpoint *stun_of(const struct meet_world *world, uint8_t family)
{
	for (size_t i = 0; i < world->n_stun; i++)
		if (world->stun[i].family == family)
			return &world->stun[i];
	return NULL;
}

/* NULL fd: asked and closed. */
static int ask_family(struct meet_world *world, struct midair_endpoint local, uint8_t family,
		      int *fd)
{
	const struct midair_endpoint *server = stun_of(world, family);
	struct midair_endpoint mapped = {0};
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	int result;

	if (server == NULL || (local.family != MIDAIR_FAMILY_NONE && local.family != family))
		return MIDAIR_E_NO_PATH;
	local.family = family;
	result = midair_stun(server, &local, STUN_TIMEOUT_MS, &mapped, fd);
	tell_mapped(&world->tell, midair_endpoint_format(server, text), &local, &mapped,
		    result);
	return result;
}

int meet_lane_ask(struct meet_world *world, const struct midair_endpoint *local,
		  unsigned int families, int fds[MEET_LANE_FAMILIES])
{
	static const uint8_t each[MEET_LANE_FAMILIES] = {MIDAIR_IPV6, MIDAIR_IPV4};
	int failure = MIDAIR_E_NO_PATH;
	bool is_answered = false;

	for (size_t i = 0; i < MEET_LANE_FAMILIES; i++) {
		int result;

		if ((families & (each[i] == MIDAIR_IPV6 ? UNBOUND_IPV6 : UNBOUND_IPV4)) == 0)
			continue;
		result = ask_family(world, *local, each[i], fds == NULL ? NULL : &fds[i]);
		is_answered |= result == 0;
		if (failure == MIDAIR_E_NO_PATH)
			failure = result;
	}
	return is_answered ? 0 : failure;
}

/* The addresses with the slot's port, or as they were named. */
static int find_port(const struct meet_world *world, int64_t slot, uint16_t *port)
{
	if (world->peer.has_port) {
		*port = world->peer.addresses[0].port;
		return 0;
	}
	return midair_secret_port(world->secret.bytes, world->secret.size, slot * MEET_SLOT_S,
				  MEET_SLOT_S, port);
}

static int open_session(struct meet_lane *lane, const struct meet_world *world, uint16_t port,
			uint32_t timeout_ms)
{
	const struct meet_options *options = &world->options;
	struct midair_endpoint peers[MIDAIR_PEERS_MAX];
	const struct midair_config config = {
		.size = sizeof(config),
		.peers = peers,
		.n_peers = world->peer.n,
		.local = lane->local,
		.start = options->instant.start,
		.timeout_ms = timeout_ms,
		.flags = options->flags,
		.log = options->mode == TELL_TRACE ? tell_trace_line : NULL,
		.secret = world->secret.bytes,
		.secret_size = world->secret.size,
	};

	memcpy(peers, world->peer.addresses, sizeof(peers));
	for (size_t i = 0; i < world->peer.n && !world->peer.has_port; i++)
		peers[i].port = port;
	return midair_session_new(&lane->session, &config);
}

int meet_lane_open(struct meet_lane *lane, struct meet_world *world, int64_t slot,
		   uint32_t timeout_ms)
{
	uint16_t port = 0;
	int result = find_port(world, slot, &port);

	meet_lane_init(lane);
	lane->slot = slot;
	lane->local = world->options.local;
	if (lane->local.port == 0)
		lane->local.port = port;
	if (result != 0)
		return result;
	/* Told when it fails; the attempt may succeed all the same. */
	if (world->n_stun != 0)
		(void)meet_lane_ask(world, &lane->local, meet_peer_families(&world->peer),
				    lane->stun_fds);
	return open_session(lane, world, port, timeout_ms);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void meet_lane_collect(struct meet_lane *lane, struct tell *tell)
{
	struct midair_event event;

	while (lane->session != NULL && lane->failure == 0 &&
	       midair_session_next_event(lane->session, &event) == 0) {
		if (event.type == MIDAIR_EVENT_CONNECTED) {
			lane->connected = event;
			lane->connected_ms = now_ms();
		} else if (event.type == MIDAIR_EVENT_FAILED) {
			lane->connected = event;
			lane->failure = event.result;
		} else {
			tell_event(tell, &event);
		}
	}
}
