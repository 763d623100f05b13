/* SPDX-License-Identifier: MIT */
/*
 * Takes parts of the engine away and shows that the simulator notices: that the redial's jitter
 * and the redial itself are what makes the scenarios pass, and not the simulator's kindness.
 */
#include "tests/sim/scenario_world.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define US UINT64_C(1000)
#define MS (UINT64_C(1000) * US)

static struct world *world;

static int set_up(void **state)
{
	(void)state;
	world = world_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world = world_free(world);
	return 0;
}

static struct scenario parse(const char *line)
{
	struct scenario scenario;

	if (scenario_parse(&scenario, line, NULL))
		fail_msg("not a scenario: %s", line);
	return scenario;
}

static bool connects(const struct scenario *scenario, uint64_t seed, uint64_t fixed_pause_ns)
{
	uint64_t until_ns = scenario_world(world, scenario, seed);

	world->nodes[NODE_A].player.fixed_pause_ns = fixed_pause_ns;
	world->nodes[NODE_B].player.fixed_pause_ns = fixed_pause_ns;
	world_run(world, until_ns);
	assert_false(world->is_overflowing);
	return world_is_joined(world);
}

/* 0.2 ms of pause and 0.1 ms of round trip: a SYN is out for a third of the time. Whether two
 * equal periods meet depends on their phase alone, and it never changes. */
static void equal_pauses_lock_in_phase(void **state)
{
	struct scenario scenario = parse("x a=rst b=rst rtt=0.1ms timeout=2s expect=connect");
	int n_met = 0;
	int n_jittered = 0;

	(void)state;
	for (int phase = 0; phase < 30; phase++) {
		scenario.skew_ns = (int64_t)(30 * MS) + phase * (int64_t)(10 * US);
		n_met += connects(&scenario, 1, 200 * US);
		n_jittered += connects(&scenario, 1, 0);
	}
	assert_in_range(n_met, 1, 25);
	assert_int_equal(n_jittered, 30);
}

/* One try each: the cliff stands at skew = d, to the microsecond. */
static void without_redial_resetting_boxes_have_a_cliff(void **state)
{
	static const struct {
		int64_t skew_us;
		bool is_met;
	} rows[] = {
		{0, true},	{39999, true},	 {40001, false},   {60000, false},
		{-39999, true}, {-40001, false}, {1000000, false},
	};
	struct scenario scenario = parse("x a=rst b=rst flags=once expect=connect");

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		scenario.skew_ns = rows[i].skew_us * (int64_t)US;
		assert_int_equal(connects(&scenario, 1, 0), rows[i].is_met);
	}
}

static void with_redial_there_is_no_cliff(void **state)
{
	struct scenario scenario = parse("x a=rst b=rst expect=connect");

	(void)state;
	for (int64_t skew_ms = -200; skew_ms <= 200; skew_ms += 5) {
		scenario.skew_ns = skew_ms * (int64_t)MS;
		assert_true(connects(&scenario, 1, 0));
	}
}

/* A pause as long as a polite programmer would make it: late by tens of milliseconds where the
 * engine is late by one round trip. */
static void a_long_pause_is_late(void **state)
{
	struct scenario scenario =
		parse("x a=rst b=rst rtt=2ms skew=300ms timeout=30s expect=connect");
	uint64_t polite_ns = 0;
	uint64_t engine_ns = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		scenario.skew_ns += (int64_t)(7 * MS);
		if (connects(&scenario, seed, 100 * MS))
			polite_ns += scenario_later_ns(world);
		else
			polite_ns += scenario.timeout_ns;
		assert_true(connects(&scenario, seed, 0));
		engine_ns += scenario_later_ns(world);
	}
	assert_true(engine_ns < 20 * 10 * MS);
	assert_true(polite_ns > 20 * engine_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_pauses_lock_in_phase),
		cmocka_unit_test(without_redial_resetting_boxes_have_a_cliff),
		cmocka_unit_test(with_redial_there_is_no_cliff),
		cmocka_unit_test(a_long_pause_is_late),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
