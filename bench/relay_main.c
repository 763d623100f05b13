/* SPDX-License-Identifier: MIT */
/* How fast midair_relay() carries bytes, next to other programs in the same minute. The goals are
 * for files: pipes need two processes more, which then share the processors with what is measured. */
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

static bool is_here(const struct relay_tool *tool)
{
	return tool->program == NULL || carry_has_program(tool->program);
}

static void measure(struct measured *measured, const struct relay_tool *tool,
		    enum carry_ends ends, uint64_t n_bytes)
{
	struct carry_cost cost;
	double per_gibibyte = (double)GIBIBYTE / (double)n_bytes;

	if (!is_here(tool) || !tool->carry(&cost, ends, n_bytes))
		return;
	measured->elapsed_ns[measured->n] = (int64_t)(cost.seconds * per_gibibyte * NS_PER_S);
	measured->cpu_ns[measured->n] = (int64_t)(cost.cpu_seconds * per_gibibyte * NS_PER_S);
	measured->n++;
}

static void print(const struct relay_tool *tool, struct measured *measured)
{
	double seconds = (double)summarise(measured->elapsed_ns, measured->n).median / NS_PER_S;
	double cpu = (double)summarise(measured->cpu_ns, measured->n).median / NS_PER_S;

	if (!is_here(tool))
		printf("%-20s not installed\n", tool->name);
	else if (measured->n == 0)
		printf("%-20s failed\n", tool->name);
	else
		printf("%-20s %9.2f %15.2f\n", tool->name, 1 / seconds, cpu);
}

enum { MIDAIR, SOCAT, IPERF3 }; /* in relay_tools */

/* False when a goal is missed; without the other program there is none. */
static bool is_met(struct measured measured[N_TOOLS_MAX], int other, double goal)
{
	double ratio;

	if (measured[other].n == 0)
		return true;
	ratio = (double)summarise(measured[other].elapsed_ns, measured[other].n).median /
		(double)summarise(measured[MIDAIR].elapsed_ns, measured[MIDAIR].n).median;
	printf("midair_relay() / %-20s %5.2f   goal: at least %.2f   %s\n",
	       relay_tools[other].name, ratio, goal, ratio >= goal ? "met" : "MISSED");
	return ratio >= goal;
}

static bool judge(struct measured measured[N_TOOLS_MAX])
{
	bool is_good = measured[MIDAIR].n == N_ROUNDS;

	if (!is_good)
		return false;
	is_good &= is_met(measured, SOCAT, 1.2);
	is_good &= is_met(measured, IPERF3, 0.9);
	return is_good;
}

enum { N_TABLES = 2 };
static const struct {
	enum carry_ends ends;
	const char *name;
} tables[N_TABLES] = {{CARRY_PIPES, "PIPE TO PIPE"}, {CARRY_FILES, "FILE TO /dev/null"}};

int main(int argc, char **argv)
{
	static struct measured measured[N_TABLES][N_TOOLS_MAX];
	uint64_t n_bytes = GIBIBYTE;

	if (argc > 1 && strcmp(argv[1], "quick") == 0)
		n_bytes /= 8;
	/* Nothing here takes longer; a tool that hangs ends us all. */
	alarm(MINUTES_AT_MOST * 60);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	for (int round = 0; round < N_ROUNDS; round++)
		for (int table = 0; table < N_TABLES; table++)
			for (int i = 0; i < relay_n_tools && i < N_TOOLS_MAX; i++)
				measure(&measured[table][i], &relay_tools[i],
					tables[table].ends, n_bytes);
	for (int table = 0; table < N_TABLES; table++) {
		printf("%-20s %9s %15s\n", tables[table].name, "GIB/S", "CPU S PER GIB");
		for (int i = 0; i < relay_n_tools && i < N_TOOLS_MAX; i++)
			print(&relay_tools[i], &measured[table][i]);
	}
	return judge(measured[1]) ? 0 : 1;
}
