/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The main port's neighbours: +1 answers as the main one does, +2 is silent, +3 refuses. They are
 * bound on every address that is listened on, before the server gives up its rights; when one
 * cannot be had there are no probes at all, so that what PROBES tells is true on each address. The
 * dials leave from the silent and the refusing port as well, which SO_REUSEPORT allows only to the
 * owner of the sockets that hold them: they are given to the user that the server becomes.
 */
#include "serve/probe.h"

#include <errno.h>

#include "core/endpoint.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/dial_socket.h"
#include "os/probe_socket.h"
#include "os/service_socket.h"
#include "os/socket.h"
#include "serve/server.h"

#define SECOND	 0
#define SILENT	 1
#define REFUSING 2
#define N_PORTS	 3

static void tell(struct server *server, const char *state, const char *why,
		 const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct log_line line;

	log_begin(&line, &server->log, "probes");
	log_text(&line, "state", state);
	if (endpoint)
		log_text(&line, "address", midair_endpoint_format(endpoint, text));
	if (why)
		log_text(&line, "why", why);
	log_end_always(&line);
}

static int add_listener(struct server *server, const struct midair_endpoint *endpoint)
{
	int fd;

	if (server->n_listeners == SERVE_SOCKETS_MAX)
		return -ENFILE;
	fd = service_socket_listen(endpoint, server->rendezvous.config.limits.output_bytes);
	if (fd >= 0)
		server->listeners[server->n_listeners++] = fd;
	return fd < 0 ? fd : 0;
}

static int add_holder(struct server *server, int fd)
{
	if (fd < 0)
		return fd;
	server->holders[server->n_holders++] = fd;
	/* What forbids this (we are not root, or there is no such user) forbids us to become that
	 * user as well: then the owner is right as it is. */
	(void)probe_socket_give(fd, server->config.user);
	return 0;
}

static int add_port(struct server *server, const struct midair_endpoint *address, int which)
{
	struct midair_endpoint endpoint = *address;

	endpoint.port = (uint16_t)(server->first_probe_port + which);
	switch (which) {
	case SECOND:
		return add_listener(server, &endpoint);
	case SILENT:
		return add_holder(server, probe_socket_silent(&endpoint));
	default:
		return add_holder(server, probe_socket_refusing(&endpoint));
	}
}

/* Whether what is listened on anyway takes the other address too. */
static bool is_covered(const struct server *server, uint8_t family)
{
	for (size_t i = 0; i < server->n_bound; i++)
		if (server->bound[i].family == family &&
		    endpoint_is_unspecified(&server->bound[i]))
			return true;
	return false;
}

/* Returns 0 or -errno. */
static int add_alternative(struct server *server, size_t which)
{
	struct midair_endpoint main = server->config.alternatives[which];
	struct midair_endpoint second = main;
	int result = 0;

	main.port = server->bound[0].port;
	second.port = server->first_probe_port;
	if (!socket_is_local_address(&main))
		return -EADDRNOTAVAIL;
	if (!is_covered(server, main.family)) {
		result = add_listener(server, &main);
		if (result == 0)
			result = add_listener(server, &second);
	}
	if (result == 0)
		server->rendezvous.probes.alternatives[which] = main;
	return result;
}

static void drop_all(struct server *server, size_t n_before)
{
	while (server->n_listeners > n_before)
		close_fd(server->listeners[--server->n_listeners]);
	while (server->n_holders > 0)
		close_fd(server->holders[--server->n_holders]);
}

static int add_ports(struct server *server)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < server->n_bound; i++)
		for (int which = 0; result == 0 && which < N_PORTS; which++) {
			result = add_port(server, &server->bound[i], which);
			if (result != 0) {
				struct midair_endpoint failed = server->bound[i];

				failed.port = (uint16_t)(server->first_probe_port + which);
				tell(server, "off", midair_strerror(result), &failed);
			}
		}
	return result;
}

static bool choose_ports(struct server *server)
{
	uint16_t wanted = server->config.probe_port;

	if (server->config.has_no_probes) {
		tell(server, "off", "as configured", NULL);
		return false;
	}
	/* A port of the kernel's choice has neighbours that are somebody else's. */
	if (wanted == 0 && (server->n_bound == 0 || server->is_port_chosen)) {
		tell(server, "off", "the main port is the kernel's choice: name --probe-port",
		     NULL);
		return false;
	}
	if (wanted == 0)
		wanted = (uint16_t)(server->bound[0].port + 1);
	if (wanted == 0 || wanted > UINT16_MAX - (N_PORTS - 1)) {
		tell(server, "off", "there are no three ports left", NULL);
		return false;
	}
	server->first_probe_port = wanted;
	return true;
}

void probe_begin(struct server *server)
{
	struct rendezvous_probes *probes = &server->rendezvous.probes;
	size_t n_before = server->n_listeners;
	struct log_line line;

	for (uint32_t i = 0; i < RENDEZVOUS_DIALS_MAX; i++)
		server->probes[i].fd = -1;
	if (!choose_ports(server))
		return;
	if (add_ports(server) != 0) {
		drop_all(server, n_before);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		const struct midair_endpoint *address = &server->config.alternatives[i];
		int result = address->family != 0 ? add_alternative(server, i) : 0;

		if (result != 0)
			tell(server, "without-alternative", midair_strerror(result), address);
	}
	probes->is_able = true;
	probes->second_port = (uint16_t)(server->first_probe_port + SECOND);
	probes->silent_port = (uint16_t)(server->first_probe_port + SILENT);
	probes->refusing_port = (uint16_t)(server->first_probe_port + REFUSING);
	log_begin(&line, &server->log, "probes");
	log_text(&line, "state", "on");
	log_number(&line, "second", probes->second_port);
	log_number(&line, "silent", probes->silent_port);
	log_number(&line, "refusing", probes->refusing_port);
	log_end_always(&line);
}

void probe_end(struct server *server)
{
	for (uint32_t i = 0; i < RENDEZVOUS_DIALS_MAX; i++)
		probe_hang_up(server, i);
	while (server->n_holders > 0)
		close_fd(server->holders[--server->n_holders]);
}

/* From where the kind is dialled, for a connection that came in at local. */
static struct midair_endpoint source_of(const struct rendezvous_probes *probes,
					enum wire_probe_kind kind,
					const struct midair_endpoint *local)
{
	struct midair_endpoint source = *local;

	switch (kind) {
	case WIRE_PROBE_FRESH:
		source.port = 0;
		break;
	case WIRE_PROBE_ALTERNATIVE:
		source = probes->alternatives[local->family == MIDAIR_IPV6 ? 1 : 0];
		source.port = 0;
		break;
	case WIRE_PROBE_SILENT:
		source.port = probes->silent_port;
		break;
	case WIRE_PROBE_REFUSING:
		source.port = probes->refusing_port;
		break;
	}
	return source;
}

static int start(struct worker *worker, const struct rendezvous_action *action)
{
	struct server *server = worker->server;
	struct probe *probe = &server->probes[action->dial];
	struct midair_endpoint local;
	int result = socket_local(server->places[action->connection].fd, &local);

	if (result != 0)
		return result;
	local = source_of(&server->rendezvous.probes, action->kind, &local);
	result = probe_socket_dial(&local, &action->remote);
	if (result < 0)
		return result;
	probe->fd = result;
	probe->generation++;
	result = watch_dial(worker->watch, probe->fd,
			    tag_make(TAG_PROBE, probe->generation, action->dial));
	if (result != 0)
		probe_hang_up(server, action->dial);
	return result;
}

void probe_dial(struct worker *worker, const struct rendezvous_action *action)
{
	struct rendezvous_update update;

	if (start(worker, action) == 0)
		return;
	rendezvous_dialled(&worker->server->rendezvous, clock_coarse_ms(), action->dial,
			   WIRE_PROBE_UNABLE, WIRE_PROBE_ERROR_NONE, &update);
	act_on(worker, &update);
}

void probe_hang_up(struct server *server, uint32_t dial)
{
	server->probes[dial].fd = close_fd(server->probes[dial].fd);
}

static enum wire_probe_outcome outcome_of(int result, uint8_t *error)
{
	*error = WIRE_PROBE_ERROR_NONE;
	switch (-result) {
	case 0:
		return WIRE_PROBE_CONNECTED;
	/* A RST to a connection that stood already is one to an open port, too. */
	case ECONNREFUSED:
	case ECONNRESET:
		return WIRE_PROBE_RESET;
	case ETIMEDOUT:
		return WIRE_PROBE_SILENCE;
	case EHOSTUNREACH:
		*error = WIRE_PROBE_ERROR_HOST;
		return WIRE_PROBE_UNREACHABLE;
	case ENETUNREACH:
		*error = WIRE_PROBE_ERROR_NETWORK;
		return WIRE_PROBE_UNREACHABLE;
	default:
		*error = WIRE_PROBE_ERROR_OTHER;
		return WIRE_PROBE_UNREACHABLE;
	}
}

void probe_handle(struct worker *worker, uint64_t tag)
{
	struct server *server = worker->server;
	uint32_t number = tag_number(tag);
	struct probe *probe = &server->probes[number];
	uint8_t error;
	int result;

	pthread_mutex_lock(&server->lock);
	if (probe->fd >= 0 && tag == tag_make(TAG_PROBE, probe->generation, number)) {
		result = socket_outcome(probe->fd);
		if (result != -EINPROGRESS) {
			enum wire_probe_outcome outcome = outcome_of(result, &error);

			probe_hang_up(server, number);
			rendezvous_dialled(&server->rendezvous, clock_coarse_ms(), number,
					   outcome, error, &worker->update);
			act(worker);
		}
	}
	pthread_mutex_unlock(&server->lock);
	act_tell(worker);
}
