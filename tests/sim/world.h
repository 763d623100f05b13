/* SPDX-License-Identifier: MIT */
/*
 * world: a small virtual internet. Each node is a host with a virtual kernel behind a box (the
 * real src/core/nat.c); two of them, a and b, run the real engine (src/core/session.c), the third
 * is an adversary without a box. Links delay, lose and reorder as the lab's wire does, by the
 * same code (lab/wire_shape.c). Nothing here sleeps: the clock jumps to what comes next.
 */
#ifndef MIDAIR_TESTS_SIM_WORLD_H
#define MIDAIR_TESTS_SIM_WORLD_H

#include "core/nat.h"
#include "core/scenario.h"
#include "core/session.h"
#include "lab/wire_shape.h"
#include "tests/sim/queue.h"
#include "tests/sim/shooter.h"
#include "tests/sim/tcp.h"
#include "tests/sim/trace.h"

enum { NODE_A, NODE_B, NODE_ADVERSARY, N_NODES };

#define N_CONNECTIONS (SESSION_CAUGHT_BASE + SESSION_CAUGHT_MAX)
#define N_LISTENERS   TCP_ADDRESSES

/* One running engine, and the glue between it and its kernel: what src/lib is in the real
 * program. */
struct player {
	bool is_playing;
	bool is_listening;
	struct session session;
	int sockets[N_CONNECTIONS]; /* in the kernel; TCP_NO_SOCKET: none */
	int listeners[N_LISTENERS];
	uint16_t port;
	uint64_t start_ns;
	uint64_t latency_ns;	 /* from a socket's change to the engine's hearing of it */
	uint64_t fixed_pause_ns; /* for ablation: replaces every redial's pause; 0 for none */
	bool is_woken;		 /* a WAKE is on its way */
	/* of an authenticated session */
	bool is_server; /* role A */
	uint16_t key;
	bool is_proving[N_CONNECTIONS];
	bool is_hasty; /* for ablation: a server that answers whatever proves itself */
	struct midair_endpoint candidates[SESSION_PATHS_MAX];
	size_t n_candidates;
	/* what came of it */
	struct midair_event end; /* CONNECTED or FAILED; type NONE: not over */
	uint64_t end_ns;
	int adopted; /* socket */
	uint32_t adopted_iss, adopted_irs;
	bool was_lost; /* the peer reset the adopted connection */
	uint32_t n_ends;
	uint32_t n_adopted;
	uint32_t n_dials;
	uint32_t n_landed;
	uint32_t n_strangers;
	uint32_t n_unproven;
	bool has_doubled; /* two SYNs for one 4-tuple */
	/* a leaky bucket that watches the redial limit */
	uint64_t bucket_ns;
	int64_t bucket;
	bool is_too_fast;
	bool is_overfull; /* one event led to SESSION_ACTIONS_MAX actions */
};

struct node {
	const char *name;
	struct nat_behavior behavior;
	struct nat *nat;			     /* memory is the world's */
	struct midair_endpoint outer[TCP_ADDRESSES]; /* what others dial; port 0 */
	struct tcp_host tcp;
	struct player player;
	struct shooter *shooter; /* NULL: the session alone */
	struct world *world;
	uint32_t number;
};

struct adversary {
	uint32_t victim;
	uint64_t pause_ns; /* between its packets; 0: there is none */
	uint64_t until_ns;
	enum adversary_kind {
		ADVERSARY_STRANGER, /* connects to the victim's port */
		ADVERSARY_RESETS,   /* forges RST-ACKs from the peer, with a wrong number */
		ADVERSARY_ERRORS,   /* forges ICMP errors about the victim's SYN, likewise */
		ADVERSARY_ROUTER,   /* a router's honest ICMP errors about SYNs: on the way */
		N_ADVERSARY_KINDS,
	} kind;
	/* What it says on its connections. */
	enum adversary_speech {
		SPEECH_NONE,
		SPEECH_HELLO, /* as the peer would, with another key */
		SPEECH_ECHO,  /* what it has heard */
		N_SPEECHES,
	} speech;
	uint32_t n_sent;
};

struct world {
	uint64_t now_ns;
	struct random random;
	struct queue queue;
	struct wire_shaper links[N_NODES][N_NODES];
	struct node nodes[N_NODES];
	struct adversary adversary;
	uint32_t n_events;
	bool is_overflowing; /* the queue was full: the world is no longer true */
	struct trace trace;
};

/* What a host is given to play. */
struct player_config {
	const struct midair_endpoint *peers;
	size_t n_peers;
	uint32_t flags; /* MIDAIR_NO_LISTEN, MIDAIR_ONCE, MIDAIR_ANY_PORT */
	uint16_t port;
	uint64_t start_ns;
	uint64_t wait_ns; /* the program runs, and listens, this long before it starts */
	uint64_t timeout_ns;
	/* The connection must prove itself; the two players' keys are the same, or not. */
	bool is_authenticated;
	bool is_server;
	uint16_t key;
	/* The first n_known of the peers are known at the start, the others candidates_ns later.
	 * 0 candidates_ns: all are known. */
	size_t n_known;
	uint64_t candidates_ns;
};

struct world *world_new(void);
struct world *world_free(struct world *world);

/* An empty world: three public hosts, no delay. */
void world_reset(struct world *world, uint64_t seed);
void world_set_box(struct world *world, uint32_t node, const struct nat_behavior *behavior);
void world_set_link(struct world *world, uint32_t from, uint32_t to,
		    const struct wire_direction *direction);
/* family: MIDAIR_IPV4 or MIDAIR_IPV6; the endpoint at which others dial the node. */
struct midair_endpoint world_outer(const struct world *world, uint32_t node,
				   enum midair_family family, uint16_t port);
/* The second IPv6 address. */
struct midair_endpoint world_second(const struct world *world, uint32_t node, uint16_t port);
/* The host's own address, behind its box. */
struct midair_endpoint world_inner(const struct world *world, uint32_t node,
				   enum midair_family family, uint16_t port);
void world_play(struct world *world, uint32_t node, const struct player_config *config);

/* Until a few seconds after both players are done, or until_ns. */
void world_run(struct world *world, uint64_t until_ns);

/* Both hold an end of one and the same connection. */
bool world_is_joined(const struct world *world);

/* ---- shared by the world's files only ------------------------------------------------------- */

void net_send(struct world *world, uint32_t from, const struct segment *segment);
void net_transit(struct world *world, uint32_t from, const struct segment *segment);
void net_arrive(struct world *world, const struct queue_item *item);
void net_wake(struct world *world, uint32_t node);
void world_put(struct world *world, const struct queue_item *item);

/* Opens the listeners, as the program does before it waits for the agreed instant. */
void player_prepare(struct node *node);
void player_start(struct node *node);
void player_candidates(struct node *node);
void player_wake(struct node *node);
void player_time(struct node *node);
uint64_t player_deadline(const struct player *player);
/* Makes an established socket one of the session's caught connections: returns its number; 0: it
 * was closed instead. */
uint32_t player_take(struct node *node, int number);

void adversary_step(struct world *world);
void adversary_wake(struct world *world);

/* The messages of a handshake, told apart by their length: the client's, and the server's. */
#define HELLO_BYTES  300u
#define FLIGHT_BYTES 400u

#endif
