/* SPDX-License-Identifier: MIT */
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/service_socket.h"
#include "serve/server.h"

/* So often worker 0 looks at the deadlines, and a worker that had no descriptors left whether it
 * may listen again. */
#define TICK_MS RENDEZVOUS_TICK_MS
/* The others only have to see that the server is over, and the bell wakes them for it. */
#define IDLE_MS 1000

static int watch_listeners(struct worker *worker)
{
	const struct server *server = worker->server;
	int result = 0;

	for (size_t i = 0; result == 0 && i < server->n_listeners; i++)
		result = watch_listener(worker->watch, server->listeners[i],
					tag_make(TAG_LISTENER, 0, (uint32_t)i));
	worker->is_listening = result == 0;
	worker->listen_again_ms = 0;
	return result;
}

void worker_blank(struct worker *worker)
{
	worker->watch = -1;
	worker->signal_fd = -1;
	worker->current = NO_CONNECTION;
	metrics_init(&worker->metrics);
}

int worker_init(struct worker *worker, struct server *server, uint32_t number)
{
	int result;

	worker->server = server;
	worker->number = number;
	worker->watch = watch_new();
	if (worker->watch < 0)
		return worker->watch;
	server->watches[number] = worker->watch;
	result = watch_listeners(worker);
	if (result == 0)
		result = watch_level(worker->watch, server->bell, tag_make(TAG_BELL, 0, 0));
	return result;
}

void worker_deinit(struct worker *worker)
{
	worker->watch = close_fd(worker->watch);
	worker->signal_fd = close_fd(worker->signal_fd);
	metrics_deinit(&worker->metrics);
}

static void handle(struct worker *worker, const struct epoll_event *event)
{
	uint64_t tag = event->data.u64;

	switch (tag_kind(tag)) {
	case TAG_CONNECTION:
		connection_handle(worker, tag, event->events);
		break;
	case TAG_LISTENER:
		connection_accept(worker, tag_number(tag));
		break;
	case TAG_SIGNAL:
		duty_signal(worker);
		break;
	case TAG_METRICS_LISTENER:
		metrics_accept(worker);
		break;
	case TAG_METRICS:
		metrics_handle(worker, tag_number(tag));
		break;
	case TAG_PROBE:
		probe_handle(worker, tag);
		break;
	case TAG_RELAY:
		relay_handle(worker, tag, event->events);
		break;
	case TAG_BELL:
		break;
	}
}

static int timeout_of(const struct worker *worker)
{
	/* Worker 0 always: without a connection there are still the registry's tombstones. */
	bool is_ticking = worker->listen_again_ms != 0 || worker->number == 0;

	return relay_timeout_ms(worker, is_ticking ? (int)TICK_MS : IDLE_MS);
}

void worker_run(struct worker *worker)
{
	struct server *server = worker->server;

	while (atomic_load_explicit(&server->phase, memory_order_relaxed) != SERVER_OVER) {
		int n = watch_wait(worker->watch, worker->events, timeout_of(worker));

		for (int i = 0; i < n; i++)
			handle(worker, &worker->events[i]);
		uint64_t now_ms = clock_coarse_ms();

		relay_turn(worker, now_ms);
		if (worker->listen_again_ms != 0 && now_ms >= worker->listen_again_ms &&
		    atomic_load(&server->phase) == SERVER_RUNNING)
			(void)watch_listeners(worker);
		if (worker->number == 0)
			duty_tick(worker, now_ms);
	}
	relay_end_all(worker);
}
