/* SPDX-License-Identifier: MIT */
/*
 * lib/volley: the sockets of a volley (core/volley.h), in the loop of a session. What lands is
 * handed over to the session, which lets it prove itself; a connection that fails to is dialled
 * again.
 */
#ifndef MIDAIR_LIB_VOLLEY_H
#define MIDAIR_LIB_VOLLEY_H

#include "core/volley.h"
#include "lib/session_internal.h"

struct volley_run;

/* Tags from the first one on: dials, then listeners. */
#define VOLLEY_RUN_PORTS (PLAN_LOCAL_PORTS_MAX * PLAN_VOLLEYS_MAX + 1)

struct volley_run_config {
	struct volley_config volley;  /* n_open_max is found here */
	struct midair_endpoint local; /* the session's, of the peer's family */
	uint32_t first_tag;	      /* as the session's loop counts them */
	uint32_t n_syns;	      /* of earlier volleys: the budget is one for all */
};

/* Sends the first SYNs. Returns 0, MIDAIR_E_LIMIT (no descriptors, or no budget), -ENOMEM. */
int volley_run_new(struct volley_run **run, struct midair_session *session,
		   const struct volley_run_config *config);
/* Closes what the session has not got. */
struct volley_run *volley_run_free(struct volley_run *run);

/* tag counts from the first one. */
void volley_run_ready(struct volley_run *run, uint32_t tag);
uint64_t volley_run_deadline(const struct volley_run *run);
void volley_run_time(struct volley_run *run);
/* The session has closed, or adopted, a connection that was handed over. */
void volley_run_closed(struct volley_run *run, uint32_t connection);
/* SYNs that were sent, those of earlier volleys included. */
uint32_t volley_run_syns(const struct volley_run *run);
/* The nth fresh port, from 1; 0: not bound yet. For the tests: a plan that names fresh ports
 * reaches the peer through its session. */
uint16_t volley_run_fresh_port(const struct volley_run *run, uint32_t port);

#endif
