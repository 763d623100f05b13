/* SPDX-License-Identifier: MIT */
/* connection: from accept() to close(). */
#include <errno.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/service_socket.h"
#include "os/socket.h"
#include "serve/server.h"

/* After so many connections, or so much of one's input, it is the others' turn. */
#define ACCEPTS_IN_TURN 64
#define READS_IN_TURN	4

/* Whether the connection's place in the table is still that of the event. */
static bool is_current(const struct worker *worker, uint64_t tag)
{
	const struct place *place = &worker->server->places[tag_number(tag)];

	return atomic_load_explicit(&place->tag, memory_order_relaxed) == tag;
}

static void refuse(int fd, enum wire_error error)
{
	const struct wire_message message = {.type = WIRE_ERROR, .error = error};
	uint8_t bytes[WIRE_MESSAGE_MAX];

	service_socket_refuse(fd, bytes, wire_encode(&message, bytes));
}

/* For the worker that the tag names: another one may just have taken the connection's place. */
static void end(struct worker *worker, uint64_t tag)
{
	struct server *server = worker->server;
	uint32_t connection = tag_number(tag);
	struct place *place = &server->places[connection];
	bool is_dropped;
	int fd;

	pthread_mutex_lock(&server->lock);
	if (!is_current(worker, tag)) {
		pthread_mutex_unlock(&server->lock);
		return;
	}
	is_dropped = server->rendezvous.visits[connection].state == VISIT_DROPPED;
	rendezvous_gone(&server->rendezvous, clock_coarse_ms(), connection, &worker->update);
	act(worker);
	fd = take_fd(&place->fd);
	place->held = held_release(&worker->held, place->held);
	atomic_store_explicit(&place->tag, 0, memory_order_relaxed);
	pthread_mutex_unlock(&server->lock);
	/* No FIN and TIME_WAIT for those who had to go. */
	if (is_dropped)
		socket_close_reset(fd);
	else
		close_fd(fd);
	act_tell(worker);
}

static void welcome(struct worker *worker, int fd, const struct midair_endpoint *remote)
{
	struct server *server = worker->server;
	uint32_t connection;
	uint64_t tag = 0;
	int error;

	pthread_mutex_lock(&server->lock);
	error = rendezvous_arrive(&server->rendezvous, clock_coarse_ms(), remote, &connection,
				  &worker->update);
	act(worker);
	if (error == 0) {
		struct place *place = &server->places[connection];

		place->fd = fd;
		place->generation++;
		tag = tag_make(TAG_CONNECTION, place_generation(place, worker->number),
			       connection);
		atomic_store_explicit(&place->tag, tag, memory_order_relaxed);
	}
	pthread_mutex_unlock(&server->lock);
	if (error != 0)
		refuse(fd, (enum wire_error)error);
	else if (watch_connection(worker->watch, fd, tag) < 0)
		end(worker, tag);
	act_tell(worker);
}

static void pause_accepting(struct worker *worker, int result)
{
	struct server *server = worker->server;
	struct log_line line;

	for (size_t i = 0; i < server->n_listeners; i++)
		(void)watch_forget(worker->watch, server->listeners[i]);
	worker->is_listening = false;
	worker->listen_again_ms = clock_coarse_ms() + ACCEPT_PAUSE_MS;
	atomic_fetch_add_explicit(&server->n_accept_pauses, 1, memory_order_relaxed);
	log_begin(&line, &server->log, "accept-pause");
	log_text(&line, "why",
		 service_socket_is_exhausted(result) ? "no descriptor or memory left"
						     : midair_strerror(result));
	log_end(&line);
}

void connection_accept(struct worker *worker, size_t listener)
{
	int listener_fd = worker->server->listeners[listener];
	struct midair_endpoint remote;

	for (uint32_t i = 0; i < ACCEPTS_IN_TURN; i++) {
		int fd = service_socket_accept(listener_fd, &remote);

		if (fd >= 0) {
			welcome(worker, fd, &remote);
			continue;
		}
		if (fd != -EAGAIN)
			pause_accepting(worker, fd);
		return;
	}
}

/*
 * It has asked for the relay, so another worker takes it over, perhaps as soon as the lock is free:
 * its messages leave the kernel now, and the rest, which is none of them, stays there.
 */
static bool hand_over(struct worker *worker, uint32_t connection, size_t n_bytes)
{
	struct place *place = &worker->server->places[connection];
	uint8_t state = worker->server->rendezvous.visits[connection].state;

	if (state != VISIT_ASKING && state != VISIT_RELAYED)
		return false;
	place->held = held_release(&worker->held, place->held);
	if (n_bytes > 0)
		(void)service_socket_discard(place->fd, worker->input, n_bytes);
	return true;
}

/* size bytes of which the first n_held are not in the kernel any more. Returns how many have been
 * taken; *is_settled: there is nothing more to do about them. */
static size_t take_input(struct worker *worker, uint64_t tag, size_t n_held, size_t size,
			 bool *is_settled)
{
	uint32_t connection = tag_number(tag);
	struct server *server = worker->server;
	uint64_t now_ms = clock_coarse_ms();
	size_t taken = 0;
	size_t n;

	pthread_mutex_lock(&server->lock);
	*is_settled = !is_current(worker, tag);
	if (*is_settled) {
		pthread_mutex_unlock(&server->lock);
		return 0;
	}
	worker->current = connection;
	do {
		n = rendezvous_input(&server->rendezvous, now_ms, connection,
				     worker->input + taken, size - taken, &worker->update);
		act(worker);
		taken += n;
	} while (n > 0 && taken < size);
	act_flush(worker);
	*is_settled = hand_over(worker, connection, taken > n_held ? taken - n_held : 0);
	worker->current = NO_CONNECTION;
	pthread_mutex_unlock(&server->lock);
	act_tell(worker);
	return taken;
}

/* Takes the messages that are whole out of worker->input, and what has been taken out of the
 * kernel: size bytes of which the first n_held are not there any more. */
static void take_messages(struct worker *worker, uint64_t tag, size_t n_held, size_t size)
{
	struct place *place = &worker->server->places[tag_number(tag)];
	bool is_settled;
	size_t taken = take_input(worker, tag, n_held, size, &is_settled);

	if (is_settled)
		return;
	if (taken < size) {
		uint16_t held = held_keep(&worker->held, worker->input + taken, size - taken);

		/* No place: what the kernel has, it keeps. */
		if (held == 0 && taken == 0)
			return;
		held_release(&worker->held, place->held);
		place->held = held;
	} else {
		place->held = held_release(&worker->held, place->held);
	}
	(void)service_socket_discard(place->fd, worker->input,
				     (place->held != 0 ? size : taken) - n_held);
}

void connection_handle(struct worker *worker, uint64_t tag, uint32_t events)
{
	uint32_t connection = tag_number(tag);
	bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

	if (!is_current(worker, tag))
		return;
	const struct place *place = &worker->server->places[connection];

	for (uint32_t i = 0; i < READS_IN_TURN && is_current(worker, tag); i++) {
		size_t n_held = held_copy(&worker->held, place->held, worker->input);
		size_t room = sizeof(worker->input) - n_held;
		int n = service_socket_peek(place->fd, worker->input + n_held, room);

		if (n == -EAGAIN && !has_ended)
			return;
		if (n <= 0) {
			end(worker, tag);
			return;
		}
		take_messages(worker, tag, n_held, n_held + (size_t)n);
		/* A full buffer may end in the middle of what has arrived. */
		bool is_all = (size_t)n < room;

		/* With FIN or RST all that will ever come is there: half a message is none. */
		if (is_all && has_ended)
			end(worker, tag);
		if (is_all)
			return;
	}
	/* By now it may be the relay's, with another tag. */
	if (is_current(worker, tag))
		(void)watch_again(worker->watch, place->fd, tag);
}
