/* SPDX-License-Identifier: MIT */
/*
 * Runs every line of scenarios.conf that is not for the lab alone, with several seeds.
 *
 *	test_scenarios [FILE]          all of them
 *	test_scenarios FILE NAME SEED  one of them, with its trace
 *
 * Not a cmocka program: the list is data, and each line of it a test.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/scenario_world.h"

#define N_SEEDS	  20
#define FILE_SIZE (1 << 20)

static char text[FILE_SIZE];

static bool read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file) {
		fprintf(stderr, "cannot open %s\n", path);
		return false;
	}
	n = fread(text, 1, FILE_SIZE - 1, file);
	text[n] = '\0';
	fclose(file);
	return true;
}

static const char *run(struct world *world, const struct scenario *scenario, uint64_t seed)
{
	uint64_t until_ns = scenario_world(world, scenario, seed);
	const char *complaint;

	world_run(world, until_ns);
	complaint = scenario_complaint(world, scenario);
	return world->is_overflowing ? "the world did not come to rest" : complaint;
}

/* Returns the number of seeds that went wrong. */
static int run_seeds(struct world *world, const struct scenario *scenario)
{
	int n_wrong = 0;
	uint64_t slowest_ns = 0;

	for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
		const char *complaint = run(world, scenario, seed);
		uint64_t later_ns = scenario_later_ns(world);

		slowest_ns = later_ns > slowest_ns ? later_ns : slowest_ns;
		if (!complaint)
			continue;
		n_wrong++;
		printf("FAILED  %s: %s; seed %" PRIu64 "\n", scenario->name, complaint, seed);
	}
	if (!n_wrong)
		printf("ok      %-40s %-8s slowest %10.3f ms\n", scenario->name,
		       scenario_expectation_name(scenario->expectation),
		       (double)slowest_ns / 1e6);
	return n_wrong;
}

static void run_traced(struct world *world, const struct scenario *scenario, uint64_t seed)
{
	const char *complaint;

	world->trace.is_on = true;
	complaint = run(world, scenario, seed);
	printf("%s%s\n", world->trace.text, complaint ? complaint : "as expected");
}

static int run_all(struct world *world, const char *only, uint64_t seed)
{
	const char *rest = text;
	char line[SCENARIO_LINE_SIZE];
	int n_wrong = 0;
	int n_run = 0;

	while (scenario_next_line(&rest, line, sizeof(line))) {
		struct scenario scenario;
		size_t column = 0;
		int result = scenario_parse(&scenario, line, &column);

		if (result == MIDAIR_E_NO_EVENT)
			continue;
		if (result) {
			printf("FAILED  not a scenario, at column %zu: %s\n", column, line);
			n_wrong++;
		} else if (scenario.engine != SCENARIO_LAB && !only) {
			n_wrong += run_seeds(world, &scenario) != 0;
			n_run++;
		} else if (only && strcmp(only, scenario.name) == 0) {
			run_traced(world, &scenario, seed);
			n_run++;
		}
	}
	printf("%d scenarios, %d wrong\n", n_run, n_wrong);
	return n_run > 0 && n_wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int n_arguments, char **arguments)
{
	struct world *world = world_new();
	const char *path = n_arguments > 1 ? arguments[1] : SCENARIOS_CONF;
	const char *only = n_arguments > 2 ? arguments[2] : NULL;
	uint64_t seed = n_arguments > 3 ? strtoull(arguments[3], NULL, 10) : 1;
	int status = EXIT_FAILURE;

	if (read_file(path))
		status = run_all(world, only, seed);
	world_free(world);
	return status;
}
