/* SPDX-License-Identifier: MIT */
/*
 * cause: why a bind() or a connect() cannot have its local port, decided from gathered facts.
 *
 * Theory of operation
 *
 * A TCP port is held by every socket that was bound to it or connects from it. bind() looks at
 * the other holders and their reuse options, connect() at the one that has the same pair of
 * ends, and the kernel's own choice of a port at both (an explicitly bound port is never
 * chosen). The facts are gathered in this order and only as far as they are needed:
 *
 *	0. a pinned port: the range
 *	1. the socket with exactly the same pair of ends (a look-up, no dump)
 *	2. address, route, permission
 *	3. an explicit port: the other holders of that port
 *	   a pinned port: the reserved ports, explicit holders
 *	   no port: how many ports of the range are taken
 *
 * cause_is_decided() tells after each step whether what is known is enough.
 */
#ifndef MIDAIR_CORE_CAUSE_H
#define MIDAIR_CORE_CAUSE_H

#include "midair/midair.h"

/* Both reuse options. */
#define CAUSE_REUSE_FLAGS (MIDAIR_WHY_REUSEADDR | MIDAIR_WHY_REUSEPORT)

enum cause_call {
	CAUSE_BIND,
	CAUSE_CONNECT, /* an explicit bind before it is included */
};

/* How the local port is come by. */
enum cause_port {
	CAUSE_PORT_CHOSEN,   /* by the kernel */
	CAUSE_PORT_EXPLICIT, /* by bind() */
	CAUSE_PORT_PINNED,   /* by IP_LOCAL_PORT_RANGE with one port */
};

/* A socket that is there already. */
struct cause_socket {
	struct midair_row row;
	bool has_options; /* the next is known */
	uint32_t options; /* of CAUSE_REUSE_FLAGS */
};

/* What a holder of the port does to another bind(). */
enum cause_conflict {
	CAUSE_SHARES,	    /* nothing */
	CAUSE_MAY_CONFLICT, /* depends on its options, which are not known */
	CAUSE_CONFLICTS,
};

struct cause_facts {
	enum cause_call call;
	enum cause_port port;
	struct midair_endpoint bound; /* what bind() is given */
	struct midair_endpoint local; /* the same, with the route's choice for no address */
	struct midair_endpoint remote;
	uint32_t flags;
	uint32_t uid;
	int address_result; /* 0, or -EADDRNOTAVAIL: the address is not ours */
	int route_result;   /* 0 or -errno of the route */
	bool is_forbidden;  /* a privileged port */

	bool has_tuple;
	struct cause_socket tuple;
	bool has_timestamps; /* net.ipv4.tcp_timestamps */
	int time_wait_reuse; /* net.ipv4.tcp_tw_reuse */

	bool has_holder; /* the worst of the port's holders */
	struct cause_socket holder;
	enum cause_conflict conflict;
	bool is_blind_to_bound;	  /* sockets that are only bound are not shown */
	uint32_t n_not_looked_at; /* further holders, whose options nobody asked for */

	uint16_t first_port; /* net.ipv4.ip_local_port_range */
	uint16_t last_port;
	bool is_reserved;
	uint32_t pool_size; /* ports of the range that are not reserved */
	uint32_t pool_in_use;
	uint32_t pool_locked;	/* of those: held by bind() */
	uint32_t pool_reusable; /* of those: in TIME_WAIT and given out again */

	bool was_tried;
	int tried_result;	/* 0 or -errno */
	uint16_t tried_port;	/* the local port that a successful try had */
	uint32_t helpful_flags; /* reuse options that made a failed bind() work; 0: none did */
};

/* Whether a bind() with these flags by uid to local can share the port with the socket. Looks at
 * address, state, options and user. */
enum cause_conflict cause_conflict(const struct cause_facts *facts,
				   const struct cause_socket *socket);

/* For choosing which of several holders to tell about: the larger the worse. 0: none. */
#define CAUSE_RANK_CERTAIN (4u * CAUSE_CONFLICTS)
uint32_t cause_rank(const struct cause_facts *facts, const struct cause_socket *socket);

/* Whether the socket belongs to another user than the one who asks. */
bool cause_is_other_user(const struct cause_facts *facts, const struct cause_socket *socket);

/* A holder because of which the kernel never chooses the port by itself. */
bool cause_locks_port(const struct midair_row *row);

/* Until a closed socket is gone; 0: unknown. */
uint32_t cause_remaining_ms(const struct midair_row *row);

/* Whether the pair's TIME_WAIT is no obstacle. */
bool cause_is_reusable(const struct cause_facts *facts, const struct cause_socket *socket);

/* A pin that the kernel ignores. */
bool cause_is_out_of_range(const struct cause_facts *facts);

/* Whether the exact pair alone (step 1) is the answer. */
bool cause_is_decided(const struct cause_facts *facts);

/* The answer: cause, texts, remaining_ms, the pool's numbers, the tried result, and the row of
 * the socket that stands in the way. */
void cause_find(const struct cause_facts *facts, struct midair_why *why);

#endif
