/* SPDX-License-Identifier: MIT */
/*
 * nat_table: the mappings and sessions of one NAT. Shared by nat*.c only.
 *
 * Theory of operation
 *
 * A mapping joins an inner endpoint to an outer one, for every remote (endpoint-independent),
 * for one remote address or for one remote endpoint. A session is one connection through a
 * mapping; a mapping lives as long as its last session. Both live in fixed arrays; five hash
 * indexes find them, so a look-up does not depend on how many there are.
 */
#ifndef MIDAIR_CORE_NAT_TABLE_H
#define MIDAIR_CORE_NAT_TABLE_H

#include "core/nat.h"

/* A power of two. */
#define NAT_BUCKETS 4096u
#define NAT_NOBODY  UINT16_MAX

/* Chains of item numbers; what a hash stands for is the caller's business. */
struct nat_index {
	uint16_t heads[NAT_BUCKETS];
	struct {
		uint16_t next;
		uint16_t previous;
	} links[NAT_SESSIONS_MAX];
};

/* Item numbers: freed ones first, then those never used, so that init need not touch them. */
struct nat_pool {
	uint16_t free[NAT_SESSIONS_MAX];
	uint16_t n_free;
	uint16_t n_ever;
};

enum nat_tcp_state {
	NAT_TCP_SYN_SENT,     /* the opener's SYN, no answer */
	NAT_TCP_SYNS_CROSSED, /* a SYN from each side */
	NAT_TCP_SYN_RECEIVED, /* a SYN-ACK from either side */
	NAT_TCP_ESTABLISHED,
	NAT_TCP_CLOSING, /* a FIN from either side */
	NAT_TCP_CLOSED,	 /* a RST after an answer */
};

struct nat_port_mapping {
	struct midair_endpoint inner;
	struct midair_endpoint outer;
	struct midair_endpoint
		remote; /* what it depends on: nothing, an address, an endpoint */
	uint16_t n_sessions;
};

/* What one side of a session has sent, for the checks that keep blind packets out. */
struct nat_sender {
	bool has_sent;
	bool has_finished;
	uint32_t syn_sequence;
	uint32_t end_sequence; /* the next expected */
};

struct nat_session {
	struct midair_endpoint inner;
	struct midair_endpoint outer;
	struct midair_endpoint remote;
	struct nat_sender senders[2]; /* by enum nat_direction */
	uint64_t expires_ns;
	enum nat_tcp_state state;
	enum nat_direction opener;
	bool is_live;
	uint16_t mapping;
};

struct nat_table {
	uint64_t hash_seed;
	uint64_t earliest_ns; /* no session expires before */
	uint32_t n_sessions;
	uint16_t last_port;	/* of sequential allocation; 0 before the first */
	uint64_t background_ns; /* when another host gets its next port */
	struct random random;
	struct nat_pool session_numbers;
	struct nat_pool mapping_numbers;
	struct nat_index sessions_by_inner;   /* inner, remote */
	struct nat_index sessions_by_outer;   /* outer, remote */
	struct nat_index sessions_by_address; /* outer, remote without its port */
	struct nat_index mappings_by_inner;   /* inner, what it depends on */
	struct nat_index mappings_by_outer;   /* outer */
	struct nat_session sessions[NAT_SESSIONS_MAX];
	struct nat_port_mapping mappings[NAT_SESSIONS_MAX];
};

void nat_table_init(struct nat_table *table, uint64_t seed);

/* Ends the sessions whose time has passed. */
void nat_table_expire(struct nat_table *table, uint64_t now_ns);

struct nat_session *nat_table_find_outbound(struct nat_table *table,
					    const struct midair_endpoint *inner,
					    const struct midair_endpoint *remote);
struct nat_session *nat_table_find_inbound(struct nat_table *table,
					   const struct midair_endpoint *outer,
					   const struct midair_endpoint *remote);

/* The mapping whose filter lets a new remote in, or NULL. */
struct nat_port_mapping *nat_table_find_open(struct nat_table *table,
					     enum nat_filtering filtering,
					     const struct midair_endpoint *outer,
					     const struct midair_endpoint *remote);

/* A new session outward, through an old mapping or a new one. external: the outer address, or
 * family NONE to keep the inner endpoint. NULL when the table or the ports are used up. */
struct nat_session *nat_table_open(struct nat_table *table, const struct nat_behavior *behavior,
				   const struct midair_endpoint *external,
				   const struct midair_endpoint *inner,
				   const struct midair_endpoint *remote);

/* A new session inward through a mapping that nat_table_find_open() gave. NULL when full. */
struct nat_session *nat_table_admit(struct nat_table *table, struct nat_port_mapping *mapping,
				    const struct midair_endpoint *remote);

void nat_table_close(struct nat_table *table, struct nat_session *session);

/* Must be told of every change of expires_ns. */
void nat_table_set_expiry(struct nat_table *table, struct nat_session *session,
			  uint64_t expires_ns);

static inline bool nat_same_address(const struct midair_endpoint *a,
				    const struct midair_endpoint *b)
{
	struct midair_endpoint x = *a;

	x.port = b->port;
	return midair_endpoint_equal(&x, b);
}

#endif
