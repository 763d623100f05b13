/* SPDX-License-Identifier: MIT */
/*
 * One local port with more and more connections, one to each address: what the next one costs,
 * from midair_dial_start() to the answer of midair_dial_finish(). The median of some, which are
 * reset again, several times at each size.
 */
#include <stdlib.h>
#include <unistd.h>

#include "bench/ports/keepers.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

#define FIRST_REMOTE  0x7f010000u
#define SAMPLE_REMOTE 0x7ff00000u
#define PORT	      40000
#define N_SAMPLES     400

struct crowd {
	struct midair_dial_config config;
	struct keepers keepers;
	struct measured *measured;
	uint32_t n_connections;
};

/* Returns the descriptor or -1, which is counted. */
static int dial(struct crowd *crowd, uint32_t address)
{
	struct sockaddr_in remote = world_address(address, WORLD_PORT);
	int fd = -1;

	crowd->config.remote = way_endpoint(&remote);
	if (midair_dial_start(&crowd->config, &fd) == 0 && way_finish(fd) == 0)
		return fd;
	crowd->measured->series[CROWD].n_failures++;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int grow(struct crowd *crowd, uint32_t n_connections)
{
	int result = 0;

	for (; result == 0 && crowd->n_connections < n_connections; crowd->n_connections++) {
		int fd = dial(crowd, FIRST_REMOTE + crowd->n_connections);

		if (fd < 0)
			continue;
		way_reset_at_close(fd);
		result = keepers_park(&crowd->keepers, fd);
	}
	return result != 0 ? result : keepers_flush(&crowd->keepers);
}

static void sample(struct crowd *crowd)
{
	double costs[N_SAMPLES];

	for (uint32_t i = 0; i < N_SAMPLES; i++) {
		int64_t begin_ns = world_now_ns();
		int fd = dial(crowd, SAMPLE_REMOTE + i);

		costs[i] = (double)(world_now_ns() - begin_ns);
		if (fd < 0)
			continue;
		way_reset_at_close(fd);
		close(fd);
	}
	measured_add(crowd->measured, CROWD, crowd->n_connections, median_of(costs, N_SAMPLES));
}

int measure_crowd(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	static const uint32_t levels[] = {1000, 10000, 50000, 100000, 200000, 400000};
	static struct crowd crowd;
	struct sockaddr_in local = world_address(INADDR_ANY, PORT);
	_cleanup_close_ int listener = world_listen();
	int result = listener < 0 ? listener : 0;

	(void)round;
	crowd.measured = measured;
	crowd.config = (struct midair_dial_config){.size = sizeof(crowd.config),
						   .local = way_endpoint(&local)};
	if (result == 0)
		result = midair_dial_prepare(&crowd.config);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i] > plan->n_connections)
			break;
		if (result == 0)
			result = grow(&crowd, levels[i]);
		for (uint32_t j = 0; result == 0 && j < plan->n_rounds; j++)
			sample(&crowd);
	}
	keepers_end(&crowd.keepers);
	return result;
}
