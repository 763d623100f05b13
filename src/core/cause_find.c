/* SPDX-License-Identifier: MIT */
/* cause_find: from facts to the one cause and its words. */
#include "core/cause.h"
#include "core/cause_internal.h"
#include <errno.h>

struct cause_text {
	const char *text;
	const char *remedy;
};

static const struct cause_text cause_texts[] = {
#define CAUSE_TEXT(constant, value, name, text, remedy) [constant] = {text, remedy},
	MIDAIR_CAUSES(CAUSE_TEXT)
#undef CAUSE_TEXT
};

static void blame(struct midair_why *why, const struct cause_socket *socket)
{
	why->has_owner = true;
	why->owner = socket->row;
	why->remaining_ms = cause_remaining_ms(&socket->row);
}

void cause_set(struct midair_why *why, enum midair_cause cause)
{
	why->cause = cause;
	say(why->text, "%s", cause_texts[cause].text);
	say(why->remedy, "%s", cause_texts[cause].remedy);
}

const char *cause_option_names(uint32_t options)
{
	switch (options & CAUSE_REUSE_FLAGS) {
	case MIDAIR_WHY_REUSEADDR:
		return "SO_REUSEADDR";
	case MIDAIR_WHY_REUSEPORT:
		return "SO_REUSEPORT";
	case CAUSE_REUSE_FLAGS:
		return "SO_REUSEADDR and SO_REUSEPORT";
	default:
		return "no reuse option";
	}
}

/* ---- the pair of ends ---- */

static enum midair_cause cause_of_state(enum midair_tcp_state state)
{
	switch (state) {
	case MIDAIR_TCP_TIME_WAIT:
		return MIDAIR_CAUSE_TIME_WAIT;
	case MIDAIR_TCP_FIN_WAIT1:
	case MIDAIR_TCP_FIN_WAIT2:
	case MIDAIR_TCP_CLOSING:
	case MIDAIR_TCP_LAST_ACK:
		return MIDAIR_CAUSE_FIN_WAIT;
	case MIDAIR_TCP_LISTEN:
		return MIDAIR_CAUSE_LISTENER;
	case MIDAIR_TCP_BOUND_INACTIVE:
	case MIDAIR_TCP_CLOSE:
		return MIDAIR_CAUSE_BOUND_UNSEEN;
	case MIDAIR_TCP_ESTABLISHED:
	case MIDAIR_TCP_SYN_SENT:
	case MIDAIR_TCP_SYN_RECV:
	case MIDAIR_TCP_NEW_SYN_RECV:
	case MIDAIR_TCP_CLOSE_WAIT:
		return MIDAIR_CAUSE_TUPLE_LIVE;
	}
	return MIDAIR_CAUSE_UNKNOWN;
}

static void say_time_wait_of_pair(const struct cause_facts *facts, struct midair_why *why)
{
	say(why->text, "a closed connection between exactly these two ends is in TIME_WAIT");
	if (!facts->has_timestamps)
		say(why->remedy, "wait, use another local port, or switch "
				 "net.ipv4.tcp_timestamps on: then it can be taken again");
	else if (facts->port == CAUSE_PORT_PINNED)
		say(why->remedy, "bind the port explicitly with SO_REUSEPORT, which takes it "
				 "at once; or set net.ipv4.tcp_tw_reuse=1, or wait");
}

static void find_in_tuple(const struct cause_facts *facts, struct midair_why *why)
{
	cause_set(why, cause_of_state(facts->tuple.row.state));
	blame(why, &facts->tuple);
	if (why->cause == MIDAIR_CAUSE_TIME_WAIT)
		say_time_wait_of_pair(facts, why);
	if (why->cause == MIDAIR_CAUSE_TUPLE_LIVE &&
	    midair_endpoint_equal(&facts->local, &facts->remote))
		say(why->text, "a socket is connected to itself on this port");
}

/* ---- the other holders of an explicit port ---- */

/* Another user's socket lets SO_REUSEADDR share where SO_REUSEPORT does not. */
static bool is_user_the_obstacle(const struct cause_facts *facts)
{
	const struct cause_socket *holder = &facts->holder;

	return cause_is_other_user(facts, holder) &&
	       (facts->flags & MIDAIR_WHY_REUSEPORT) != 0 &&
	       (!holder->has_options || (holder->options & MIDAIR_WHY_REUSEPORT) != 0);
}

static void say_option_missing(const struct cause_facts *facts, struct midair_why *why)
{
	const struct cause_socket *holder = &facts->holder;

	cause_set(why, MIDAIR_CAUSE_OPTION_MISSING);
	if (holder->has_options) {
		say(why->text, "the %s socket that holds the port has %s, ours %s",
		    midair_tcp_state_name(holder->row.state),
		    cause_option_names(holder->options), cause_option_names(facts->flags));
		return;
	}
	if (facts->was_tried) {
		say(why->text, "a %s socket holds the port and lacks %s: so the try says",
		    midair_tcp_state_name(holder->row.state), cause_option_names(facts->flags));
		return;
	}
	say(why->text,
	    "a %s socket holds the port, and whether it has %s like ours cannot be seen",
	    midair_tcp_state_name(holder->row.state), cause_option_names(facts->flags));
	say(why->remedy, "set the option on the other socket too; midair why --try, or root, "
			 "tells whether it has it");
}

static bool is_option_the_obstacle(const struct cause_facts *facts)
{
	const struct cause_socket *holder = &facts->holder;
	uint32_t ours = facts->flags & CAUSE_REUSE_FLAGS;

	/* Nobody can set an option on a socket that no process holds. */
	if (holder->row.inode == 0 || ours == 0)
		return false;
	/* With a listener SO_REUSEADDR is of no use, whoever has it. */
	if (holder->row.state == MIDAIR_TCP_LISTEN)
		ours &= MIDAIR_WHY_REUSEPORT;
	if (ours == 0)
		return false;
	return !holder->has_options || (holder->options & ours) == 0;
}

static void say_held(const struct cause_facts *facts, struct midair_why *why)
{
	const struct midair_row *row = &facts->holder.row;
	char held[MIDAIR_ENDPOINT_TEXT_SIZE];
	bool is_elsewhere = !midair_endpoint_equal(&row->local, &facts->bound);
	enum midair_cause cause = cause_of_state(row->state);

	/* The pair is free, so a live connection is to another destination. */
	if (cause == MIDAIR_CAUSE_TUPLE_LIVE)
		cause = MIDAIR_CAUSE_PORT_LOCKED;
	cause_set(why, cause);
	midair_endpoint_format(&row->local, held);
	switch (row->state) {
	case MIDAIR_TCP_TIME_WAIT:
	case MIDAIR_TCP_FIN_WAIT1:
	case MIDAIR_TCP_FIN_WAIT2:
	case MIDAIR_TCP_CLOSING:
	case MIDAIR_TCP_LAST_ACK:
		say(why->text, "a closed connection in %s holds the port",
		    midair_tcp_state_name(row->state));
		say(why->remedy, "set SO_REUSEADDR or SO_REUSEPORT before bind() on every "
				 "socket of this port, or wait");
		break;
	case MIDAIR_TCP_LISTEN:
		if (is_elsewhere)
			say(why->text,
			    "a listening socket holds the port on %s, which covers "
			    "this address",
			    held);
		break;
	case MIDAIR_TCP_BOUND_INACTIVE:
	case MIDAIR_TCP_CLOSE:
		break;
	case MIDAIR_TCP_ESTABLISHED:
	case MIDAIR_TCP_SYN_SENT:
	case MIDAIR_TCP_SYN_RECV:
	case MIDAIR_TCP_NEW_SYN_RECV:
	case MIDAIR_TCP_CLOSE_WAIT:
		say(why->text, "a connection to another destination (%s) holds the port",
		    midair_tcp_state_name(row->state));
		break;
	}
}

void cause_find_in_holder(const struct cause_facts *facts, struct midair_why *why)
{
	if (is_user_the_obstacle(facts)) {
		cause_set(why, MIDAIR_CAUSE_OTHER_USER);
		if (facts->holder.row.state != MIDAIR_TCP_LISTEN)
			say(why->remedy, "run both as one user, use another port, or set "
					 "SO_REUSEADDR on both, which also lets strangers in");
	} else if (is_option_the_obstacle(facts)) {
		say_option_missing(facts, why);
	} else {
		say_held(facts, why);
	}
	blame(why, &facts->holder);
}

static void say_blind(struct midair_why *why)
{
	say(why->text,
	    "nothing stands in the way, unless a socket that is only bound holds the "
	    "port: this kernel or build does not show those, a try tells");
}

/* ---- a pinned port ---- */

static void find_in_pin(const struct cause_facts *facts, struct midair_why *why)
{
	char held[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (cause_is_out_of_range(facts)) {
		cause_set(why, MIDAIR_CAUSE_OUT_OF_RANGE);
		say(why->text,
		    "the port is outside net.ipv4.ip_local_port_range (%u-%u): the kernel "
		    "ignores the pin and takes another port",
		    facts->first_port, facts->last_port);
	} else if (facts->is_reserved) {
		cause_set(why, MIDAIR_CAUSE_RESERVED);
	} else if (facts->has_holder && !cause_locks_port(&facts->holder.row)) {
		say(why->text,
		    "nothing stands in the way, unless the %s socket on this port got it by "
		    "bind()",
		    midair_tcp_state_name(facts->holder.row.state));
		blame(why, &facts->holder);
	} else if (facts->has_holder) {
		bool is_listener = facts->holder.row.state == MIDAIR_TCP_LISTEN;

		cause_set(why, MIDAIR_CAUSE_PORT_LOCKED);
		midair_endpoint_format(&facts->holder.row.local, held);
		say(why->text,
		    "%s on %s holds the port by bind(), on whatever address that hides it from "
		    "every automatic choice",
		    is_listener ? "a listener" : "a bound socket", held);
		say(why->remedy, "bind the port explicitly (with SO_REUSEPORT where the "
				 "addresses overlap), or pin another one");
		blame(why, &facts->holder);
	} else if (facts->is_blind_to_bound) {
		say_blind(why);
	}
}

/* ---- the kernel's choice ---- */

static void find_in_pool(const struct cause_facts *facts, struct midair_why *why)
{
	uint32_t percent =
		facts->pool_size == 0
			? 100
			: (uint32_t)(UINT64_C(100) * facts->pool_in_use / facts->pool_size);

	why->pool_in_use = facts->pool_in_use;
	why->pool_size = facts->pool_size;
	why->is_past_cliff = UINT64_C(2) * facts->pool_in_use >= facts->pool_size;
	if (facts->pool_in_use - facts->pool_reusable >= facts->pool_size) {
		cause_set(why, MIDAIR_CAUSE_POOL_FULL);
		say(why->text,
		    "%u of the %u ports from %u to %u are in use%s, %u of them held by bind()",
		    facts->pool_in_use, facts->pool_size, facts->first_port, facts->last_port,
		    facts->call == CAUSE_BIND ? "" : " to this destination",
		    facts->pool_locked);
		if (facts->call == CAUSE_BIND)
			say(why->remedy,
			    "do not bind a port for outgoing connections "
			    "(IP_BIND_ADDRESS_NO_PORT): connect() needs one per destination");
		return;
	}
	say(why->text, "nothing stands in the way: %u of %u ports in use%s, %u %%%s",
	    facts->pool_in_use, facts->pool_size,
	    facts->call == CAUSE_BIND ? "" : " to this destination", percent,
	    why->is_past_cliff ? ", past the half after which each choice walks over used ports"
			       : "");
	if (why->is_past_cliff)
		say(why->remedy, "hand out the ports yourself (a free list and SO_REUSEPORT), "
				 "add source addresses, or widen net.ipv4.ip_local_port_range");
}

/* Of a socket that no process holds the options are nowhere to be seen; but one program usually
 * sets the same ones each time. */
static void pass_holder(const struct cause_facts *facts, struct midair_why *why)
{
	blame(why, &facts->holder);
	say(why->text,
	    "nothing stands in the way, if the %s socket on this port, which no process holds "
	    "any more, had %s as well",
	    midair_tcp_state_name(facts->holder.row.state), cause_option_names(facts->flags));
}

static void find_in_explicit(const struct cause_facts *facts, struct midair_why *why)
{
	if (facts->has_holder && facts->conflict == CAUSE_MAY_CONFLICT &&
	    facts->holder.row.inode == 0)
		pass_holder(facts, why);
	else if (facts->has_holder)
		cause_find_in_holder(facts, why);
	else if (facts->is_blind_to_bound)
		say_blind(why);
	else if (facts->n_not_looked_at > 0)
		say(why->text,
		    "nothing stands in the way, unless one of %u further holders of the port "
		    "lacks %s",
		    facts->n_not_looked_at, cause_option_names(facts->flags));
}

/* ---- all together ---- */

static void find_in_port(const struct cause_facts *facts, struct midair_why *why)
{
	switch (facts->port) {
	case CAUSE_PORT_CHOSEN:
		find_in_pool(facts, why);
		break;
	case CAUSE_PORT_PINNED:
		find_in_pin(facts, why);
		break;
	case CAUSE_PORT_EXPLICIT:
		find_in_explicit(facts, why);
		break;
	}
}

static void find_untried(const struct cause_facts *facts, struct midair_why *why)
{
	cause_set(why, MIDAIR_CAUSE_NONE);
	if (cause_is_decided(facts)) {
		find_in_tuple(facts, why);
	} else if (facts->address_result != 0) {
		cause_set(why, MIDAIR_CAUSE_NOT_LOCAL);
	} else if (facts->route_result != 0) {
		cause_set(why, MIDAIR_CAUSE_NO_ROUTE);
		say(why->text, "there is no route to the destination: %s",
		    midair_strerror(facts->route_result));
	} else if (facts->is_forbidden) {
		cause_set(why, MIDAIR_CAUSE_NO_PERMISSION);
	} else {
		find_in_port(facts, why);
	}
}

void cause_find(const struct cause_facts *facts, struct midair_why *why)
{
	*why = (struct midair_why){.cause = MIDAIR_CAUSE_NONE};
	find_untried(facts, why);
	if (facts->was_tried)
		cause_compare(facts, why);
}
