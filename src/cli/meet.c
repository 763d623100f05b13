/* SPDX-License-Identifier: MIT */
#include "cli/meet.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "cli/connection.h"
#include "cli/exit.h"
#include "cli/explain.h"
#include "cli/host_port.h"
#include "cli/meet_lane.h"
#include "cli/meet_slots.h"
#include "cli/quote.h"
#include "cli/stop.h"
#include "cli/unbound.h"
#include "midair/midair.h"

#define STUN_PORT	   3478 /* RFC 8489, 18.6 */
#define TIMEOUT_DEFAULT_MS 60000
/* A clock that is set changes the slots: it is looked at so often. */
#define LOOK_MS 5000
#define N_LANES 2

struct meet {
	struct meet_world world;
	/* In the order of their slots; with a port of the user's only the first. */
	struct meet_lane lanes[N_LANES];
	struct meet_slots slots;
	int64_t end_ms; /* CLOCK_REALTIME: no lane begins after it */
	int stop_fd;
};

static int fail(struct meet *meet, const char *what, int result)
{
	tell_error(&meet->world.tell, what, result);
	return exit_status_of(result);
}

static int64_t milliseconds_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

/* The wall clock, but not before the agreed instant: until then nothing is tried. */
static struct timespec attempt_time(const struct meet *meet)
{
	const struct timespec *start = &meet->world.options.instant.start;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return milliseconds_of(&now) < milliseconds_of(start) ? *start : now;
}

static uint32_t timeout_of(const struct meet *meet)
{
	uint32_t timeout_ms = meet->world.options.timeout_ms;

	return timeout_ms != 0 ? timeout_ms : TIMEOUT_DEFAULT_MS;
}

/* The attempt is over. Where this machine itself was the obstacle, the kernel's tables say more
 * than the errno. */
static int tell_failed(struct meet *meet, const struct meet_lane *lane)
{
	struct meet_world *world = &meet->world;
	int result = lane->failure;
	int status;

	tell_event(&world->tell, &lane->connected);
	tell_failure(&world->tell, world->options.peer, result, lane->session);
	status = exit_status_of(result);
	if (result < 0)
		explain_failure(stderr, world->options.mode == TELL_JSON, &lane->local,
				&world->peer.addresses[0],
				MIDAIR_WHY_REUSEPORT | MIDAIR_WHY_IPV6_ONLY);
	return status;
}

static bool is_slot_open(const struct meet *meet, int64_t slot)
{
	for (size_t i = 0; i < N_LANES; i++)
		if (meet->lanes[i].session != NULL && meet->lanes[i].slot == slot)
			return true;
	return false;
}

/* Opens it in the first free place; the lanes are then in the order of their slots, because slots
 * only ever become younger. */
static int open_lane(struct meet *meet, int64_t slot, int64_t now_ms)
{
	size_t place = meet->lanes[0].session != NULL;
	struct meet_lane *lane = &meet->lanes[place];
	int64_t left_ms = meet->end_ms - now_ms;
	int result;

	if (left_ms <= 0)
		return -1;
	result = meet_lane_open(lane, &meet->world, slot, (uint32_t)left_ms);
	/* The other slot's port is enough. */
	if (result == 0 || place != 0)
		return -1;
	return unbound_tell(&meet->world.tell, &lane->local,
			    meet_peer_families(&meet->world.peer), result);
}

/* Closes the slots that are over, opens those that have begun. Returns -1 or the exit status. */
static int follow_slots(struct meet *meet)
{
	struct timespec now = attempt_time(meet);
	struct meet_slots slots = meet_slots_at(&now);
	int status = -1;

	if (slots.first > meet->lanes[0].slot) {
		meet_lane_close(&meet->lanes[0]);
		meet->lanes[0] = meet->lanes[1];
		meet_lane_init(&meet->lanes[1]);
	}
	/* A slot whose attempt has failed is not begun again. */
	for (int64_t slot = slots.first; slot <= slots.last && status < 0; slot++)
		if (slot > meet->slots.last && !is_slot_open(meet, slot))
			status = open_lane(meet, slot, milliseconds_of(&now));
	if (slots.last > meet->slots.last)
		meet->slots.last = slots.last;
	meet->slots.change_ms = slots.change_ms;
	return status;
}

static int begin(struct meet *meet)
{
	struct timespec now = attempt_time(meet);

	meet->end_ms = milliseconds_of(&now) + timeout_of(meet);
	if (meet->world.peer.has_port) {
		meet->slots.change_ms = INT64_MAX;
		return open_lane(meet, 0, milliseconds_of(&now));
	}
	meet->slots.last = meet_slots_at(&now).first - 1;
	return follow_slots(meet);
}

/* The lane whose connection it shall be; NULL: none yet. */
static struct meet_lane *choose(struct meet *meet)
{
	struct meet_lane *older = &meet->lanes[0];
	struct meet_lane *younger = &meet->lanes[1];
	struct timespec now;
	int64_t patience_ms = MEET_SLOT_GRACE_MS + younger->connected.round_trip_us / 1000;

	if (older->connected.type == MIDAIR_EVENT_CONNECTED)
		return older;
	if (younger->connected.type != MIDAIR_EVENT_CONNECTED)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (older->session == NULL || older->failure != 0 ||
	    milliseconds_of(&now) - younger->connected_ms >= patience_ms)
		return younger;
	return NULL;
}

/* When no lane can still succeed: the one whose failure is told. */
static struct meet_lane *find_failed(struct meet *meet)
{
	for (size_t i = 0; i < N_LANES; i++)
		if (meet->lanes[i].session != NULL && meet->lanes[i].failure == 0)
			return NULL;
	return &meet->lanes[meet->lanes[0].session == NULL];
}

static int wait_ms(const struct meet *meet)
{
	if (meet->lanes[1].connected.type == MIDAIR_EVENT_CONNECTED)
		return 10;
	return meet->slots.change_ms < LOOK_MS ? (int)meet->slots.change_ms + 1 : LOOK_MS;
}

static bool is_alive(const struct meet_lane *lane)
{
	return lane->session != NULL && lane->connected.type == MIDAIR_EVENT_NONE;
}

/* Sleeps until something may have changed, and lets the lanes work. */
static int work(struct meet *meet)
{
	struct pollfd fds[N_LANES + 1] = {{.fd = meet->stop_fd, .events = POLLIN}};

	for (size_t i = 0; i < N_LANES; i++)
		fds[i + 1] = (struct pollfd){
			.fd = is_alive(&meet->lanes[i])
				      ? midair_session_fd(meet->lanes[i].session)
				      : -1,
			.events = POLLIN,
		};
	if (poll(fds, N_LANES + 1, wait_ms(meet)) < 0 && errno != EINTR)
		return fail(meet, "poll", -errno);
	if (stop_signal() != 0)
		return EXIT_SIGNAL + stop_signal();
	for (size_t i = 0; i < N_LANES; i++) {
		int result = is_alive(&meet->lanes[i])
				     ? midair_session_dispatch(meet->lanes[i].session)
				     : 0;

		if (result != 0)
			return fail(meet, meet->world.options.peer, result);
		meet_lane_collect(&meet->lanes[i], &meet->world.tell);
	}
	return meet->world.peer.has_port ? -1 : follow_slots(meet);
}

/* Until connected: -1 with the lane, or the exit status. */
static int wait_connected(struct meet *meet, struct meet_lane **chosen)
{
	int status = begin(meet);

	for (size_t i = 0; i < N_LANES && status < 0; i++)
		meet_lane_collect(&meet->lanes[i], &meet->world.tell);
	while (status < 0) {
		struct meet_lane *failed = find_failed(meet);

		*chosen = choose(meet);
		if (*chosen != NULL)
			return -1;
		if (failed != NULL)
			return tell_failed(meet, failed);
		status = work(meet);
	}
	return status;
}

static int connect_meet(struct meet *meet, struct connection *connection)
{
	struct meet_lane *chosen = NULL;
	int status = wait_connected(meet, &chosen);

	if (status < 0) {
		int result;

		tell_event(&meet->world.tell, &chosen->connected);
		result = connection_take(connection, chosen->session, &meet->world.tell,
					 &chosen->connected);
		status = result == 0 ? -1 : fail(meet, meet->world.options.peer, result);
	}
	for (size_t i = 0; i < N_LANES; i++)
		meet_lane_close(&meet->lanes[i]);
	secret_text_wipe(&meet->world.secret);
	return status;
}

static int find_stun(struct meet *meet)
{
	struct meet_world *world = &meet->world;
	char text[QUOTE_SIZE];
	int result;

	if (world->options.stun == NULL)
		return -1;
	world->n_stun = MIDAIR_SERVERS_MAX;
	result = host_port_resolve(world->options.stun, STUN_PORT, world->options.family,
				   world->stun, &world->n_stun);
	if (result == 0)
		return -1;
	if (result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE) {
		fprintf(stderr, "midair meet: the STUN server \"%s\" is not HOST[:PORT]\n",
			quote(world->options.stun, text));
		return EXIT_USAGE;
	}
	return fail(meet, quote(world->options.stun, text), result);
}

/* Without a peer: what would the other side have to name? */
static int only_ask(struct meet *meet)
{
	int status = find_stun(meet);

	if (status < 0)
		status = exit_status_of(meet_lane_ask(&meet->world, &meet->world.options.local,
						      UNBOUND_IPV4 | UNBOUND_IPV6, NULL));
	return status;
}

static int run(struct meet *meet)
{
	struct meet_world *world = &meet->world;
	const struct meet_options *options = &world->options;
	struct connection connection = CONNECTION_NULL;
	int status = secret_text_read(&world->secret, "meet", &options->secret);

	if (status < 0)
		status = meet_peer_find(&world->peer, options, world->secret.bytes != NULL,
					&world->tell);
	if (status < 0)
		status = find_stun(meet);
	/* Not before: the resolver cannot be interrupted, but a signal's default ends us at once. */
	if (status < 0) {
		meet->stop_fd = stop_catch();
		if (meet->stop_fd < 0)
			return fail(meet, "signals", meet->stop_fd);
	}
	if (status < 0 && options->at != NULL)
		tell_clock(&world->tell, &options->instant, options->flags);
	if (status < 0)
		status = connect_meet(meet, &connection);
	return status < 0 ? connection_relay(&connection, &world->tell, meet->stop_fd) : status;
}

int meet_main(int argc, char **argv)
{
	struct meet meet = {.world.tell.command = "meet"};
	int status = meet_options_read(&meet.world.options, argc, argv);

	if (status >= 0)
		return status;
	meet.world.tell.mode = meet.world.options.mode;
	for (size_t i = 0; i < N_LANES; i++)
		meet_lane_init(&meet.lanes[i]);
	status = meet.world.options.peer == NULL ? only_ask(&meet) : run(&meet);
	secret_text_wipe(&meet.world.secret);
	return status;
}
