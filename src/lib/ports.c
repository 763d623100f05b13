/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * One walk over the listening and bound sockets tells which ports are locked, one over the
 * connections gives an array of (source, destination, port), which is sorted and counted. What
 * was accepted from a listener took no port from the pool, so ports with a listener are left
 * out. Neither walk is atomic; a pair of ends that came twice is counted once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cause.h"
#include "core/endpoint.h"
#include "os/diag.h"
#include "os/port_range.h"

/* Connections that one look counts (about 250 MB); more are MIDAIR_E_LIMIT. */
#define PORTS_CONNECTIONS_MAX 4194304u
/* The kernel may call a walk torn when sockets come and go; then it is done again. */
#define PORTS_WALKS_MAX 3

#define HOLDING_STATES (DIAG_STATE(MIDAIR_TCP_LISTEN) | DIAG_STATE(MIDAIR_TCP_BOUND_INACTIVE))

struct connection {
	struct midair_endpoint local;
	struct midair_endpoint remote;
	bool is_time_wait;
};

struct midair_ports {
	struct midair_ports_state state;
	struct midair_ports_row *rows;
	size_t next;
};

struct count {
	struct port_range range;
	struct port_set reserved;
	struct port_set in_use;
	struct port_set locked;
	struct port_set listening;
	const struct midair_endpoint *to;
	struct connection *connections;
	size_t n_connections;
	size_t room;
};

static bool is_in_pool(const struct count *count, uint16_t port)
{
	return port >= count->range.first && port <= count->range.last &&
	       !port_set_has(&count->reserved, port);
}

static bool is_wanted(const struct count *count, const struct midair_row *row)
{
	struct midair_endpoint remote = row->remote;

	if (count->to == NULL)
		return true;
	if (count->to->port == 0)
		remote.port = 0;
	return midair_endpoint_equal(&remote, count->to);
}

static int add_connection(struct count *count, const struct midair_row *row)
{
	if (count->n_connections == PORTS_CONNECTIONS_MAX)
		return MIDAIR_E_LIMIT;
	if (count->n_connections == count->room) {
		size_t room = count->room == 0 ? 256 : count->room + count->room / 2;
		struct connection *grown =
			reallocarray(count->connections, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		count->connections = grown;
		count->room = room;
	}
	count->connections[count->n_connections++] = (struct connection){
		.local = row->local,
		.remote = row->remote,
		.is_time_wait = row->state == MIDAIR_TCP_TIME_WAIT,
	};
	return 0;
}

static int look_at(void *context, const struct midair_row *row)
{
	struct count *count = context;
	uint16_t port = row->local.port;

	if (!is_in_pool(count, port))
		return 0;
	port_set_add(&count->in_use, port);
	if (cause_locks_port(row)) {
		port_set_add(&count->locked, port);
		if (row->state == MIDAIR_TCP_LISTEN)
			port_set_add(&count->listening, port);
		return 0;
	}
	if (port_set_has(&count->listening, port) || !is_wanted(count, row))
		return 0;
	return add_connection(count, row);
}

/* The listeners first: look_at() leaves out what they accepted. */
static int look(struct count *count)
{
	const struct diag_choice holders = {.states = HOLDING_STATES};
	const struct diag_choice users = {.states = DIAG_STATES_ALL & ~HOLDING_STATES};
	int result;

	memset(&count->in_use, 0, sizeof(count->in_use));
	memset(&count->locked, 0, sizeof(count->locked));
	memset(&count->listening, 0, sizeof(count->listening));
	count->n_connections = 0;
	result = diag_walk_choice(&holders, look_at, count);
	return result != 0 ? result : diag_walk_choice(&users, look_at, count);
}

static int look_again(struct count *count)
{
	int result = -EINTR;

	for (int i = 0; i < PORTS_WALKS_MAX && result == -EINTR; i++)
		result = look(count);
	if (result == -ENOENT || result == -EPROTONOSUPPORT)
		return MIDAIR_E_UNSUPPORTED;
	return result;
}

/* ---- counting ---- */

static int compare_addresses(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	int difference = (int)a->family - (int)b->family;

	if (difference == 0)
		difference = memcmp(a->address, b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->scope_id > b->scope_id) - (a->scope_id < b->scope_id);
	return difference;
}

static int compare_pairs(const struct connection *a, const struct connection *b)
{
	int difference = compare_addresses(&a->remote, &b->remote);

	if (difference == 0)
		difference = (int)a->remote.port - (int)b->remote.port;
	return difference != 0 ? difference : compare_addresses(&a->local, &b->local);
}

static int compare_connections(const void *left, const void *right)
{
	const struct connection *a = left;
	const struct connection *b = right;
	int difference = compare_pairs(a, b);

	return difference != 0 ? difference : (int)a->local.port - (int)b->local.port;
}

static int compare_rows(const void *left, const void *right)
{
	const struct midair_ports_row *a = left;
	const struct midair_ports_row *b = right;

	return (a->n_connections < b->n_connections) - (a->n_connections > b->n_connections);
}

static void begin_row(struct midair_ports *ports, const struct connection *connection)
{
	struct midair_ports_row *row = &ports->rows[ports->state.n_pairs++];

	*row = (struct midair_ports_row){
		.source = connection->local,
		.remote = connection->remote,
		.n_in_use = ports->state.n_locked,
		.pool_size = ports->state.pool_size,
	};
	row->source.port = 0;
}

static void count_connection(struct midair_ports *ports, const struct count *count,
			     const struct connection *connection)
{
	struct midair_ports_row *row = &ports->rows[ports->state.n_pairs - 1];

	row->n_connections++;
	row->n_time_wait += connection->is_time_wait;
	if (!port_set_has(&count->locked, connection->local.port))
		row->n_in_use++;
	row->is_past_cliff = UINT64_C(2) * row->n_in_use >= row->pool_size;
	ports->state.n_connections++;
	ports->state.n_time_wait += connection->is_time_wait;
}

static size_t count_pairs(const struct count *count)
{
	size_t n_pairs = 0;

	for (size_t i = 0; i < count->n_connections; i++)
		n_pairs += i == 0 || compare_pairs(&count->connections[i - 1],
						   &count->connections[i]) != 0;
	return n_pairs;
}

static int count_rows(struct midair_ports *ports, struct count *count)
{
	const struct connection *connections = count->connections;

	if (count->n_connections == 0)
		return 0;
	qsort(count->connections, count->n_connections, sizeof(connections[0]),
	      compare_connections);
	ports->rows = calloc(count_pairs(count), sizeof(ports->rows[0]));
	if (ports->rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count->n_connections; i++) {
		if (i == 0 || compare_pairs(&connections[i - 1], &connections[i]) != 0)
			begin_row(ports, &connections[i]);
		else if (connections[i - 1].local.port == connections[i].local.port)
			continue;
		count_connection(ports, count, &connections[i]);
	}
	qsort(ports->rows, ports->state.n_pairs, sizeof(ports->rows[0]), compare_rows);
	return 0;
}

/* ---- the settings ---- */

static int read_settings(struct count *count, struct midair_ports_state *state)
{
	int timestamps = 1;
	int result = port_range_read(&count->range);

	if (result != 0)
		return result;
	/* A kernel without the list reserves nothing. */
	result = port_range_read_reserved(&count->reserved);
	if (result != 0 && result != -ENOENT)
		return result;
	*state = (struct midair_ports_state){
		.first_port = count->range.first,
		.last_port = count->range.last,
		.n_reserved = port_set_count(&count->reserved, &count->range),
		.time_wait_reuse = -1,
	};
	state->pool_size =
		(uint32_t)count->range.last - count->range.first + 1 - state->n_reserved;
	(void)port_range_read_setting("tcp_tw_reuse", &state->time_wait_reuse);
	(void)port_range_read_setting("tcp_timestamps", &timestamps);
	state->has_timestamps = timestamps != 0;
	return 0;
}

static int fill(struct midair_ports *ports, struct count *count)
{
	int result = read_settings(count, &ports->state);

	if (result == 0)
		result = look_again(count);
	if (result != 0)
		return result;
	ports->state.n_in_use = port_set_count(&count->in_use, &count->range);
	ports->state.n_locked = port_set_count(&count->locked, &count->range);
	return count_rows(ports, count);
}

int midair_ports_open(struct midair_ports **ports, const struct midair_endpoint *to)
{
	struct midair_endpoint destination = {.family = MIDAIR_FAMILY_NONE};
	struct midair_ports *opened = calloc(1, sizeof(*opened));
	struct count *count = calloc(1, sizeof(*count));
	int result = -ENOMEM;

	if (opened != NULL && count != NULL) {
		if (to != NULL) {
			destination = *to;
			endpoint_unmap(&destination);
			count->to = &destination;
		}
		result = fill(opened, count);
	}
	if (count != NULL)
		free(count->connections);
	free(count);
	if (result == 0)
		*ports = opened;
	else
		midair_ports_free(opened);
	return result;
}

void midair_ports_read(const struct midair_ports *ports, struct midair_ports_state *state)
{
	*state = ports->state;
}

int midair_ports_next(struct midair_ports *ports, struct midair_ports_row *row)
{
	if (ports->next == ports->state.n_pairs)
		return MIDAIR_E_END;
	*row = ports->rows[ports->next++];
	return 0;
}

struct midair_ports *midair_ports_free(struct midair_ports *ports)
{
	if (ports != NULL)
		free(ports->rows);
	free(ports);
	return NULL;
}
