/* SPDX-License-Identifier: MIT */
/*
 * A client that opens a connection, closes it, and opens the next one, where tcp_tw_reuse is 0:
 * each leaves a TIME_WAIT of 60 s. Both ends are here, so that each connection is gone but for
 * its TIME_WAIT when the next one begins.
 *
 * The kernel's choice gets through the range once, slower and slower, and then fails for the
 * rest of the minute. What it takes for the range once is measured like the fill: all of the
 * first half, every fifth percent of the second half, whose others are pinned. The pool has 64
 * ports and takes them in turn.
 */
#include <errno.h>
#include <unistd.h>

#include "bench/ports/fill.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

#define N_POOL_PORTS 64
#define NS_PER_S     1e9

/* The client closes first, and then the server's end too. */
static int close_both(int listener, int client)
{
	int server = world_accept(listener);

	close(client);
	if (server < 0)
		return server;
	close(server);
	return 0;
}

static int begin(void)
{
	int result = world_set("tcp_tw_reuse", "0");

	return result != 0 ? result : world_listen();
}

/* ---- the kernel's choice ---- */

static int connect_once(int listener, enum way way, uint16_t port, uint16_t *used)
{
	struct sockaddr_in remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	int fd = way_dial(way, port, &remote);

	if (fd < 0)
		return fd;
	*used = way_local_port(fd);
	return close_both(listener, fd);
}

struct walk {
	bool is_used[FILL_N_PORTS];
	uint32_t n_used;
	uint32_t last;
	uint64_t random;
};

static int take(struct walk *walk, int listener, enum way way)
{
	uint32_t next = fill_next_port(&walk->random, walk->is_used, walk->last);
	uint16_t used;

	int result = connect_once(listener, way, (uint16_t)(FILL_FIRST_PORT + next), &used);
	if (result != 0)
		return result;
	walk->last = (uint32_t)used - FILL_FIRST_PORT;
	walk->is_used[walk->last] = true;
	walk->n_used++;
	return 0;
}

/* *spent_ns grows by what the kernel's choice takes for this percent. */
static int take_percent(struct walk *walk, int listener, uint32_t percent, double weight,
			double *spent_ns)
{
	uint32_t target = (percent + 1) * FILL_N_PORTS / FILL_N_PERCENT;
	int64_t begin_ns = world_now_ns();
	int result = 0;

	while (result == 0 && walk->n_used < target)
		result = take(walk, listener, weight > 0 ? WAY_KERNEL : WAY_PIN);
	*spent_ns += weight * (double)(world_now_ns() - begin_ns);
	return result;
}

/* A percent that is sampled stands for those that are not. */
static double weight_of(const struct ports_plan *plan, uint32_t percent)
{
	if (!fill_is_sampled(plan, percent))
		return 0;
	return percent < FILL_N_PERCENT / 2 ? 1 : plan->stride;
}

int measure_time_wait_kernel(struct measured *measured, const struct ports_plan *plan,
			     uint32_t round)
{
	static struct walk walk;
	_cleanup_close_ int listener = begin();
	int result = listener < 0 ? listener : 0;
	double spent_ns = 0;
	uint16_t used;

	walk.random = round + 1;
	for (uint32_t i = 0; result == 0 && i < FILL_N_PERCENT; i++)
		result = take_percent(&walk, listener, i, weight_of(plan, i), &spent_ns);
	if (result != 0)
		return result;
	measured_add(measured, TIME_WAIT_KERNEL, 0, FILL_N_PORTS / spent_ns * NS_PER_S);
	/* The next one must fail, else this was no TIME_WAIT. */
	if (connect_once(listener, WAY_KERNEL, 0, &used) != -EADDRNOTAVAIL)
		return -EINVAL;
	measured->series[TIME_WAIT_KERNEL].n_failures++;
	return 0;
}

/* ---- the pool ---- */

static int churn(struct midair_pool *pool, int listener, uint32_t n_connections)
{
	for (uint32_t i = 0; i < n_connections; i++) {
		struct midair_endpoint local;
		int fd = -1;
		int result = midair_pool_dial(pool, &fd, &local);

		if (result == 0)
			result = way_finish(fd);
		if (result == 0)
			result = close_both(listener, fd);
		if (result != 0)
			return result < 0 ? result : -EADDRNOTAVAIL;
		midair_pool_give(pool, &local, MIDAIR_POOL_TIME_WAIT);
	}
	return 0;
}

int measure_time_wait_pool(struct measured *measured, const struct ports_plan *plan,
			   uint32_t round)
{
	struct sockaddr_in remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	struct midair_pool_config config = {
		.size = sizeof(config),
		.first_port = FILL_FIRST_PORT,
		.last_port = FILL_FIRST_PORT + N_POOL_PORTS - 1,
		.remote = way_endpoint(&remote),
	};
	struct midair_pool *pool = NULL;
	_cleanup_close_ int listener = begin();
	int result = listener < 0 ? listener : 0;

	(void)round;
	if (result == 0)
		result = midair_pool_new(&pool, &config);
	int64_t begin_ns = world_now_ns();
	if (result == 0)
		result = churn(pool, listener, plan->n_time_wait);
	if (result == 0)
		measured_add(measured, TIME_WAIT_POOL, 0,
			     plan->n_time_wait / (double)(world_now_ns() - begin_ns) *
				     NS_PER_S);
	else
		measured->series[TIME_WAIT_POOL].n_failures++;
	midair_pool_free(pool);
	return result;
}
