/* SPDX-License-Identifier: MIT */
#include "serve/relay.h"

#include <errno.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/reserve.h"
#include "os/service_socket.h"
#include "os/socket.h"
#include "serve/relay_list.h"

/* One pair's share of a turn, in each direction. */
#define SHARE_BYTES (1024u * 1024)
/* What a share must be, and how often in a row. */
#define LARGE_BYTES  (32u * 1024)
#define LARGE_SHARES 8
/* How often the deadlines are looked at. */
#define LOOK_MS RENDEZVOUS_TICK_MS
/* How often those that rest are. */
#define RESTING_MS 5
/* How long the rest of a file may wait; the clock's grain is 4 ms. */
#define BULK_MS 3

const char *relay_end_name(enum relay_end end)
{
	switch (end) {
	case RELAY_DONE:
		return "done";
	case RELAY_RESET:
		return "reset";
	case RELAY_BYTES:
		return "bytes";
	case RELAY_TIME:
		return "time";
	case RELAY_IDLE:
		return "idle";
	case RELAY_CLOSING:
		return "closing";
	}
	return "unknown";
}

int relay_init(struct server *server)
{
	server->relays.table = reserve_memory(sizeof(struct relay) * SERVE_RELAYS_MAX);
	return server->relays.table != NULL ? 0 : -ENOMEM;
}

/* ---- the beginning, under the lock ----------------------------------------------------------- */

/* From its worker's epoll to ours. */
static int take_over(struct worker *worker, struct relay *relay, uint32_t side)
{
	struct server *server = worker->server;
	struct place *place = &server->places[relay->connections[side]];
	uint64_t tag =
		tag_make(TAG_RELAY, relay->generation, relay_number(server, relay) << 1 | side);
	uint32_t owner = tag_owner(atomic_load_explicit(&place->tag, memory_order_relaxed));

	(void)watch_forget(server->watches[owner], place->fd);
	atomic_store_explicit(&place->tag, tag, memory_order_relaxed);
	(void)service_socket_widen(place->fd);
	return watch_both_ways(worker->watch, place->fd, tag);
}

static int open_ways(struct server *server, struct relay *relay)
{
	int fds[2];
	int result;

	for (uint32_t side = 0; side < 2; side++)
		fds[side] = server->places[relay->connections[side]].fd;
	result = forward_open(&relay->ways[0], fds[0], fds[1]);
	if (result == 0)
		result = forward_open(&relay->ways[1], fds[1], fds[0]);
	if (result != 0) {
		forward_close(&relay->ways[0]);
		forward_close(&relay->ways[1]);
	}
	return result;
}

static void set_limits(struct relay *relay, const struct serve_limits *limits)
{
	uint64_t now_ms = clock_coarse_ms();

	relay_meter_init(&relay->meter, now_ms, limits->relay_kib, limits->relay_kib_per_s);
	relay->begin_ms = relay->active_ms = now_ms;
	relay->end_ms = now_ms + UINT64_C(1000) * limits->relay_s;
	relay->idle_ms = UINT64_C(1000) * limits->relay_idle_s;
}

/* Returns whether it could. */
static bool begin(struct worker *worker, const struct rendezvous_action *action)
{
	struct server *server = worker->server;
	const struct rendezvous *rendezvous = &server->rendezvous;
	struct relay *relay = relay_take(server);

	if (relay == NULL)
		return false;
	relay->connections[0] = action->connection;
	relay->connections[1] = action->other;
	if (open_ways(server, relay) != 0) {
		relay_give(server, relay);
		return false;
	}
	for (uint32_t side = 0; side < 2; side++) {
		const struct visit *visit = &rendezvous->visits[relay->connections[side]];

		relay->remotes[side] = visit->remote;
		relay->room = rendezvous->registry.rooms[visit->room].number;
		/* It is seen at its first turn, when both have heard that it has begun. */
		if (take_over(worker, relay, side) != 0)
			relay->is_broken = true;
	}
	set_limits(relay, &rendezvous->config.limits);
	relay_list_add(worker, relay);
	relay_list_make_due(worker, relay);
	return true;
}

void relay_begin(struct worker *worker, const struct rendezvous_action *action)
{
	struct rendezvous_update update;
	bool has_begun = begin(worker, action);

	rendezvous_relayed(&worker->server->rendezvous, clock_coarse_ms(), action->connection,
			   action->other, has_begun, &update);
	act_on(worker, &update);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void tell_end(struct server *server, const struct relay *relay, enum relay_end end,
		     uint64_t now_ms)
{
	struct log_line line;

	log_begin(&line, &server->log, "relay-ended");
	if (relay->room != 0)
		log_number(&line, "room", relay->room);
	log_text(&line, "reason", relay_end_name(end));
	log_number(&line, "seconds", (now_ms - relay->begin_ms) / 1000);
	log_number(&line, "bytes-from-a", relay->ways[0].n_bytes);
	log_number(&line, "bytes-from-b", relay->ways[1].n_bytes);
	log_endpoint(&line, "peer", &relay->remotes[0]);
	log_endpoint(&line, "remote", &relay->remotes[1]);
	log_end(&line);
}

static void end_relay(struct worker *worker, struct relay *relay, enum relay_end end)
{
	struct server *server = worker->server;
	const struct relay ended = *relay;
	uint64_t now_ms = clock_coarse_ms();
	int fds[2];

	relay_list_remove(worker, relay);
	for (uint32_t side = 0; side < 2; side++) {
		worker->relays.n_bulk -= relay->ways[side].is_bulk;
		forward_close(&relay->ways[side]);
	}
	pthread_mutex_lock(&server->lock);
	for (uint32_t side = 0; side < 2; side++) {
		struct place *place = &server->places[ended.connections[side]];

		rendezvous_gone(&server->rendezvous, now_ms, ended.connections[side],
				&worker->update);
		act(worker);
		fds[side] = take_fd(&place->fd);
		atomic_store_explicit(&place->tag, 0, memory_order_relaxed);
	}
	relay_give(server, relay);
	pthread_mutex_unlock(&server->lock);
	for (uint32_t side = 0; side < 2; side++)
		fds[side] =
			end == RELAY_DONE ? close_fd(fds[side]) : socket_close_reset(fds[side]);
	atomic_fetch_add_explicit(&server->relays.n_ends[end], 1, memory_order_relaxed);
	act_tell(worker);
	tell_end(server, &ended, end, now_ms);
}

void relay_end_all(struct worker *worker)
{
	while (worker->relays.newest != 0)
		end_relay(worker, relay_at(worker->server, worker->relays.newest),
			  RELAY_CLOSING);
}

/* ---- the bytes ------------------------------------------------------------------------------- */

/* What a direction's share of the turn came to. */
enum share {
	SHARE_WAITS, /* for an event */
	SHARE_MORE,
	SHARE_RESTS, /* the rate is used up */
	SHARE_BROKEN,
	SHARE_EXHAUSTED,
};

/* Large shares in a row are a file on its way; a small one is its end, or a pause. */
static void judge_bulk(struct worker *worker, struct forward *way, size_t n_bytes)
{
	bool is_large = n_bytes >= LARGE_BYTES;
	bool is_bulk;

	way->n_large = (uint8_t)(is_large ? way->n_large + (way->n_large < LARGE_SHARES) : 0);
	is_bulk = way->n_large == LARGE_SHARES;
	if (is_bulk == way->is_bulk)
		return;
	worker->relays.n_bulk += is_bulk ? 1u : UINT32_MAX;
	forward_set_bulk(way, is_bulk);
}

static enum share move(struct worker *worker, struct relay *relay, struct forward *way,
		       uint64_t now_ms)
{
	struct server *server = worker->server;
	size_t limit = relay_meter_allow(&relay->meter, now_ms, SHARE_BYTES);
	size_t n_held = way->n_held;
	long n = forward_move(way, limit);

	if (n < 0)
		return SHARE_BROKEN;
	if (n > 0 || way->n_held < n_held)
		relay->active_ms = now_ms;
	/* A reader that holds us back says nothing of the sender. */
	if (way->n_held == 0 && limit > 0)
		judge_bulk(worker, way, (size_t)n);
	relay_meter_count(&relay->meter, (size_t)n);
	atomic_fetch_add_explicit(&server->relays.n_bytes, (uint64_t)n, memory_order_relaxed);
	if ((size_t)n < limit || way->n_held > 0)
		return SHARE_WAITS;
	if (limit > 0)
		return SHARE_MORE;
	if (way->has_ended || !way->is_readable)
		return SHARE_WAITS;
	if (!relay_meter_is_exhausted(&relay->meter))
		return SHARE_RESTS;
	if (forward_has_more(way))
		return SHARE_EXHAUSTED;
	return way->has_ended ? SHARE_MORE : SHARE_WAITS;
}

static void share_out(struct worker *worker, struct relay *relay, uint64_t now_ms)
{
	bool is_more = false;
	bool is_resting = false;

	for (uint32_t side = 0; side < 2; side++) {
		switch (move(worker, relay, &relay->ways[side], now_ms)) {
		case SHARE_BROKEN:
			end_relay(worker, relay, RELAY_RESET);
			return;
		case SHARE_EXHAUSTED:
			end_relay(worker, relay, RELAY_BYTES);
			return;
		case SHARE_MORE:
			is_more = true;
			break;
		case SHARE_RESTS:
			is_resting = true;
			break;
		case SHARE_WAITS:
			break;
		}
	}
	if (relay->ways[0].is_finished && relay->ways[1].is_finished)
		end_relay(worker, relay, RELAY_DONE);
	else if (is_more)
		relay_list_make_due(worker, relay);
	else if (is_resting)
		relay_list_rest(worker, relay, now_ms + relay_meter_wait_ms(&relay->meter) + 1);
}

void relay_handle(struct worker *worker, uint64_t tag, uint32_t events)
{
	uint32_t side = tag_number(tag) & 1;
	struct relay *relay = &worker->server->relays.table[tag_number(tag) >> 1];

	if (tag != tag_make(TAG_RELAY, relay->generation, tag_number(tag)))
		return;
	if ((events & EPOLLERR) != 0)
		relay->is_broken = true;
	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0)
		relay->ways[side].is_readable = true;
	if ((events & (EPOLLOUT | EPOLLHUP)) != 0)
		relay->ways[1 - side].is_writable = true;
	relay_list_make_due(worker, relay);
}

/* In bulk the kernel does not tell of the last bytes. */
static bool look_for_rest(struct relay *relay, uint64_t now_ms)
{
	bool is_bulk = relay->ways[0].is_bulk || relay->ways[1].is_bulk;

	if (!is_bulk || relay->resume_ms != 0 || now_ms < relay->active_ms + BULK_MS)
		return false;
	for (int side = 0; side < 2; side++)
		relay->ways[side].is_readable |= relay->ways[side].is_bulk;
	return true;
}

/* A path that has vanished: the other one of the two shall not go on to send into the void. */
static bool is_silent(const struct server *server, struct relay *relay, uint64_t now_ms)
{
	bool is_silent = false;

	if (now_ms < relay->listen_ms)
		return false;
	relay->listen_ms = now_ms + SILENCE_LOOK_MS;
	for (uint32_t side = 0; side < 2; side++)
		is_silent |= silence_is_too_long(&relay->silences[side],
						 server->places[relay->connections[side]].fd);
	return is_silent;
}

static void look(struct worker *worker, uint64_t now_ms)
{
	const struct server *server = worker->server;
	struct relay *relay = relay_at(server, worker->relays.newest);

	worker->relays.looked_ms = now_ms;
	while (relay != NULL) {
		struct relay *older = relay_at(server, relay->older);

		if (now_ms >= relay->end_ms)
			end_relay(worker, relay, RELAY_TIME);
		else if (now_ms >= relay->active_ms + relay->idle_ms)
			end_relay(worker, relay, RELAY_IDLE);
		else if (is_silent(server, relay, now_ms))
			end_relay(worker, relay, RELAY_RESET);
		else if (relay->resume_ms != 0 && now_ms >= relay->resume_ms)
			relay_list_make_due(worker, relay);
		else if (look_for_rest(relay, now_ms))
			relay_list_make_due(worker, relay);
		relay = older;
	}
}

static uint32_t look_again_ms(const struct worker *worker)
{
	if (worker->relays.n_bulk > 0)
		return BULK_MS;
	return worker->relays.n_resting > 0 ? RESTING_MS : LOOK_MS;
}

void relay_turn(struct worker *worker, uint64_t now_ms)
{
	uint32_t look_ms = look_again_ms(worker);
	struct relay *relay;
	uint32_t due;

	if (worker->relays.newest == 0)
		return;
	if (now_ms >= worker->relays.looked_ms + look_ms)
		look(worker, now_ms);
	due = worker->relays.due;
	worker->relays.due = 0;
	while ((relay = relay_at(worker->server, due)) != NULL) {
		due = relay->next_due;
		relay->is_due = false;
		if (relay->is_broken)
			end_relay(worker, relay, RELAY_RESET);
		else
			share_out(worker, relay, now_ms);
	}
}

int relay_timeout_ms(const struct worker *worker, int timeout_ms)
{
	int wait_ms = worker->relays.due != 0 ? 0 : (int)look_again_ms(worker);

	if (worker->relays.newest == 0)
		return timeout_ms;
	return wait_ms < timeout_ms ? wait_ms : timeout_ms;
}
