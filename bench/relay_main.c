/* SPDX-License-Identifier: MIT */
/* How fast midair_relay() carries bytes, next to other programs in the same minute. For
 * information: nothing is promised. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/relay_tools.h"
#include "bench/statistics.h"

#define N_ROUNDS	5
#define MINUTES_AT_MOST 4
#define N_TOOLS_MAX	8
#define GIBIBYTE	(UINT64_C(1) << 30)
#define NS_PER_S	1e9

struct measured {
	int64_t elapsed_ns[N_ROUNDS];
	int64_t cpu_ns[N_ROUNDS];
	size_t n;
};

static void measure(struct measured *measured, const struct relay_tool *tool, uint64_t n_bytes)
{
	struct relay_cost cost;
	double per_gibibyte = (double)GIBIBYTE / (double)n_bytes;

	if (!relay_tool_is_here(tool) || !tool->carry(&cost, n_bytes))
		return;
	measured->elapsed_ns[measured->n] = (int64_t)(cost.seconds * per_gibibyte * NS_PER_S);
	measured->cpu_ns[measured->n] = (int64_t)(cost.cpu_seconds * per_gibibyte * NS_PER_S);
	measured->n++;
}

static void print(const struct relay_tool *tool, struct measured *measured)
{
	double seconds = (double)summarise(measured->elapsed_ns, measured->n).median / NS_PER_S;
	double cpu = (double)summarise(measured->cpu_ns, measured->n).median / NS_PER_S;

	if (!relay_tool_is_here(tool))
		printf("%-20s not installed\n", tool->name);
	else if (measured->n == 0)
		printf("%-20s failed\n", tool->name);
	else
		printf("%-20s %9.2f %15.2f\n", tool->name, 1 / seconds, cpu);
}

int main(int argc, char **argv)
{
	struct measured measured[N_TOOLS_MAX] = {{.n = 0}};
	uint64_t n_bytes = GIBIBYTE;

	if (argc > 1 && strcmp(argv[1], "quick") == 0)
		n_bytes /= 8;
	/* Nothing here takes longer; a tool that hangs ends us all. */
	alarm(MINUTES_AT_MOST * 60);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	for (int round = 0; round < N_ROUNDS; round++)
		for (int i = 0; i < relay_n_tools && i < N_TOOLS_MAX; i++)
			measure(&measured[i], &relay_tools[i], n_bytes);
	printf("%-20s %9s %15s\n", "RELAY", "GIB/S", "CPU S PER GIB");
	for (int i = 0; i < relay_n_tools && i < N_TOOLS_MAX; i++)
		print(&relay_tools[i], &measured[i]);
	return measured[0].n == N_ROUNDS ? 0 : 1;
}
