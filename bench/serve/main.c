/* SPDX-License-Identifier: MIT */
/* What a rendezvous server costs: main [quick] [--markdown] MIDAIR. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/serve/measures.h"
#include "bench/statistics.h"
#include "midair/midair.h"

#define ROUNDS_MOST   5
#define N_PEERS	      18000u
#define N_PEERS_QUICK 2000u
#define N_PAIRS	      40000u
#define N_PAIRS_QUICK 10000u
#define N_STANDING    8000u
#define BYTES_GOAL    512
#define RATE_GOAL     10000

struct results {
	size_t n_rounds;
	int64_t bytes[ROUNDS_MOST];
	int64_t per_s[ROUNDS_MOST];
	int64_t per_cpu_s[ROUNDS_MOST];
	int64_t standing_per_s[ROUNDS_MOST];
	int64_t server_ns[ROUNDS_MOST];
	int64_t client_ns[ROUNDS_MOST];
	uint32_t n_introduced; /* the fewest of a round */
};

struct row {
	const char *text;
	const char *unit;
	int64_t median;
	int64_t goal; /* 0: none */
	bool is_most; /* the goal is an upper bound */
};

static int measure_round(struct results *results, const char *program, uint32_t n_peers,
			 uint32_t n_pairs)
{
	struct process process;
	struct crowd crowd;
	struct rate rate, standing;
	size_t round = results->n_rounds;
	int result = process_start(&process, program);

	if (result != 0)
		return result;
	result = measure_crowd(&process, n_peers, &crowd);
	if (result == 0)
		result = measure_rate(&process, n_pairs, &rate);
	if (result == 0)
		result = measure_standing(&process, N_STANDING, &standing);
	int status = process_end(&process);

	if (result != 0 || status != 0)
		return result != 0 ? result : MIDAIR_E_STATE;
	results->bytes[round] = (int64_t)crowd.bytes_each;
	results->per_s[round] = (int64_t)rate.per_s;
	results->standing_per_s[round] = (int64_t)standing.per_s;
	results->per_cpu_s[round] = (int64_t)rate.per_cpu_s;
	results->server_ns[round] = (int64_t)(rate.server_us * 1000);
	results->client_ns[round] = (int64_t)(rate.client_us * 1000);
	if (crowd.n_introduced < results->n_introduced)
		results->n_introduced = crowd.n_introduced;
	results->n_rounds++;
	return 0;
}

static bool is_reached(const struct row *row)
{
	if (row->goal == 0)
		return true;
	return row->is_most ? row->median <= row->goal : row->median >= row->goal;
}

static void print_row(const struct row *row, bool is_markdown)
{
	char goal[32] = "";

	if (row->goal != 0)
		snprintf(goal, sizeof(goal), "at %s %lld", row->is_most ? "most" : "least",
			 (long long)row->goal);
	printf(is_markdown ? "| %s | %lld %s | %s | %s |\n" : "%-62s %8lld %-8s %-16s %s\n",
	       row->text, (long long)row->median, row->unit, goal,
	       row->goal == 0	 ? ""
	       : is_reached(row) ? "yes"
				 : "NO");
}

static int print(struct results *results, uint32_t n_peers, bool is_markdown)
{
	size_t n = results->n_rounds;
	const struct row rows[] = {
		{"resident memory for each waiting peer", "bytes",
		 summarise(results->bytes, n).median, BYTES_GOAL, true},
		{"peers that waited at once in one process, each then introduced", "peers",
		 results->n_introduced, n_peers, false},
		{"introductions of those who are connected, server on one core", "per s",
		 summarise(results->standing_per_s, n).median, RATE_GOAL, false},
		{"introductions with connect() and close(), for one core's second", "per s",
		 summarise(results->per_cpu_s, n).median, RATE_GOAL, false},
		{"the same by the clock, one core of clients beside it", "per s",
		 summarise(results->per_s, n).median, RATE_GOAL, false},
		{"processor time of the server for one of these", "ns",
		 summarise(results->server_ns, n).median, 0, false},
		{"processor time of its two clients, kernel's loopback included", "ns",
		 summarise(results->client_ns, n).median, 0, false},
	};
	int status = 0;

	if (is_markdown)
		printf("| figure | median | goal | reached |\n| --- | --: | --- | --- |\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_row(&rows[i], is_markdown);
		if (!is_reached(&rows[i]))
			status = 1;
	}
	return status;
}

static void open_as_many_as_allowed(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct results results = {.n_introduced = UINT32_MAX};
	bool is_quick = false;
	bool is_markdown = false;

	if (argc < 2)
		return 2;
	for (int i = 1; i < argc - 1; i++) {
		is_quick |= strcmp(argv[i], "quick") == 0;
		is_markdown |= strcmp(argv[i], "--markdown") == 0;
	}
	uint32_t n_peers = is_quick ? N_PEERS_QUICK : N_PEERS;
	size_t n_rounds = is_quick ? 3 : ROUNDS_MOST;

	open_as_many_as_allowed();
	while (results.n_rounds < n_rounds) {
		int result = measure_round(&results, argv[argc - 1], n_peers,
					   is_quick ? N_PAIRS_QUICK : N_PAIRS);

		if (result != 0) {
			fprintf(stderr, "bench: %s\n", midair_strerror(result));
			return 2;
		}
	}
	return print(&results, n_peers, is_markdown);
}
