/* SPDX-License-Identifier: MIT */
#include "bench/ports/fill.h"

#include <errno.h>
#include <unistd.h>

#include "bench/ports/ways.h"

#define ONE_OF_AT_HAND 8
#define DECILE	       (FILL_N_PERCENT / 10)

#define SAMPLES_AT_MOST 512

static const double churn_percents[] = {10, 25, 40, 50, 60, 80, 90, 95, 99, 99.9};
#define N_CHURN_PERCENTS (sizeof(churn_percents) / sizeof(churn_percents[0]))

bool fill_is_sampled(const struct ports_plan *plan, uint32_t percent)
{
	return percent < FILL_N_PERCENT / 2 || percent % plan->stride == plan->stride / 2;
}

/* Of the connections of each percent that was measured. */
struct medians {
	bool has[FILL_N_PERCENT];
	double ns[FILL_N_PERCENT];
};

static uint32_t target_of(double percent)
{
	return (uint32_t)(percent * FILL_N_PORTS / FILL_N_PERCENT);
}

/* Parks the connection, or keeps it at hand. */
static int keep(struct fill *fill, int fd, uint16_t port)
{
	way_reset_at_close(fd);
	fill->n_open++;
	if (fill->n_open % ONE_OF_AT_HAND != 0 || fill->n_at_hand == FILL_N_AT_HAND)
		return keepers_park(&fill->keepers, fd);
	fill->at_hand[fill->n_at_hand++] = (struct fill_connection){.fd = fd, .port = port};
	return 0;
}

/* xorshift. */
static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random % below);
}

uint32_t fill_next_port(uint64_t *random, const bool is_used[FILL_N_PORTS], uint32_t last)
{
	uint32_t next = (last + 2 + 2 * draw(random, 8)) % FILL_N_PORTS;

	for (uint32_t i = 0; i < FILL_N_PORTS && is_used[next]; i++)
		next = (next + 1) % FILL_N_PORTS;
	return next;
}

static int churn_once(struct fill *fill, const struct fill_ways *ways, int64_t *open_ns)
{
	struct fill_connection *chosen = &fill->at_hand[draw(&fill->random, fill->n_at_hand)];
	uint16_t port;

	ways->close(fill, chosen);
	int64_t begin_ns = world_now_ns();
	int fd = ways->open(fill, &port);
	*open_ns += world_now_ns() - begin_ns;
	if (fd < 0)
		return fd;
	way_reset_at_close(fd);
	*chosen = (struct fill_connection){.fd = fd, .port = port};
	return 0;
}

static int churn(struct fill *fill, const struct fill_ways *ways, double fill_percent)
{
	int64_t begin_ns = world_now_ns();
	int64_t open_ns = 0;

	for (uint32_t i = 0; i < ways->n_churns; i++) {
		int result = churn_once(fill, ways, &open_ns);

		if (result != 0)
			return result;
	}
	measured_add(fill->measured, ways->churn, fill_percent,
		     (double)(world_now_ns() - begin_ns) / ways->n_churns);
	measured_add(fill->measured, ways->churn_open, fill_percent,
		     (double)open_ns / ways->n_churns);
	return 0;
}

static void refuse(struct fill *fill, const struct fill_ways *ways)
{
	uint32_t n_refused = 0;
	uint16_t port;
	int64_t begin_ns = world_now_ns();

	for (uint32_t i = 0; i < ways->n_refusals; i++)
		n_refused += ways->open(fill, &port) == -EADDRNOTAVAIL;
	if (n_refused == ways->n_refusals)
		measured_add(fill->measured, ways->refusal, FILL_N_PERCENT,
			     (double)(world_now_ns() - begin_ns) / ways->n_refusals);
	else
		fill->measured->series[ways->refusal].n_failures++;
}

/* The last decile's time over the first's. */
static void add_cliff(struct fill *fill, const struct fill_ways *ways,
		      const struct medians *medians)
{
	double first[DECILE];
	double last[DECILE];
	uint32_t n_first = 0;
	uint32_t n_last = 0;

	for (uint32_t i = 0; i < FILL_N_PERCENT; i++) {
		if (!medians->has[i])
			continue;
		measured_add(fill->measured, ways->fill, i, medians->ns[i]);
		if (i < DECILE)
			first[n_first++] = medians->ns[i];
		if (i >= FILL_N_PERCENT - DECILE)
			last[n_last++] = medians->ns[i];
	}
	measured_add(fill->measured, ways->cliff, 0,
		     median_of(last, n_last) / median_of(first, n_first));
}

static int fill_up_to(struct fill *fill, fill_open *open, uint32_t target, double *median_ns)
{
	double costs_ns[SAMPLES_AT_MOST];
	uint32_t n_costs = 0;

	while (fill->n_open < target) {
		uint16_t port;
		int64_t begin_ns = world_now_ns();
		int fd = open(fill, &port);

		if (n_costs < SAMPLES_AT_MOST)
			costs_ns[n_costs++] = (double)(world_now_ns() - begin_ns);
		int result = fd < 0 ? fd : keep(fill, fd, port);
		if (result != 0)
			return result;
	}
	*median_ns = median_of(costs_ns, n_costs);
	return 0;
}

/* The last percent ends where the last churn is measured. */
static double end_of(uint32_t percent)
{
	return percent + 1 < FILL_N_PERCENT ? percent + 1
					    : churn_percents[N_CHURN_PERCENTS - 1];
}

int fill_run(struct fill *fill, const struct fill_ways *ways, const struct ports_plan *plan)
{
	fill_open *quickly = ways->open_quickly != NULL ? ways->open_quickly : ways->open;
	struct medians medians = {.has = {false}};
	double rest_ns;
	size_t next = 0;
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < FILL_N_PERCENT; i++) {
		/* The first one after the cliff as well. */
		medians.has[i] = quickly == ways->open || fill_is_sampled(plan, i) ||
				 i == FILL_N_PERCENT / 2;
		result = fill_up_to(fill, medians.has[i] ? ways->open : quickly,
				    target_of(end_of(i)), &medians.ns[i]);
		if (result == 0 && end_of(i) >= churn_percents[next])
			result = churn(fill, ways, churn_percents[next++]);
	}
	if (result == 0)
		result = fill_up_to(fill, quickly, FILL_N_PORTS, &rest_ns);
	if (result == 0) {
		add_cliff(fill, ways, &medians);
		refuse(fill, ways);
	}
	return result;
}
