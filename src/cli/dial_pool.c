/* SPDX-License-Identifier: MIT */
#include "cli/dial_pool.h"

#include <errno.h>
#include <stdlib.h>

bool dial_pool_is_needed(const struct dial_options *options)
{
	return options->count > 1 || dial_options_n_tuples(options) > 1;
}

static int make(struct dial_pool *made, const struct dial_options *options,
		const struct midair_endpoint *remote)
{
	struct midair_pool_config config = {
		.size = sizeof(config),
		.sources = options->from.addresses,
		.n_sources = options->from.n_addresses,
		.first_port = options->from.first_port,
		.last_port = options->from.last_port,
		.remote = *remote,
	};
	int result = midair_pool_new(&made->pool, &config);

	made->remote = *remote;
	/* Without it what others have costs a try each: no reason to give up. */
	if (result == 0)
		(void)midair_pool_seed(made->pool);
	return result;
}

int dial_pool_use(struct dial_pool **pool, const struct dial_options *options,
		  const struct midair_endpoint *remote)
{
	struct dial_pool *made;
	int result;

	if (*pool != NULL && midair_endpoint_equal(&(*pool)->remote, remote))
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	result = make(made, options, remote);
	if (result != 0) {
		free(made);
		return result;
	}
	dial_pool_release(*pool);
	made->n_users = 1;
	*pool = made;
	return 0;
}

void dial_pool_release(struct dial_pool *pool)
{
	if (pool == NULL || --pool->n_users > 0)
		return;
	midair_pool_free(pool->pool);
	free(pool);
}

static int dial_exact(struct dial_pool *pool, struct midair_dial_config *config, int *fd,
		      struct midair_endpoint *local)
{
	/* Ends: a tuple that was given back as held is not offered again at once. */
	for (;;) {
		int result = midair_pool_take(pool->pool, &config->local);

		if (result == 0)
			result = midair_dial_start(config, fd);
		else
			return result;
		if (result == 0)
			*local = config->local;
		bool is_held = result == -EADDRNOTAVAIL || result == MIDAIR_E_PORT_IN_USE;
		if (result != 0)
			midair_pool_give(pool->pool, &config->local,
					 is_held ? MIDAIR_POOL_HELD : MIDAIR_POOL_FREE);
		if (!is_held)
			return result;
	}
}

int dial_pool_dial(struct dial_pool *pool, const struct midair_dial_config *config, int *fd,
		   struct midair_endpoint *local)
{
	struct midair_dial_config exact = *config;

	if (config->policy == MIDAIR_DIAL_EXACT)
		return dial_exact(pool, &exact, fd, local);
	return midair_pool_dial(pool->pool, fd, local);
}
