/* SPDX-License-Identifier: MIT */
/*
 * The same pool of ports by connect() alone, whose choice the kernel makes: every second port of
 * the range first, from a place that moves on; when none of these is free, the others. Then each
 * choice walks over half of the range before it gets to the others.
 *
 * From there on only every fifth percent is opened so, and measured. The ports of the others are
 * pinned, in the order in which the kernel would have taken them: a pinned connection is to the
 * kernel like one of its own choice, and takes a hundredth of the time.
 */
#include <errno.h>
#include <unistd.h>

#include "bench/ports/fill.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

static void mark(struct fill *fill, uint16_t port, bool is_used)
{
	if (port < FILL_FIRST_PORT || port >= FILL_FIRST_PORT + FILL_N_PORTS)
		return;
	fill->is_used[port - FILL_FIRST_PORT] = is_used;
	if (is_used)
		fill->last_port = port - FILL_FIRST_PORT;
}

static int open_by_kernel(struct fill *fill, uint16_t *port)
{
	int fd = way_dial(WAY_KERNEL, 0, &fill->remote);

	if (fd >= 0) {
		*port = way_local_port(fd);
		mark(fill, *port, true);
	}
	return fd;
}

static int open_pinned(struct fill *fill, uint16_t *port)
{
	uint32_t next = fill_next_port(&fill->random, fill->is_used, fill->last_port);

	*port = (uint16_t)(FILL_FIRST_PORT + next);
	mark(fill, *port, true);
	return way_dial(WAY_PIN, *port, &fill->remote);
}

static void close_and_mark(struct fill *fill, const struct fill_connection *connection)
{
	close(connection->fd);
	mark(fill, connection->port, false);
}

int measure_fill_kernel(struct measured *measured, const struct ports_plan *plan,
			uint32_t round)
{
	static const struct fill_ways ways = {
		.open = open_by_kernel,
		.open_quickly = open_pinned,
		.close = close_and_mark,
		.fill = FILL_KERNEL,
		.churn = CHURN_KERNEL,
		.churn_open = OPEN_KERNEL,
		.refusal = REFUSAL_KERNEL,
		.cliff = CLIFF_KERNEL,
		.n_churns = 400,
		.n_refusals = 50,
	};
	static struct fill fill;
	_cleanup_close_ int listener = world_listen();
	int result = listener < 0 ? listener : 0;

	fill.measured = measured;
	fill.random = round + 1;
	fill.remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	if (result == 0)
		result = fill_run(&fill, &ways, plan);
	keepers_end(&fill.keepers);
	return result;
}
