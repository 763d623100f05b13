/* SPDX-License-Identifier: MIT */
/*
 * pair_model: two real approaches, a modelled server and modelled connections, on a virtual clock.
 *
 * Keys are modelled: a share is the number of an exchange, a key is made of two numbers and the
 * word, and a sealed message is the key it was sealed with. Whoever has begun to dial with one key
 * is connected to the other one with the same key, after one round trip.
 */
#ifndef MIDAIR_TESTS_PAIR_MODEL_H
#define MIDAIR_TESTS_PAIR_MODEL_H

#include "core/approach.h"

#define PAIR_SIDES  2
#define PAIR_QUEUE  512
#define MS	    UINT64_C(1000000)
#define WAIT_NS	    (120000 * MS)
#define TIMEOUT_NS  (30000 * MS)
#define NO_OUTCOME  (-1000)
#define BOTH_ROUTES 2 /* addresses of the server, one for each family */

struct pair_options {
	bool is_wrong_code;
	bool is_reusable;
	bool has_host;	     /* side 0 asks for the room */
	bool is_hostile;     /* the server drops, repeats, swaps and invents messages */
	bool has_restarts;   /* of the server, and broken connections, while sides wait */
	bool is_path_closed; /* the dials lead nowhere */
};

struct pair_event {
	uint64_t at_ns;
	uint32_t side;
	uint32_t route;
	uint32_t connection; /* 0: of no connection */
	enum approach_event_type type;
	int result;
	bool is_to_server;
	bool is_restart;
	struct wire_message message;
};

struct pair_side {
	struct approach approach;
	uint64_t one_way_ns;
	uint32_t connections[BOTH_ROUTES]; /* 0: none */
	bool is_established[BOTH_ROUTES];
	uint32_t word;
	uint32_t share; /* of the latest ENTER */
	uint64_t key;	/* 0: none */
	bool has_begun;
	uint64_t begun_ns;
	uint32_t n_greeted;
	uint32_t n_exchanged;
	uint32_t n_begun;
	bool is_connected;
	int outcome; /* 0, a result, NO_OUTCOME */
	uint64_t over_ns;
};

struct pair_model {
	struct pair_options options;
	struct random random;
	uint64_t now_ns;
	uint32_t n_connections;
	uint32_t n_shares;
	uint32_t n_events;
	uint32_t n_introductions;
	bool is_server_down;
	bool is_room_spent;
	uint32_t entered[PAIR_SIDES];	 /* their rendezvous; 0: not there */
	uint32_t entered_by[PAIR_SIDES]; /* route */
	bool are_introduced;
	struct pair_side sides[PAIR_SIDES];
	struct pair_event queue[PAIR_QUEUE];
};

/* Runs one world to its end. */
void pair_model_run(struct pair_model *model, const struct pair_options *options,
		    uint64_t seed);

#endif
