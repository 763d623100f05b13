/* SPDX-License-Identifier: MIT */
#include "lib/why_gather.h"

#include <errno.h>
#include <string.h>

#include "os/diag.h"
#include "os/kernel.h"
#include "os/port_range.h"
#include "os/port_trial.h"

/* The kernel may call a walk torn when sockets come and go; then it is done again. */
#define WHY_WALKS_MAX 3

#define HOLDING_STATES (DIAG_STATE(MIDAIR_TCP_LISTEN) | DIAG_STATE(MIDAIR_TCP_BOUND_INACTIVE))

/* Where a setting cannot be read the kernel's default is as good a guess as any. */
static void read_time_wait_settings(struct cause_facts *facts)
{
	int timestamps = 1;

	facts->time_wait_reuse = 2;
	(void)port_range_read_setting("tcp_timestamps", &timestamps);
	(void)port_range_read_setting("tcp_tw_reuse", &facts->time_wait_reuse);
	facts->has_timestamps = timestamps != 0;
}

int why_gather_tuple(struct cause_facts *facts)
{
	struct midair_row row;
	int result = diag_find(&facts->local, &facts->remote, &row);

	if (result != 0)
		return result == -ENOENT ? 0 : result;
	facts->has_tuple = true;
	facts->tuple = (struct cause_socket){.row = row};
	if (row.inode == 0)
		read_time_wait_settings(facts);
	return 0;
}

int why_gather_way(struct cause_facts *facts)
{
	struct port_way way;
	const struct midair_endpoint *remote =
		facts->call == CAUSE_CONNECT ? &facts->remote : NULL;
	int result = port_trial_way(&facts->bound, remote, &way);

	if (result != 0)
		return result;
	facts->address_result = way.address_result;
	facts->route_result = way.route_result;
	facts->local = way.source;
	return 0;
}

/* ---- holders of a port ---- */

struct holder_walk {
	const struct cause_facts *facts;
	struct why_holders *holders;
};

static int add_holder(void *context, const struct midair_row *row)
{
	struct holder_walk *walk = context;
	struct why_holders *holders = walk->holders;
	const struct cause_socket socket = {.row = *row};
	uint32_t rank = cause_rank(walk->facts, &socket);
	uint32_t at = holders->n_sockets;

	if (rank == 0)
		return 0;
	if (at == WHY_HOLDERS_MAX) {
		holders->n_left_out++;
		if (rank <= holders->ranks[--at])
			return 0;
	} else {
		holders->n_sockets++;
	}
	for (; at > 0 && holders->ranks[at - 1] < rank; at--) {
		holders->sockets[at] = holders->sockets[at - 1];
		holders->ranks[at] = holders->ranks[at - 1];
	}
	holders->sockets[at] = socket;
	holders->ranks[at] = rank;
	return 0;
}

/* Listening and bound sockets are few and found fast; when one of them is in the way for certain
 * the connections, of which there may be many, are not looked at. */
static int walk_holders(const struct cause_facts *facts, struct why_holders *holders)
{
	struct holder_walk walk = {.facts = facts, .holders = holders};
	struct diag_choice choice = {
		.states = HOLDING_STATES,
		.local_port = facts->bound.port,
	};
	int result;

	*holders = (struct why_holders){.n_sockets = 0};
	result = diag_walk_choice(&choice, add_holder, &walk);
	if (result != 0 || (holders->n_sockets > 0 && holders->ranks[0] >= CAUSE_RANK_CERTAIN))
		return result;
	choice.states = DIAG_STATES_ALL & ~HOLDING_STATES;
	return diag_walk_choice(&choice, add_holder, &walk);
}

int why_gather_holders(struct cause_facts *facts, struct why_holders *holders)
{
	int result = -EINTR;

	/* /proc/net/tcp never has them, sock_diag since Linux 6.8. */
	facts->is_blind_to_bound = diag_feature()[0] == '\0' || !kernel_is_at_least(6, 8);

	for (int i = 0; i < WHY_WALKS_MAX && result == -EINTR; i++)
		result = walk_holders(facts, holders);
	return result;
}

/* ---- the range ---- */

int why_gather_range(struct cause_facts *facts)
{
	struct port_range range;
	struct port_set reserved = {.bits = {0}};
	int result = port_range_read(&range);

	if (result == 0)
		result = port_range_read_reserved(&reserved);
	/* A kernel without the list reserves nothing. */
	if (result == -ENOENT)
		result = 0;
	if (result != 0)
		return result;
	facts->first_port = range.first;
	facts->last_port = range.last;
	facts->is_reserved = port_set_has(&reserved, facts->bound.port);
	facts->pool_size =
		(uint32_t)range.last - range.first + 1 - port_set_count(&reserved, &range);
	return 0;
}

/* ---- the pool ---- */

struct pool_walk {
	struct cause_facts *facts;
	struct port_set used;
	struct port_set locked;
	struct port_set reusable;
};

/* bind() with port 0 takes no port of which another socket has the same address, or any. */
static bool takes_bind_port(const struct cause_facts *facts, const struct cause_socket *socket)
{
	struct cause_facts same_port = *facts;

	same_port.bound.port = socket->row.local.port;
	same_port.flags &= ~CAUSE_REUSE_FLAGS;
	return cause_conflict(&same_port, socket) != CAUSE_SHARES;
}

static bool takes_connect_port(const struct cause_facts *facts,
			       const struct cause_socket *socket)
{
	struct midair_endpoint same_port = facts->local;

	same_port.port = socket->row.local.port;
	return midair_endpoint_equal(&same_port, &socket->row.local) &&
	       midair_endpoint_equal(&facts->remote, &socket->row.remote);
}

static int add_port(void *context, const struct midair_row *row)
{
	struct pool_walk *walk = context;
	const struct cause_facts *facts = walk->facts;
	const struct cause_socket socket = {.row = *row};
	uint16_t port = row->local.port;

	if (cause_locks_port(row) && facts->call == CAUSE_CONNECT) {
		port_set_add(&walk->locked, port);
		port_set_add(&walk->used, port);
	} else if (facts->call == CAUSE_CONNECT && takes_connect_port(facts, &socket)) {
		port_set_add(&walk->used, port);
		if (cause_is_reusable(facts, &socket))
			port_set_add(&walk->reusable, port);
	} else if (facts->call == CAUSE_BIND && takes_bind_port(facts, &socket)) {
		port_set_add(&walk->used, port);
		if (cause_locks_port(row))
			port_set_add(&walk->locked, port);
	}
	return 0;
}

/* Two walks for connect(): what leads to this destination, and what locks ports. */
static int walk_pool(struct pool_walk *walk)
{
	bool is_bind = walk->facts->call == CAUSE_BIND;
	const struct diag_choice users = {
		.states = is_bind ? DIAG_STATES_ALL : DIAG_STATES_ALL & ~HOLDING_STATES,
		.remote_port = is_bind ? 0 : walk->facts->remote.port,
	};
	const struct diag_choice holders = {.states = HOLDING_STATES};
	int result = diag_walk_choice(&users, add_port, walk);

	if (result == 0 && !is_bind)
		result = diag_walk_choice(&holders, add_port, walk);
	return result;
}

static int walk_pool_again(struct pool_walk *walk)
{
	int result = -EINTR;

	for (int i = 0; i < WHY_WALKS_MAX && result == -EINTR; i++) {
		*walk = (struct pool_walk){.facts = walk->facts};
		result = walk_pool(walk);
	}
	return result;
}

static uint32_t count_unreserved(struct port_set *set, const struct port_set *reserved,
				 const struct cause_facts *facts)
{
	const struct port_range range = {facts->first_port, facts->last_port};

	for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
		set->bits[i] &= ~reserved->bits[i];
	return port_set_count(set, &range);
}

int why_gather_pool(struct cause_facts *facts)
{
	struct pool_walk walk = {.facts = facts};
	struct port_set reserved = {.bits = {0}};
	int result = why_gather_range(facts);

	read_time_wait_settings(facts);
	if (result == 0)
		result = walk_pool_again(&walk);
	if (result != 0)
		return result;
	(void)port_range_read_reserved(&reserved);
	facts->pool_in_use = count_unreserved(&walk.used, &reserved, facts);
	facts->pool_locked = count_unreserved(&walk.locked, &reserved, facts);
	facts->pool_reusable = count_unreserved(&walk.reusable, &reserved, facts);
	return 0;
}
