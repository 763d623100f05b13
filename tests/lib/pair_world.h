/* SPDX-License-Identifier: MIT */
/* pair_world: up to three sides and a server in one loop. */
#ifndef MIDAIR_TESTS_PAIR_WORLD_H
#define MIDAIR_TESTS_PAIR_WORLD_H

#include "tests/lib/fake_server.h"

#define SIDES 3

struct pair_world {
	struct fake_server server;
	struct midair_endpoint address; /* the server's */
	struct attempt sides[SIDES];
};

/* A server of this manner, and nobody else. */
void world_open(struct pair_world *world, enum fake_manner manner);
/* Frees what is there; every descriptor must be back. */
void world_close(struct pair_world *world);

/* For side n (from 0), with an address of its own; what is left open is default. */
struct midair_pair_config world_config(const struct pair_world *world, int n);
void world_join(struct pair_world *world, int n, const char *code);
/* Until the code is there, which is returned. */
const char *world_host(struct pair_world *world, int n);
void world_enter(struct pair_world *world, int n, const char *secret);
void world_pair(struct pair_world *world, int n, const struct midair_pair_config *config);

/* One turn of the loop; false when nothing happened for timeout_ms. */
bool world_turn(struct pair_world *world, int timeout_ms);
/* Until side n has told this. */
void world_run_until(struct pair_world *world, int n, enum midair_event_type type);
/* Until all open sides are over. */
void world_run(struct pair_world *world);
/* How side n ended: 0 or a result. */
int world_result(const struct pair_world *world, int n);

/* Takes both streams and sends a line through each direction. */
void world_expect_talk(struct pair_world *world, int a, int b);

#endif
