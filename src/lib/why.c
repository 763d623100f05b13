/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * core/cause.c decides, why_gather.c asks the kernel, cheapest question first; this file puts
 * the questions in order and stops when the answer is known. A pair that exists is answered by
 * one look-up. Only then come the holders of the port or the fill of the pool, which walk the
 * kernel's tables, and only when it is asked for the processes and the real try.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/cause.h"
#include "core/endpoint.h"
#include "lib/why_gather.h"
#include "os/owner.h"
#include "os/port_range.h"
#include "os/port_trial.h"
#include "os/reuse_flags.h"

#define KNOWN_FLAGS                                                                            \
	(MIDAIR_WHY_TRY | MIDAIR_WHY_PROCESS | MIDAIR_WHY_REUSEADDR | MIDAIR_WHY_REUSEPORT |   \
	 MIDAIR_WHY_IPV6_ONLY | MIDAIR_WHY_PIN)

/* ---- owners ---- */

/* The rows that want an owner. */
struct naming {
	struct midair_row *rows[WHY_HOLDERS_MAX + 1];
	size_t n_rows;
	size_t n_unnamed;
};

static void want_name(struct naming *naming, struct midair_row *row)
{
	if (row->inode == 0)
		return;
	naming->rows[naming->n_rows++] = row;
	naming->n_unnamed++;
}

/* The first process that has a socket is the one with the lowest pid. */
static int take_name(void *context, uint64_t inode, const struct owner_process *process)
{
	struct naming *naming = context;

	for (size_t i = 0; i < naming->n_rows; i++) {
		struct midair_row *row = naming->rows[i];

		if (row->inode != inode || row->pid != 0)
			continue;
		row->pid = process->pid;
		memcpy(row->process, process->name, sizeof(row->process));
		naming->n_unnamed--;
	}
	return naming->n_unnamed == 0 ? OWNER_VISIT_END : 0;
}

/* A holder shares or not by its options, which its process has to lend us. */
static void read_options(struct cause_socket *socket)
{
	const struct midair_row *row = &socket->row;

	if (row->pid == 0)
		return;
	socket->has_options =
		reuse_flags_read(row->pid, row->inode, row->cookie, &socket->options) == 0;
}

/* An answer without names is worth more than none: /proc may be missing. */
static void name_sockets(struct cause_facts *facts, struct why_holders *holders)
{
	struct naming naming = {.n_rows = 0};
	size_t n_hidden;

	if ((facts->flags & MIDAIR_WHY_PROCESS) == 0)
		return;
	if (facts->has_tuple)
		want_name(&naming, &facts->tuple.row);
	for (uint32_t i = 0; i < holders->n_sockets; i++)
		want_name(&naming, &holders->sockets[i].row);
	if (naming.n_rows == 0)
		return;
	(void)owner_visit(take_name, &naming, &n_hidden);
	for (uint32_t i = 0; i < holders->n_sockets; i++)
		read_options(&holders->sockets[i]);
}

/* With the options known some holders turn out to share; the worst of the others counts. */
static void choose_holder(struct cause_facts *facts, const struct why_holders *holders)
{
	uint32_t worst = 0;

	for (uint32_t i = 0; i < holders->n_sockets; i++) {
		const struct cause_socket *socket = &holders->sockets[i];
		uint32_t rank = cause_rank(facts, socket);

		if (rank <= worst)
			continue;
		worst = rank;
		facts->has_holder = true;
		facts->holder = *socket;
		facts->conflict = cause_conflict(facts, socket);
	}
	if (!facts->has_holder)
		facts->n_not_looked_at = holders->n_left_out;
}

/* ---- the order of the questions ---- */

static int gather_port(struct cause_facts *facts, struct why_holders *holders)
{
	int unprivileged_port = 1024;

	switch (facts->port) {
	case CAUSE_PORT_CHOSEN:
		return why_gather_pool(facts);
	case CAUSE_PORT_PINNED:
		return why_gather_holders(facts, holders);
	case CAUSE_PORT_EXPLICIT:
		break;
	}
	(void)port_range_read_setting("ip_unprivileged_port_start", &unprivileged_port);
	facts->is_forbidden =
		facts->bound.port < unprivileged_port && !port_trial_is_privileged();
	return why_gather_holders(facts, holders);
}

static int gather(struct cause_facts *facts, struct why_holders *holders)
{
	bool is_connect = facts->call == CAUSE_CONNECT;
	bool has_address = !endpoint_is_unspecified(&facts->bound);
	int result = 0;

	if (facts->port == CAUSE_PORT_PINNED)
		result = why_gather_range(facts);
	if (result == 0 && is_connect && !has_address)
		result = why_gather_way(facts);
	if (result == 0 && is_connect && facts->port != CAUSE_PORT_CHOSEN)
		result = why_gather_tuple(facts);
	if (result != 0 || cause_is_decided(facts))
		return result;
	if (!is_connect || has_address)
		result = why_gather_way(facts);
	if (result != 0 || facts->address_result != 0 || facts->route_result != 0)
		return result;
	return gather_port(facts, holders);
}

/* Which reuse options of ours would have let bind() succeed. */
static uint32_t find_helpful_flags(const struct cause_facts *facts)
{
	static const uint32_t choices[] = {
		MIDAIR_WHY_REUSEPORT,
		MIDAIR_WHY_REUSEADDR,
		MIDAIR_WHY_REUSEADDR | MIDAIR_WHY_REUSEPORT,
	};
	uint32_t others = facts->flags & ~CAUSE_REUSE_FLAGS;
	uint16_t port;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (port_trial_call(&facts->bound, NULL, others | choices[i], &port) == 0)
			return choices[i];
	}
	return 0;
}

static void try_really(struct cause_facts *facts)
{
	const struct midair_endpoint *remote =
		facts->call == CAUSE_CONNECT ? &facts->remote : NULL;

	facts->was_tried = true;
	facts->tried_result =
		port_trial_call(&facts->bound, remote, facts->flags, &facts->tried_port);
	if (facts->tried_result == -EADDRINUSE && facts->port == CAUSE_PORT_EXPLICIT)
		facts->helpful_flags = find_helpful_flags(facts);
}

static int answer(struct cause_facts *facts, struct midair_why *why)
{
	struct why_holders holders = {.n_sockets = 0};
	int result = gather(facts, &holders);

	if (result != 0)
		return result == -ENOENT || result == -EPROTONOSUPPORT ? MIDAIR_E_UNSUPPORTED
								       : result;
	name_sockets(facts, &holders);
	choose_holder(facts, &holders);
	if ((facts->flags & MIDAIR_WHY_TRY) != 0)
		try_really(facts);
	cause_find(facts, why);
	why->is_owner_hidden = why->has_owner && why->owner.inode != 0 && why->owner.pid == 0 &&
			       (facts->flags & MIDAIR_WHY_PROCESS) != 0;
	return 0;
}

/* Checks what the caller gave and fills the first facts. */
static int begin(struct cause_facts *facts, enum cause_call call,
		 const struct midair_endpoint *local, uint32_t flags)
{
	*facts = (struct cause_facts){
		.call = call,
		.bound = *local,
		.flags = flags,
		.uid = (uint32_t)geteuid(),
		.port = local->port == 0		? CAUSE_PORT_CHOSEN
			: (flags & MIDAIR_WHY_PIN) != 0 ? CAUSE_PORT_PINNED
							: CAUSE_PORT_EXPLICIT,
	};
	endpoint_unmap(&facts->bound);
	facts->local = facts->bound;
	if (facts->bound.family != MIDAIR_IPV4 && facts->bound.family != MIDAIR_IPV6)
		return MIDAIR_E_CONFIG;
	if ((flags & ~KNOWN_FLAGS) != 0)
		return MIDAIR_E_CONFIG;
	return (flags & MIDAIR_WHY_PIN) != 0 && (local->port == 0 || call == CAUSE_BIND)
		       ? MIDAIR_E_CONFIG
		       : 0;
}

int midair_why_connect(const struct midair_endpoint *local,
		       const struct midair_endpoint *remote, uint32_t flags,
		       struct midair_why *why)
{
	struct midair_endpoint from = {.family = MIDAIR_FAMILY_NONE};
	struct midair_endpoint to = *remote;
	struct cause_facts facts;

	endpoint_unmap(&to);
	if (local != NULL)
		from = *local;
	if (from.family == MIDAIR_FAMILY_NONE)
		from.family = to.family;
	int result = begin(&facts, CAUSE_CONNECT, &from, flags);
	facts.remote = to;
	if (result == 0 && (to.port == 0 || facts.bound.family != to.family))
		result = MIDAIR_E_CONFIG;
	return result != 0 ? result : answer(&facts, why);
}

int midair_why_bind(const struct midair_endpoint *local, uint32_t flags, struct midair_why *why)
{
	struct cause_facts facts;
	int result = begin(&facts, CAUSE_BIND, local, flags);

	return result != 0 ? result : answer(&facts, why);
}
