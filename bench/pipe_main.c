/* SPDX-License-Identifier: MIT */
/*
 * The encrypted pipe beside other programs, in rounds of one run each, so that all of them see
 * the same machine. With goals, from which the exit status follows.
 *
 *	midair-bench-pipe [MEBIBYTES [ROUNDS]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/carry.h"
#include "bench/pipe_ends.h"
#include "bench/statistics.h"

#define N_ROUNDS_MAX	32
#define MINUTES_AT_MOST 20
#define MEBIBYTE	(UINT64_C(1) << 20)
#define GIBIBYTE	((double)(UINT64_C(1) << 30))
#define NS_PER_S	1e9
#define MB		1e6

struct tool {
	const char *name;
	const char *program; /* NULL: built in */
	struct carry plan;
	bool may_lose_tail;
};

enum { RELAY, LIBRARY, BARE_64, BARE_16, SOCAT, NCAT, SSH, N_TOOLS };
enum { PIPES, FILES, N_TABLES };
static const char *const table_names[N_TABLES] = {
	[PIPES] = "PIPE TO PIPE",
	[FILES] = "FILE TO /dev/null",
};

static const struct tool tools[N_TOOLS] = {
	[RELAY] = {.name = "midair", .plan.function = stream_relay_end},
	[LIBRARY] = {.name = "midair, memory to memory",
		     .plan = {.function = stream_end, .ends = CARRY_NOTHING}},
	[BARE_64] = {.name = "bare AES-128-GCM, 64 KiB",
		     .plan = {.function = bare_64_end, .ends = CARRY_NOTHING}},
	[BARE_16] = {.name = "bare AES-128-GCM, 16 KiB",
		     .plan = {.function = bare_16_end, .ends = CARRY_NOTHING}},
	[SOCAT] = {.name = "socat OPENSSL -b 131072",
		   .program = "socat",
		   .plan = {.function = socat_tls_end, .port = PIPE_PORT}},
	[NCAT] = {.name = "ncat --ssl",
		  .program = "ncat",
		  .plan = {.function = ncat_tls_end, .port = PIPE_PORT + 1},
		  .may_lose_tail = true},
	[SSH] = {.name = "ssh, aes128-gcm",
		 .program = "ssh",
		 .plan = {.function = ssh_end, .port = PIPE_PORT + 2}},
};

struct measured {
	int64_t elapsed_ns[N_ROUNDS_MAX]; /* for a GiB */
	int64_t cpu_ns[N_ROUNDS_MAX];
	size_t n;
	uint64_t n_lost; /* bytes that did not come, at worst */
};

struct figures {
	double megabytes_per_s; /* 0: not measured */
	double cpu_s;		/* for a GiB */
};

static bool is_here(const struct tool *tool)
{
	return tool->program == NULL ||
	       (pipe_folder() != NULL && carry_has_program(tool->program));
}

/* Tools without ends are measured in the table in which nobody else takes the processor. */
static bool belongs(const struct tool *tool, int table)
{
	return tool->plan.ends != CARRY_NOTHING || table == FILES;
}

static void measure(struct measured *measured, const struct tool *tool, int table,
		    uint64_t n_bytes)
{
	struct carry plan = tool->plan;
	struct carry_cost cost;
	double part;

	plan.n_bytes = n_bytes;
	if (plan.ends == CARRY_PIPES && table == FILES)
		plan.ends = CARRY_FILES;
	if (!is_here(tool) || !belongs(tool, table) || !carry(&cost, &plan))
		return;
	if (n_bytes - cost.n_bytes > measured->n_lost)
		measured->n_lost = n_bytes - cost.n_bytes;
	if (cost.n_bytes < n_bytes && (!tool->may_lose_tail || cost.n_bytes < n_bytes / 2))
		return;
	part = (double)cost.n_bytes / GIBIBYTE;
	measured->elapsed_ns[measured->n] = (int64_t)(cost.seconds / part * NS_PER_S);
	measured->cpu_ns[measured->n] = (int64_t)(cost.cpu_seconds / part * NS_PER_S);
	measured->n++;
}

static struct figures figures_of(struct measured *measured)
{
	double seconds, cpu;

	if (measured->n == 0)
		return (struct figures){0};
	seconds = (double)summarise(measured->elapsed_ns, measured->n).median / NS_PER_S;
	cpu = (double)summarise(measured->cpu_ns, measured->n).median / NS_PER_S;
	return (struct figures){.megabytes_per_s = GIBIBYTE / MB / seconds, .cpu_s = cpu};
}

static void print(const struct tool *tool, const struct measured *measured,
		  const struct figures *figures)
{
	if (!is_here(tool))
		printf("%-26s not installed\n", tool->name);
	else if (measured->n == 0)
		printf("%-26s failed\n", tool->name);
	else
		printf("%-26s %8.0f %15.2f", tool->name, figures->megabytes_per_s,
		       figures->cpu_s);
	if (measured->n > 0 && measured->n_lost > 0)
		printf("   loses the last %.1f MB, exit 0", (double)measured->n_lost / MB);
	if (measured->n > 0)
		printf("\n");
}

/* One goal's line; false when it is missed. */
static bool judge(const char *what, double ratio, double goal, bool is_at_least)
{
	bool is_met = is_at_least ? ratio >= goal : ratio <= goal;

	printf("%-50s %5.2f   goal: at %s %.2f   %s\n", what, ratio,
	       is_at_least ? "least" : "most", goal, is_met ? "met" : "MISSED");
	return is_met;
}

static bool judge_table(const struct figures figures[N_TOOLS])
{
	double fastest = 0, thriftiest = 0;
	bool is_met;

	for (int i = SOCAT; i <= SSH; i++) {
		if (figures[i].megabytes_per_s > fastest)
			fastest = figures[i].megabytes_per_s;
		if (figures[i].cpu_s > 0 && (thriftiest == 0 || figures[i].cpu_s < thriftiest))
			thriftiest = figures[i].cpu_s;
	}
	if (fastest <= 0)
		return true;
	is_met = judge("midair / fastest of the others, MB/s",
		       figures[RELAY].megabytes_per_s / fastest, 1.25, true);
	is_met &= judge("midair / thriftiest of the others, CPU",
			figures[RELAY].cpu_s / thriftiest, 0.75, false);
	return is_met;
}

static bool show(int table, struct measured measured[N_TOOLS])
{
	struct figures figures[N_TOOLS];
	bool is_met = true;

	printf("%-26s %8s %15s\n", table_names[table], "MB/S", "CPU S PER GIB");
	for (int i = 0; i < N_TOOLS; i++) {
		figures[i] = figures_of(&measured[i]);
		if (belongs(&tools[i], table))
			print(&tools[i], &measured[i], &figures[i]);
	}
	if (table == FILES)
		is_met = judge("memory to memory / bare loop of 64 KiB, MB/s",
			       figures[LIBRARY].megabytes_per_s /
				       figures[BARE_64].megabytes_per_s,
			       0.9, true);
	is_met &= judge_table(figures);
	printf("\n");
	return is_met;
}

static long number_of(const char *text, long fallback)
{
	long number = text == NULL ? fallback : strtol(text, NULL, 10);

	return number > 0 ? number : fallback;
}

int main(int argc, char **argv)
{
	static struct measured measured[N_TABLES][N_TOOLS];
	uint64_t n_bytes = (uint64_t)number_of(argc > 1 ? argv[1] : NULL, 2048) * MEBIBYTE;
	long n_rounds = number_of(argc > 2 ? argv[2] : NULL, 7);
	bool is_met = true;

	if (n_rounds > N_ROUNDS_MAX)
		n_rounds = N_ROUNDS_MAX;
	/* Nothing here takes longer; a program that hangs ends us all. */
	alarm(MINUTES_AT_MOST * 60);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	for (long round = 0; round < n_rounds; round++)
		for (int table = 0; table < N_TABLES; table++)
			for (int i = 0; i < N_TOOLS; i++)
				measure(&measured[table][i], &tools[i], table, n_bytes);
	for (int table = 0; table < N_TABLES; table++)
		is_met &= show(table, measured[table]);
	return is_met ? 0 : 1;
}
