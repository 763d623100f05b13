/* SPDX-License-Identifier: MIT */
/* dial_pool: the local ports of one run, destination by destination. */
#ifndef MIDAIR_CLI_DIAL_POOL_H
#define MIDAIR_CLI_DIAL_POOL_H

#include "cli/dial_options.h"

/* The pool to one destination, freed with its last user. */
struct dial_pool {
	struct midair_pool *pool;
	struct midair_endpoint remote;
	uint32_t n_users;
};

/* Whether the connections need one: there is a choice of local ports that is ours to make. */
bool dial_pool_is_needed(const struct dial_options *options);

/* *pool becomes the pool to remote: the same, or a new one. Returns as midair_pool_new(). */
int dial_pool_use(struct dial_pool **pool, const struct dial_options *options,
		  const struct midair_endpoint *remote);

void dial_pool_release(struct dial_pool *pool);

/* Sends a SYN from a free port; as midair_pool_dial(), with the options' policy. */
int dial_pool_dial(struct dial_pool *pool, const struct midair_dial_config *config, int *fd,
		   struct midair_endpoint *local);

#endif
