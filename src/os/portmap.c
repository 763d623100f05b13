/* SPDX-License-Identifier: MIT */
#include "os/portmap.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/gateway.h"
#include "os/portmap_internal.h"

#define MS_NS	    UINT64_C(1000000)
#define S_NS	    UINT64_C(1000000000)
#define PATIENCE_NS (PORTMAP_PATIENCE_MS * MS_NS)

static const struct portmap_driver *driver_of(enum portmap_protocol protocol)
{
	switch (protocol) {
	case PORTMAP_PCP:
		return portmap_pcp;
	case PORTMAP_NAT_PMP:
		return portmap_nat_pmp;
	case PORTMAP_UPNP:
		return portmap_upnp;
	}
	return NULL;
}

static void end_lane(struct portmap *portmap, enum portmap_protocol protocol)
{
	struct lane *lane = &portmap->lanes[protocol];
	const struct portmap_driver *driver = driver_of(protocol);

	if (lane->answer.speaks == MIDAIR_UNKNOWN && lane->state == LANE_ASKING)
		lane->answer.speaks = MIDAIR_NO;
	lane->state = LANE_OVER;
	lane->deadline_ns = PORTMAP_NEVER;
	lane->again_ns = PORTMAP_NEVER;
	if (lane->context != NULL)
		driver->close(portmap);
	lane->context = NULL;
}

/* A port that may be open is closed before we go. */
static void release(struct portmap *portmap, enum portmap_protocol protocol)
{
	struct lane *lane = &portmap->lanes[protocol];

	if (lane->state != LANE_MAPPING && lane->state != LANE_HELD) {
		end_lane(portmap, protocol);
		return;
	}
	lane->state = LANE_RELEASING;
	lane->deadline_ns = clock_now_ns() + PATIENCE_NS;
	if (driver_of(protocol)->map(portmap, 0) != 0)
		end_lane(portmap, protocol);
}

static void map(struct portmap *portmap, enum portmap_protocol protocol)
{
	struct lane *lane = &portmap->lanes[protocol];

	if (lane->state != LANE_HELD)
		lane->state = LANE_MAPPING;
	lane->deadline_ns = clock_now_ns() + PATIENCE_NS;
	if (driver_of(protocol)->map(portmap, MAPPING_LIFETIME_S) != 0)
		end_lane(portmap, protocol);
}

static bool is_busy(const struct lane *lane)
{
	return lane->state == LANE_MAPPING || lane->state == LANE_HELD ||
	       lane->state == LANE_RELEASING;
}

/* The next one that may be asked, when none has the port or was asked for it. */
static void choose(struct portmap *portmap)
{
	if (portmap->is_only_asking || portmap->is_ending)
		return;
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (is_busy(&portmap->lanes[i]))
			return;
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (portmap->lanes[i].state == LANE_READY) {
			map(portmap, (enum portmap_protocol)i);
			return;
		}
}

/* A gateway whose own address is a private one cannot be reached through. */
static bool is_useful(const struct portmap *portmap, const struct midair_endpoint *external)
{
	struct mapping_grant grant = {
		.external = *external,
		.port = portmap->local.port,
		.lifetime_s = MAPPING_LIFETIME_S,
	};

	grant.external.port = 1;
	return mapping_judge(&grant, &portmap->local) == MAPPING_GOOD;
}

void portmap_speaks(struct portmap *portmap, enum portmap_protocol protocol,
		    const struct midair_endpoint *external)
{
	struct lane *lane = &portmap->lanes[protocol];

	if (lane->state != LANE_ASKING)
		return;
	lane->answer.speaks = MIDAIR_YES;
	lane->state = LANE_READY;
	lane->deadline_ns = PORTMAP_NEVER;
	lane->again_ns = PORTMAP_NEVER;
	if (external == NULL)
		return;
	lane->answer.external = *external;
	if (portmap->is_only_asking || !is_useful(portmap, external))
		end_lane(portmap, protocol);
}

void portmap_granted(struct portmap *portmap, enum portmap_protocol protocol,
		     const struct mapping_grant *grant)
{
	struct lane *lane = &portmap->lanes[protocol];
	uint64_t now_ns = clock_now_ns();

	if (lane->state != LANE_MAPPING && lane->state != LANE_HELD)
		return;
	lane->answer.external = grant->external;
	lane->answer.external.port = 0;
	if (mapping_judge(grant, &portmap->local) != MAPPING_GOOD) {
		release(portmap, protocol);
		return;
	}
	lane->state = LANE_HELD;
	lane->is_refreshing = false;
	lane->external = grant->external;
	lane->again_ns = PORTMAP_NEVER;
	lane->deadline_ns = now_ns + mapping_refresh_s(grant->lifetime_s) * S_NS;
	lane->end_ns = now_ns + 2 * mapping_refresh_s(grant->lifetime_s) * S_NS;
}

void portmap_ended(struct portmap *portmap, enum portmap_protocol protocol)
{
	end_lane(portmap, protocol);
}

/* HELD: time to refresh, or no answer to that: once more after a pause, until the lifetime ends. */
static void refresh(struct portmap *portmap, enum portmap_protocol protocol)
{
	struct lane *lane = &portmap->lanes[protocol];
	uint64_t now_ns = clock_now_ns();

	if (now_ns >= lane->end_ns) {
		end_lane(portmap, protocol);
		return;
	}
	lane->is_refreshing = !lane->is_refreshing;
	if (lane->is_refreshing)
		map(portmap, protocol);
	else
		lane->deadline_ns = now_ns + (lane->end_ns - now_ns) / 2 + PATIENCE_NS;
}

static void patience_is_over(struct portmap *portmap, enum portmap_protocol protocol)
{
	switch (portmap->lanes[protocol].state) {
	case LANE_MAPPING: /* perhaps it was the answer that was lost */
		release(portmap, protocol);
		break;
	case LANE_HELD:
		refresh(portmap, protocol);
		break;
	case LANE_ASKING:
	case LANE_READY:
	case LANE_RELEASING:
	case LANE_OVER:
		end_lane(portmap, protocol);
		break;
	}
}

static void time_passed(struct portmap *portmap)
{
	uint64_t now_ns = clock_now_ns();

	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++) {
		struct lane *lane = &portmap->lanes[i];

		if (now_ns >= lane->deadline_ns)
			patience_is_over(portmap, (enum portmap_protocol)i);
		else if (now_ns >= lane->again_ns)
			driver_of((enum portmap_protocol)i)->say_again(portmap);
	}
}

static void arm(struct portmap *portmap)
{
	uint64_t next_ns = PORTMAP_NEVER;

	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++) {
		const struct lane *lane = &portmap->lanes[i];

		if (lane->deadline_ns < next_ns)
			next_ns = lane->deadline_ns;
		if (lane->again_ns < next_ns)
			next_ns = lane->again_ns;
	}
	loop_arm_monotonic(&portmap->loop, next_ns);
}

void portmap_dispatch(struct portmap *portmap)
{
	struct loop_event events[LOOP_BATCH];
	int n = loop_collect(&portmap->loop, events);

	for (int i = 0; i < n; i++) {
		uint32_t protocol = events[i].tag % PORTMAP_SECOND;

		if (events[i].kind == LOOP_DESCRIPTOR &&
		    portmap->lanes[protocol].context != NULL)
			driver_of((enum portmap_protocol)protocol)
				->on_ready(portmap, events[i].tag >= PORTMAP_SECOND);
	}
	time_passed(portmap);
	choose(portmap);
	arm(portmap);
}

static int find_local(struct portmap *portmap, uint16_t port)
{
	struct midair_endpoint remote = portmap->gateway;
	int fd;

	remote.port = 1;
	fd = gateway_socket(&remote, &portmap->local);
	if (fd < 0)
		return fd;
	close_fd(fd);
	portmap->local.port = port;
	return 0;
}

static void ask(struct portmap *portmap, enum portmap_protocol protocol, bool is_wanted)
{
	struct lane *lane = &portmap->lanes[protocol];
	const struct portmap_driver *driver = driver_of(protocol);
	bool is_possible = protocol == PORTMAP_PCP || portmap->gateway.family == MIDAIR_IPV4;

	*lane = (struct lane){
		.state = LANE_OVER,
		.deadline_ns = PORTMAP_NEVER,
		.again_ns = PORTMAP_NEVER,
	};
	if (driver == NULL || !is_possible || !is_wanted)
		return;
	lane->state = LANE_ASKING;
	lane->deadline_ns = clock_now_ns() + PATIENCE_NS;
	if (driver->ask(portmap) != 0)
		end_lane(portmap, protocol);
}

int portmap_new(struct portmap **portmap, const struct portmap_config *config)
{
	struct portmap *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	made->gateway = config->gateway;
	made->gateway.port = 0;
	made->is_only_asking = config->port == 0;
	result = loop_init(&made->loop);
	if (result == 0)
		result = find_local(made, config->port);
	if (result != 0) {
		loop_deinit(&made->loop);
		free(made);
		return result;
	}
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		ask(made, (enum portmap_protocol)i, (config->without & 1u << i) == 0);
	arm(made);
	*portmap = made;
	return 0;
}

int portmap_fd(const struct portmap *portmap)
{
	return portmap->loop.epoll_fd;
}

bool portmap_is_settled(const struct portmap *portmap)
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++) {
		enum lane_state state = portmap->lanes[i].state;

		if (state == LANE_ASKING || state == LANE_MAPPING || state == LANE_RELEASING ||
		    (state == LANE_READY && !portmap->is_only_asking &&
		     portmap_external(portmap) == NULL))
			return false;
	}
	return true;
}

void portmap_read(const struct portmap *portmap,
		  struct portmap_answer answers[PORTMAP_N_PROTOCOLS])
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		answers[i] = portmap->lanes[i].answer;
}

const struct midair_endpoint *portmap_external(const struct portmap *portmap)
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (portmap->lanes[i].state == LANE_HELD)
			return &portmap->lanes[i].external;
	return NULL;
}

static bool is_releasing(const struct portmap *portmap)
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (portmap->lanes[i].state == LANE_RELEASING)
			return true;
	return false;
}

static void wait_released(struct portmap *portmap, uint64_t end_ns)
{
	struct pollfd descriptor = {.fd = portmap_fd(portmap), .events = POLLIN};
	uint64_t now_ns = clock_now_ns();

	while (is_releasing(portmap) && now_ns < end_ns) {
		int timeout_ms = (int)((end_ns - now_ns) / MS_NS) + 1;

		arm(portmap);
		if (poll(&descriptor, 1, timeout_ms) < 0 && errno != EINTR)
			return;
		portmap_dispatch(portmap);
		now_ns = clock_now_ns();
	}
}

struct portmap *portmap_free(struct portmap *portmap, uint32_t patience_ms)
{
	if (portmap == NULL)
		return NULL;
	portmap->is_ending = true;
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (portmap->lanes[i].state != LANE_RELEASING)
			release(portmap, (enum portmap_protocol)i);
	wait_released(portmap, clock_now_ns() + patience_ms * MS_NS);
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		end_lane(portmap, (enum portmap_protocol)i);
	loop_deinit(&portmap->loop);
	free(portmap);
	return NULL;
}
