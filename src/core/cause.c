/* SPDX-License-Identifier: MIT */
#include "core/cause.h"

#include <string.h>

#include "core/endpoint.h"

/* TIME_WAIT lasts 60 s (TCP_TIMEWAIT_LEN), and the kernel's own choice takes a pair again in the
 * second after the last segment at the earliest. */
#define TIME_WAIT_MS	   60000
#define TIME_WAIT_SHORT_MS 1000

static const char *const cause_names[] = {
#define CAUSE_NAME(constant, value, name, text, remedy) [constant] = name,
	MIDAIR_CAUSES(CAUSE_NAME)
#undef CAUSE_NAME
};

#define CAUSE_COUNT(constant, value, name, text, remedy) +1
_Static_assert(MIDAIR_CAUSE_UNKNOWN + 1 == 0 MIDAIR_CAUSES(CAUSE_COUNT),
	       "causes must count up from 0 without a gap, in order");
#undef CAUSE_COUNT

const char *midair_cause_name(enum midair_cause cause)
{
	if (cause < MIDAIR_CAUSE_NONE || cause > MIDAIR_CAUSE_UNKNOWN)
		return "unknown";
	return cause_names[cause];
}

/* An "any" address of IPv6 takes IPv4 as well unless the socket is for IPv6 only. */
static bool covers(const struct midair_endpoint *wide, bool is_ipv6_only,
		   const struct midair_endpoint *other)
{
	if (!endpoint_is_unspecified(wide))
		return false;
	return wide->family == other->family || (wide->family == MIDAIR_IPV6 && !is_ipv6_only);
}

static bool overlap(const struct cause_facts *facts, const struct cause_socket *socket)
{
	const struct midair_endpoint *ours = &facts->bound;
	const struct midair_endpoint *theirs = &socket->row.local;
	bool is_ipv6_only = (facts->flags & MIDAIR_WHY_IPV6_ONLY) != 0;

	if (ours->port != theirs->port)
		return false;
	return midair_endpoint_equal(ours, theirs) || covers(ours, is_ipv6_only, theirs) ||
	       covers(theirs, socket->row.is_ipv6_only, ours);
}

uint32_t cause_remaining_ms(const struct midair_row *row)
{
	return row->timer == MIDAIR_TIMER_TIME_WAIT ? row->timer_ms : 0;
}

/* The small socket that the kernel keeps when the real one is gone has no user. */
static bool has_user(const struct midair_row *row)
{
	return row->state != MIDAIR_TCP_TIME_WAIT && row->timer != MIDAIR_TIMER_TIME_WAIT;
}

bool cause_is_other_user(const struct cause_facts *facts, const struct cause_socket *socket)
{
	return has_user(&socket->row) && socket->row.uid != facts->uid;
}

/* What sk_reuse and sk_reuseport are to the kernel (inet_bind_conflict): a listener shares by
 * SO_REUSEPORT alone, and that one only within a user. */
static bool shares_with_options(const struct cause_facts *facts,
				const struct cause_socket *socket, uint32_t their_options)
{
	uint32_t common = facts->flags & their_options;

	if ((common & MIDAIR_WHY_REUSEADDR) != 0 && socket->row.state != MIDAIR_TCP_LISTEN)
		return true;
	return (common & MIDAIR_WHY_REUSEPORT) != 0 && !cause_is_other_user(facts, socket);
}

enum cause_conflict cause_conflict(const struct cause_facts *facts,
				   const struct cause_socket *socket)
{
	uint32_t options = socket->has_options ? socket->options : CAUSE_REUSE_FLAGS;

	if (!overlap(facts, socket))
		return CAUSE_SHARES;
	if (!shares_with_options(facts, socket, options))
		return CAUSE_CONFLICTS;
	return socket->has_options ? CAUSE_SHARES : CAUSE_MAY_CONFLICT;
}

bool cause_locks_port(const struct midair_row *row)
{
	return row->state == MIDAIR_TCP_LISTEN || row->state == MIDAIR_TCP_BOUND_INACTIVE;
}

uint32_t cause_rank(const struct cause_facts *facts, const struct cause_socket *socket)
{
	uint32_t rank;

	/* Whether a connected socket got its port by bind() is nowhere to be seen. */
	if (facts->port == CAUSE_PORT_PINNED)
		rank = cause_locks_port(&socket->row) ? CAUSE_CONFLICTS : CAUSE_MAY_CONFLICT;
	else
		rank = (uint32_t)cause_conflict(facts, socket);
	if (rank == 0)
		return 0;
	/* What stays stands before what passes. */
	if (socket->row.state == MIDAIR_TCP_LISTEN)
		return rank * 4 + 3;
	if (socket->row.state == MIDAIR_TCP_BOUND_INACTIVE)
		return rank * 4 + 2;
	return rank * 4 + (socket->row.inode != 0 ? 1 : 0);
}

static bool is_loopback(const struct midair_endpoint *endpoint)
{
	static const uint8_t one[16] = {[15] = 1};

	if (endpoint->family == MIDAIR_IPV4)
		return endpoint->address[0] == 127;
	return memcmp(endpoint->address, one, sizeof(one)) == 0;
}

bool cause_is_reusable(const struct cause_facts *facts, const struct cause_socket *socket)
{
	uint32_t remaining_ms = cause_remaining_ms(&socket->row);
	/* 2 is "only on the loopback interface" (the default since Linux 4.19). */
	bool is_switched_on =
		facts->time_wait_reuse == 1 ||
		(facts->time_wait_reuse == 2 &&
		 (is_loopback(&socket->row.local) || is_loopback(&socket->row.remote)));

	if (has_user(&socket->row) || !facts->has_timestamps)
		return false;
	/* Timestamps tell old segments from new ones, so with a port that was bound explicitly
	 * the kernel takes the pair again at once, in TIME_WAIT and in FIN_WAIT2. */
	if (facts->port == CAUSE_PORT_EXPLICIT)
		return true;
	return is_switched_on && socket->row.state == MIDAIR_TCP_TIME_WAIT &&
	       remaining_ms != 0 && remaining_ms <= TIME_WAIT_MS - TIME_WAIT_SHORT_MS;
}

bool cause_is_out_of_range(const struct cause_facts *facts)
{
	return facts->port == CAUSE_PORT_PINNED &&
	       (facts->bound.port < facts->first_port || facts->bound.port > facts->last_port);
}

bool cause_is_decided(const struct cause_facts *facts)
{
	return facts->has_tuple && !cause_is_out_of_range(facts) &&
	       !cause_is_reusable(facts, &facts->tuple);
}
