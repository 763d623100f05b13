/* SPDX-License-Identifier: MIT */
/* The round trip that a session reports, however the connection came about: of a crossing the
 * kernel's own figure is too small (src/lib/session_sockets.c). */
#include "lab_test.h"

#include <stdio.h>

#include "lab/runner.h"

#define N_RUNS	   5
#define NOMINAL_US 40000
/* Nobody's round trip is shorter than the line; a busy machine may make some longer. */
#define SHORTEST_US  (NOMINAL_US - 1000)
#define BEST_AT_MOST (NOMINAL_US + 5000)

static const struct {
	const char *line;
	enum midair_crossing b; /* how the later side, b, must see it */
} rows[] = {
	{"a=rst b=rst rtt=40ms", MIDAIR_CROSSED},
	{"a=drop b=drop rtt=40ms skew=200ms", MIDAIR_ANSWERED},
	{"rtt=40ms skew=200ms flags=listen", MIDAIR_CAUGHT},
};

static void check(const struct runner_result *result, size_t row)
{
	uint32_t best_us = UINT32_MAX;
	uint32_t n_as_told = 0;

	for (uint32_t run = 0; run < result->n_runs; run++) {
		const struct side_outcome *sides = result->runs[run].sides;

		EXPECT(result->runs[run].outcome == RUN_CONNECTED, rows[row].line);
		for (int side = 0; side < LAB_N_SIDES; side++) {
			uint32_t round_trip_us = sides[side].last.round_trip_us;

			EXPECT(round_trip_us >= SHORTEST_US, rows[row].line);
			best_us = round_trip_us < best_us ? round_trip_us : best_us;
		}
		n_as_told += sides[LAB_B].last.crossing == rows[row].b;
	}
	EXPECT(best_us <= BEST_AT_MOST, rows[row].line);
	EXPECT(n_as_told > 0, rows[row].line);
}

static void the_round_trip_is_the_lines(void **state)
{
	(void)state;
	for (size_t row = 0; row < N_ITEMS(rows); row++) {
		char line[160];
		struct scenario scenario;
		struct runner_result *result = NULL;
		struct lab_reason reason;
		struct network *network = lab_test_network(rows[row].line);
		struct runner_config config = {
			.scenario = &scenario,
			.n_runs = N_RUNS,
			.stagger_ns = UINT64_C(30000000),
		};

		snprintf(line, sizeof(line), "row %s expect=connect", rows[row].line);
		assert_int_equal(scenario_parse(&scenario, line, NULL), 0);
		if (runner_run(&result, network, &config, &reason) != 0)
			fail_msg("%s", reason.text);
		check(result, row);
		runner_result_free(result);
		network_free(network);
	}
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_round_trip_is_the_lines)};

	(void)context;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
