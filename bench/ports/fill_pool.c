/* SPDX-License-Identifier: MIT */
/* The pool of local ports to one destination, filled by midair_pool_dial(). */
#include <errno.h>
#include <unistd.h>

#include "bench/ports/fill.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

static int open_by_pool(struct fill *fill, uint16_t *port)
{
	struct midair_endpoint local;
	int fd = -1;
	int result = midair_pool_dial(fill->pool, &fd, &local);

	if (result == MIDAIR_E_FULL)
		return -EADDRNOTAVAIL;
	if (result == 0)
		result = way_finish(fd);
	if (result != 0) {
		fill->measured->series[FILL_POOL].n_failures++;
		return result < 0 ? result : -EIO;
	}
	*port = local.port;
	return fd;
}

static void close_by_pool(struct fill *fill, const struct fill_connection *connection)
{
	struct midair_endpoint local = {.family = MIDAIR_IPV4, .port = connection->port};

	close(connection->fd);
	midair_pool_give(fill->pool, &local, MIDAIR_POOL_FREE);
}

static const struct fill_ways ways = {
	.open = open_by_pool,
	.close = close_by_pool,
	.fill = FILL_POOL,
	.churn = CHURN_POOL,
	.churn_open = OPEN_POOL,
	.refusal = REFUSAL_POOL,
	.cliff = CLIFF_POOL,
	.n_churns = 1000,
	.n_refusals = 10000,
};

int measure_fill_pool(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	static struct fill fill;
	struct midair_pool_config config = {.size = sizeof(config)};
	_cleanup_close_ int listener = world_listen();
	int result = listener < 0 ? listener : 0;

	fill.measured = measured;
	fill.random = round + 1;
	fill.remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	config.remote = way_endpoint(&fill.remote);
	if (result == 0)
		result = midair_pool_new(&fill.pool, &config);
	if (result == 0)
		result = fill_run(&fill, &ways, plan);
	midair_pool_free(fill.pool);
	keepers_end(&fill.keepers);
	return result;
}
