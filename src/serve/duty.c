/* SPDX-License-Identifier: MIT */
/* duty: deadlines, signals and the end of the server, which are worker 0's. */
#include <signal.h>

#include "os/clock.h"
#include "os/signal_fd.h"
#include "os/socket.h"
#include "serve/reload.h"
#include "serve/server.h"

/* So many deadlines under one lock. */
#define EXPIRE_IN_TURN 16
/* SIGTERM: the clients have so long to read why. */
#define ENDING_MS 2000

static void expire(struct worker *worker, uint64_t now_ms)
{
	struct server *server = worker->server;
	bool is_more = true;

	while (is_more) {
		pthread_mutex_lock(&server->lock);
		for (uint32_t i = 0; is_more && i < EXPIRE_IN_TURN; i++) {
			is_more =
				rendezvous_expire(&server->rendezvous, now_ms, &worker->update);
			act(worker);
		}
		pthread_mutex_unlock(&server->lock);
		act_tell(worker);
	}
}

static bool is_over(struct server *server, uint64_t now_ms)
{
	uint32_t n_used;

	if (atomic_load(&server->phase) != SERVER_ENDING)
		return false;
	pthread_mutex_lock(&server->lock);
	n_used = server->rendezvous.n_used;
	pthread_mutex_unlock(&server->lock);
	return n_used == 0 || now_ms >= server->over_ms;
}

void duty_tick(struct worker *worker, uint64_t now_ms)
{
	expire(worker, now_ms);
	metrics_tick(worker, now_ms);
	if (is_over(worker->server, now_ms))
		atomic_store(&worker->server->phase, SERVER_OVER);
}

static void tell_all(struct worker *worker, uint64_t now_ms)
{
	struct server *server = worker->server;
	uint32_t connection = 0;
	bool is_more = true;

	while (is_more) {
		pthread_mutex_lock(&server->lock);
		for (uint32_t i = 0; is_more && i < EXPIRE_IN_TURN; i++) {
			is_more = rendezvous_close(&server->rendezvous, now_ms, connection++,
						   &worker->update);
			act(worker);
		}
		pthread_mutex_unlock(&server->lock);
		/* One line tells of all of them. */
		worker->n_notes = 0;
	}
}

static void end_server(struct worker *worker)
{
	struct server *server = worker->server;
	struct log_line line;

	if (atomic_load(&server->phase) != SERVER_RUNNING) {
		atomic_store(&server->phase, SERVER_OVER);
		return;
	}
	log_begin(&line, &server->log, "ending");
	log_end_always(&line);
	atomic_store(&server->phase, SERVER_ENDING);
	for (size_t i = 0; i < server->n_listeners; i++)
		(void)socket_stop_listening(server->listeners[i]);
	server->over_ms = clock_coarse_ms() + ENDING_MS;
	tell_all(worker, clock_coarse_ms());
}

void duty_signal(struct worker *worker)
{
	int number = signal_fd_read(worker->signal_fd);

	if (number == SIGHUP)
		reload(worker->server);
	else if (number != 0)
		end_server(worker);
}
