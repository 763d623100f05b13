/* SPDX-License-Identifier: MIT */
/*
 * shooter: the glue between a volley, the session that it works for, and the virtual kernel; what
 * src/lib/volley.c is in the real program.
 */
#ifndef MIDAIR_TESTS_SIM_SHOOTER_H
#define MIDAIR_TESTS_SIM_SHOOTER_H

#include "core/volley.h"
#include "tests/sim/tcp.h"

#define SHOOTER_NOBODY UINT16_MAX

struct node;

struct shooter {
	struct volley volley;
	bool is_over;
	uint64_t start_ns;   /* when the plan is there */
	uint16_t first_port; /* of the fresh ones */
	int sockets[VOLLEY_DIALS_MAX];
	uint16_t dials[TCP_SOCKETS]; /* of a socket, or SHOOTER_NOBODY */
	/* Landed dials, by the session's number for the connection. */
	uint16_t landed[64];
	int n_listeners;
	int listeners[VOLLEY_DIALS_MAX];
	bool is_listening[VOLLEY_DIALS_MAX];
	uint32_t n_syns;
	uint32_t n_open_most;
};

struct shooter *shooter_new(void);
void shooter_reset(struct shooter *shooter, const struct volley_config *config,
		   uint16_t first_port);

/* Another plan: what is under way ends, and the new volley has what is left of the budget. */
void shooter_replace(struct node *node, const struct volley_config *config,
		     uint16_t first_port);

void shooter_wake(struct node *node);
void shooter_time(struct node *node);
uint64_t shooter_deadline(const struct node *node);

#endif
