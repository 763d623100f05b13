/* SPDX-License-Identifier: MIT */
/*
 * The figures of docs/ports.md: midair-bench-ports [quick] [--markdown] [--points]
 * [--only PROGRAM] [--pictures FOLDER]. Each program runs in a network namespace of its own, and,
 * where its state cannot be used twice, in a new one for each round, in turn with its peer.
 */
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/ports/pictures.h"
#include "bench/ports/programs.h"
#include "bench/ports/report.h"

#define STATUS_MISSED	1
#define STATUS_USAGE	2
#define STATUS_SYSTEM	5
#define STATUS_NOT_HERE 77
#define FDS_AT_LEAST	8192

struct options {
	bool is_markdown;
	bool has_points;
	const char *only;
	const char *pictures;
};

/* measure_2 runs in turn with measure. */
struct program {
	const char *name;
	world_function *measure, *measure_2;
	bool is_repeated; /* else it does its rounds itself */
	unsigned int seconds;
};

static const struct program programs[] = {
	{"bind", measure_bind, NULL, false, 120},
	{"crowd", measure_crowd, NULL, false, 120},
	{"fill", measure_fill_kernel, measure_fill_pool, true, 60},
	{"time-wait", measure_time_wait_kernel, measure_time_wait_pool, true, 60},
	{"guard", measure_guard, NULL, true, 10},
	{"memory", measure_memory, NULL, true, 10},
	{"table", measure_table, NULL, false, 400},
};

static int read_options(struct options *options, struct ports_plan *plan, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"markdown", no_argument, NULL, 'm'},
		{"points", no_argument, NULL, 'x'},
		{"only", required_argument, NULL, 'o'},
		{"pictures", required_argument, NULL, 'p'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (option == 'm')
			options->is_markdown = true;
		else if (option == 'x')
			options->has_points = true;
		else if (option == 'o')
			options->only = optarg;
		else if (option == 'p')
			options->pictures = optarg;
		else
			return STATUS_USAGE;
	}
	for (; optind < argc; optind++) {
		if (strcmp(argv[optind], "quick") != 0)
			return STATUS_USAGE;
		plan->is_quick = true;
	}
	return 0;
}

/* midair lies beside this program. */
static bool find_midair(struct ports_plan *plan)
{
	char self[sizeof(plan->program) - sizeof("/midair")];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return false;
	self[length] = '\0';
	snprintf(plan->program, sizeof(plan->program), "%s/midair", dirname(self));
	return access(plan->program, X_OK) == 0;
}

static void set_sizes(struct ports_plan *plan)
{
	plan->n_rounds = plan->is_quick ? 3 : 5;
	plan->n_sharers = plan->is_quick ? 20000 : 50000;
	plan->n_connections = plan->is_quick ? 50000 : 400000;
	plan->n_rows = plan->is_quick ? 40000 : 400000;
	plan->n_time_wait = plan->is_quick ? 10000 : 40000;
	plan->stride = plan->is_quick ? 10 : 5;
}

static bool run(const struct program *program, struct measured *measured,
		const struct ports_plan *plan)
{
	uint32_t n_rounds = program->is_repeated ? plan->n_rounds : 1;
	int result = 0;

	for (uint32_t round = 0; round < n_rounds && result == 0; round++) {
		result = world_run(program->measure, measured, plan, round, program->seconds);
		if (result == 0 && program->measure_2 != NULL)
			result = world_run(program->measure_2, measured, plan, round,
					   program->seconds);
	}
	if (result != 0)
		fprintf(stderr, "bench: %s failed: %s\n", program->name, strerror(-result));
	return result == 0;
}

static bool run_all(struct measured *measured, const struct ports_plan *plan, const char *only)
{
	bool is_complete = true;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (only != NULL && strcmp(only, programs[i].name) != 0)
			continue;
		int64_t begin_ns = world_now_ns();
		if (!run(&programs[i], measured, plan))
			is_complete = false;
		if (isatty(STDERR_FILENO) == 1)
			fprintf(stderr, "%-10s %5.1f s\n", programs[i].name,
				(double)(world_now_ns() - begin_ns) / 1e9);
	}
	return is_complete;
}

static int do_nothing(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	(void)measured;
	(void)plan;
	(void)round;
	return 0;
}

static bool can_run(struct measured *measured, const struct ports_plan *plan)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < FDS_AT_LEAST) {
		fprintf(stderr, "bench: a process may open %ju files here, %d are needed\n",
			(uintmax_t)limit.rlim_max, FDS_AT_LEAST);
		return false;
	}
	if (world_run(do_nothing, measured, plan, 0, 10) != 0) {
		fputs("bench: cannot make a network namespace\n", stderr);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct ports_plan plan;
	struct options options = {.is_markdown = false};
	struct measured *measured = measured_new();

	if (read_options(&options, &plan, argc, argv) != 0) {
		fputs("usage: midair-bench-ports [quick] [--markdown] [--points] [--only PROGRAM] "
		      "[--pictures FOLDER]\n",
		      stderr);
		return STATUS_USAGE;
	}
	if (measured == NULL || !find_midair(&plan)) {
		fputs("bench: midair is not built beside midair-bench-ports\n", stderr);
		return STATUS_SYSTEM;
	}
	set_sizes(&plan);
	if (!can_run(measured, &plan))
		return STATUS_NOT_HERE;
	bool is_complete = run_all(measured, &plan, options.only);
	uint32_t n_missed = report_print(stdout, measured, options.is_markdown);
	if (options.has_points)
		report_print_points(stdout, measured);
	if (options.pictures != NULL && pictures_write(options.pictures, measured) != 0) {
		fprintf(stderr, "bench: cannot write the pictures into %s\n", options.pictures);
		return STATUS_SYSTEM;
	}
	if (!is_complete)
		return STATUS_SYSTEM;
	return n_missed > 0 ? STATUS_MISSED : 0;
}
