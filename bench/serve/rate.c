/* SPDX-License-Identifier: MIT */
/*
 * rate: pairs of two new connections that enter a room, are introduced, and close.
 *
 * So many pairs are under way at a time that the answer has mostly come when it is looked for. Even
 * so the one thread that drives them all costs more than the server: on loopback the kernel does
 * both ends of a handshake for who connects. The processor times tell who is the bound.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/serve/client.h"
#include "bench/serve/measures.h"
#include "os/cleanup.h"

#define PAIRS_UNDER_WAY 64u

struct pair {
	struct client ends[2];
};

static uint64_t next_room = 1;

static int begin(const struct process *process, struct pair *pair)
{
	uint64_t room = next_room++;
	int result = client_open(&pair->ends[0], process->port, room);

	return result == 0 ? client_open(&pair->ends[1], process->port, room) : result;
}

static int finish(struct pair *pair)
{
	int result = client_wait(&pair->ends[0], WIRE_PEER);

	if (result == 0)
		result = client_wait(&pair->ends[1], WIRE_PEER);
	client_close(&pair->ends[0]);
	client_close(&pair->ends[1]);
	return result;
}

static int drive(const struct process *process, uint32_t n_pairs)
{
	static struct pair pairs[PAIRS_UNDER_WAY];
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < n_pairs + PAIRS_UNDER_WAY; i++) {
		struct pair *pair = &pairs[i % PAIRS_UNDER_WAY];

		if (i >= PAIRS_UNDER_WAY)
			result = finish(pair);
		if (result == 0 && i < n_pairs)
			result = begin(process, pair);
	}
	return result;
}

struct clock {
	double cpu_s;	 /* the server's */
	double client_s; /* ours */
	int64_t begin_ns;
};

static double own_cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct clock clock_start(const struct process *process)
{
	return (struct clock){
		.cpu_s = process_cpu_s(process),
		.client_s = own_cpu_s(),
		.begin_ns = client_now_ns(),
	};
}

static void clock_stop(const struct clock *clock, const struct process *process,
		       uint32_t n_pairs, struct rate *rate)
{
	double elapsed_s = (double)(client_now_ns() - clock->begin_ns) / 1e9;
	double cpu_s = process_cpu_s(process) - clock->cpu_s;

	rate->server_us = cpu_s * 1e6 / n_pairs;
	rate->client_us = (own_cpu_s() - clock->client_s) * 1e6 / n_pairs;
	rate->per_s = n_pairs / elapsed_s;
	rate->per_cpu_s = cpu_s > 0 ? n_pairs / cpu_s : 0;
}

int measure_rate(struct process *process, uint32_t n_pairs, struct rate *rate)
{
	struct clock clock = clock_start(process);
	int result = drive(process, n_pairs);

	clock_stop(&clock, process, n_pairs, rate);
	return result;
}

static int introduce_all(struct pair *pairs, uint32_t n_pairs)
{
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < n_pairs + PAIRS_UNDER_WAY; i++) {
		if (i < n_pairs) {
			uint64_t room = next_room++;

			result = client_enter(&pairs[i].ends[0], room);
			if (result == 0)
				result = client_enter(&pairs[i].ends[1], room);
		}
		if (result == 0 && i >= PAIRS_UNDER_WAY) {
			result = client_wait(&pairs[i - PAIRS_UNDER_WAY].ends[0], WIRE_PEER);
			if (result == 0)
				result = client_wait(&pairs[i - PAIRS_UNDER_WAY].ends[1],
						     WIRE_PEER);
		}
	}
	return result;
}

int measure_standing(struct process *process, uint32_t n_pairs, struct rate *rate)
{
	_cleanup_free_ struct pair *pairs = calloc(n_pairs, sizeof(*pairs));
	int result = pairs ? 0 : -ENOMEM;
	uint32_t n_connected = 0;
	struct clock clock;

	for (; result == 0 && n_connected < 2 * n_pairs; n_connected++) {
		struct client *client = &pairs[n_connected / 2].ends[n_connected % 2];

		result = client_connect(client, process->port);
		if (result == 0)
			result = client_greet(client);
	}
	clock = clock_start(process);
	if (result == 0)
		result = introduce_all(pairs, n_pairs);
	clock_stop(&clock, process, n_pairs, rate);
	for (uint32_t i = 0; i < n_connected; i++)
		client_close(&pairs[i / 2].ends[i % 2]);
	return result;
}
