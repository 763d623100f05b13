/* SPDX-License-Identifier: MIT */
#include "serve/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/reserve.h"
#include "os/service_socket.h"
#include "os/signal_fd.h"
#include "os/socket.h"
#include "serve/reload.h"
#include "serve/stages.h"

/* Standard streams, epoll, bell, signals, metrics, the configuration file, libc's. */
#define OTHER_DESCRIPTORS 64u
/* Two pipes. */
#define RELAY_DESCRIPTORS 4u

void serve_config_init(struct serve_config *config)
{
	*config = (struct serve_config){
		.n_workers = 1,
		.n_connections = 32768,
		.n_tombstones = 32768,
		.user = "nobody",
		.has_addresses_in_log = true,
	};
	serve_limits_default(&config->limits);
}

int serve_config_set_limit(struct serve_config *config, const char *text)
{
	return serve_limits_set(&config->limits, text, strlen(text));
}

static int complain_to(struct log *log, const char *what,
		       const struct midair_endpoint *endpoint, int result)
{
	struct log_line line;

	log_begin(&line, log, "failed");
	log_text(&line, "what", what);
	if (endpoint) {
		char text[MIDAIR_ENDPOINT_TEXT_SIZE];

		log_text(&line, "address", midair_endpoint_format(endpoint, text));
	}
	log_text(&line, "why", midair_strerror(result));
	log_end_always(&line);
	return result;
}

static int complain(struct server *server, const char *what,
		    const struct midair_endpoint *endpoint, int result)
{
	return complain_to(&server->log, what, endpoint, result);
}

/* There is no server yet whose log it could be. */
static int complain_of_memory(const struct serve_config *config)
{
	struct log log;

	log_init(&log, config->has_json_log, true, 0);
	return complain_to(&log, "reserve memory", NULL, -ENOMEM);
}

static void tell_listening(struct server *server, const char *what,
			   const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct log_line line;

	log_begin(&line, &server->log, what);
	log_text(&line, "address", midair_endpoint_format(endpoint, text));
	log_end_always(&line);
}

static int listen_on(struct server *server, const struct midair_endpoint *endpoint)
{
	int fd = service_socket_listen(endpoint, server->rendezvous.config.limits.output_bytes);
	struct midair_endpoint bound = *endpoint;

	if (fd < 0)
		return fd;
	server->listeners[server->n_listeners++] = fd;
	/* Port 0 was the kernel's choice. */
	(void)socket_local(fd, &bound);
	if (endpoint->port == 0)
		server->is_port_chosen = true;
	server->bound[server->n_bound++] = bound;
	tell_listening(server, "listening", &bound);
	return 0;
}

/* Both families, of which a machine may lack one. */
static int listen_on_defaults(struct server *server)
{
	const struct midair_endpoint any[] = {
		{.family = MIDAIR_IPV6, .port = MIDAIR_SERVER_PORT},
		{.family = MIDAIR_IPV4, .port = MIDAIR_SERVER_PORT},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		result = listen_on(server, &any[i]);
		if (result != 0 && result != -EAFNOSUPPORT && result != -EADDRNOTAVAIL)
			return complain(server, "listen", &any[i], result);
	}
	return server->n_listeners > 0 ? 0 : complain(server, "listen", NULL, result);
}

static int listen_on_all(struct server *server)
{
	const struct serve_config *config = &server->config;

	if (config->n_listen == 0)
		return listen_on_defaults(server);
	for (size_t i = 0; i < config->n_listen; i++) {
		int result = listen_on(server, &config->listen[i]);

		if (result != 0)
			return complain(server, "listen", &config->listen[i], result);
	}
	return 0;
}

/* As many as the kernel lets us have descriptors for. */
static uint32_t allowed_connections(struct server *server, const struct serve_limits *limits)
{
	uint32_t wanted = server->config.n_connections;
	uint32_t others = OTHER_DESCRIPTORS + RENDEZVOUS_SPARE;
	uint32_t n_descriptors;
	struct log_line line;

	if (server->config.has_relay)
		others += RELAY_DESCRIPTORS * limits->relay_rooms;
	n_descriptors = reserve_descriptors(wanted + others);
	if (n_descriptors >= wanted + others)
		return wanted;
	uint32_t allowed = n_descriptors > 2 * others ? n_descriptors - others : others;

	log_begin(&line, &server->log, "fewer-connections");
	log_number(&line, "wanted", wanted);
	log_number(&line, "allowed", allowed);
	log_text(&line, "why", "limit of open files (ulimit -n)");
	log_end_always(&line);
	return allowed;
}

static int reserve_tables(struct server *server, const struct serve_limits *limits)
{
	uint32_t n_connections = allowed_connections(server, limits);
	const struct rendezvous_config config = {
		.n_connections = n_connections,
		.n_tombstones = server->config.n_tombstones,
		.key = {{entropy_seed(), entropy_seed()}},
		.seed = entropy_seed(),
		.limits = *limits,
	};
	void *memory = reserve_memory(rendezvous_bytes(&config));

	server->places =
		reserve_memory(sizeof(struct place) * (n_connections + RENDEZVOUS_SPARE));
	if (!memory || !server->places)
		return complain(server, "reserve memory", NULL, -ENOMEM);
	rendezvous_init(&server->rendezvous, memory, &config, clock_coarse_ms());
	if (!server->config.has_relay)
		return 0;
	server->rendezvous.has_relay = true;
	return relay_init(server) == 0 ? 0 : complain(server, "reserve memory", NULL, -ENOMEM);
}

static int prepare_worker_0(struct worker *worker)
{
	struct server *server = worker->server;
	const struct midair_endpoint *metrics = &server->config.metrics;
	int result;

	worker->signal_fd = signal_fd_new();
	if (worker->signal_fd < 0)
		return complain(server, "signals", NULL, worker->signal_fd);
	result = watch_level(worker->watch, worker->signal_fd, tag_make(TAG_SIGNAL, 0, 0));
	if (result != 0)
		return complain(server, "signals", NULL, result);
	if (metrics->family == MIDAIR_FAMILY_NONE)
		return 0;
	result = service_socket_listen(metrics, 4 * METRICS_SIZE);
	if (result < 0)
		return complain(server, "metrics", metrics, result);
	worker->metrics.listener = result;
	result = watch_level(worker->watch, result, tag_make(TAG_METRICS_LISTENER, 0, 0));
	if (result != 0)
		return complain(server, "metrics", metrics, result);
	struct midair_endpoint bound = *metrics;

	(void)socket_local(worker->metrics.listener, &bound);
	tell_listening(server, "metrics", &bound);
	return 0;
}

static int begin(struct server *server, struct worker *workers)
{
	struct serve_limits limits = server->config.limits;
	const char *path = server->config.limits_path;
	int result = 0;

	if (path)
		result = reload_read(&server->log, path, &limits);
	if (result != 0)
		return complain(server, "limits", NULL, result);
	result = reserve_tables(server, &limits);
	if (result == 0)
		result = listen_on_all(server);
	if (result != 0)
		return result;
	probe_begin(server);
	server->bell = signal_fd_new_bell();
	for (uint32_t i = 0; i < server->config.n_workers; i++) {
		result = server->bell < 0 ? server->bell : worker_init(&workers[i], server, i);
		if (result != 0)
			return complain(server, "workers", NULL, result);
	}
	result = prepare_worker_0(&workers[0]);
	if (result != 0)
		return result;
	result = stages_enter(server);
	return result == 0 ? 0 : complain(server, "sandbox", NULL, result);
}

static void *run_thread(void *worker)
{
	worker_run(worker);
	return NULL;
}

static int work(struct server *server, struct worker *workers)
{
	uint32_t n_threads = 1;
	int result = 0;
	struct log_line line;

	while (result == 0 && n_threads < server->config.n_workers) {
		struct worker *worker = &workers[n_threads];

		result = -pthread_create(&worker->thread, NULL, run_thread, worker);
		if (result == 0)
			n_threads++;
	}
	if (result == 0) {
		log_begin(&line, &server->log, "ready");
		log_text(&line, "version", MIDAIR_VERSION);
		log_number(&line, "connections", server->rendezvous.config.n_connections);
		log_number(&line, "workers", n_threads);
		log_end_always(&line);
		worker_run(&workers[0]);
	} else {
		complain(server, "workers", NULL, result);
	}
	atomic_store(&server->phase, SERVER_OVER);
	signal_fd_ring(server->bell);
	while (--n_threads > 0)
		pthread_join(workers[n_threads].thread, NULL);
	return result;
}

static void finish(struct server *server, struct worker *workers)
{
	for (uint32_t i = 0; i < server->rendezvous.n_touched; i++)
		if (server->places[i].fd > 0)
			close_fd(server->places[i].fd);
	for (uint32_t i = 0; i < server->config.n_workers; i++)
		worker_deinit(&workers[i]);
	probe_end(server);
	for (size_t i = 0; i < server->n_listeners; i++)
		close_fd(server->listeners[i]);
	close_fd(server->bell);
}

int serve_run(const struct serve_config *config)
{
	struct server *server = reserve_memory(sizeof(*server));
	struct worker *workers = reserve_memory(sizeof(*workers) * config->n_workers);
	struct log_line line;
	int result;

	if (!server || !workers)
		return complain_of_memory(config);
	server->config = *config;
	server->bell = -1;
	server->start_ms = clock_coarse_ms();
	pthread_mutex_init(&server->lock, NULL);
	for (uint32_t i = 0; i < config->n_workers; i++)
		worker_blank(&workers[i]);
	log_init(&server->log, config->has_json_log, config->has_addresses_in_log,
		 config->limits.log_lines_per_minute);
	result = begin(server, workers);
	if (result == 0)
		result = work(server, workers);
	finish(server, workers);
	log_begin(&line, &server->log, "over");
	log_end_always(&line);
	return result;
}
