/* SPDX-License-Identifier: MIT */
#include "core/self_odds.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static struct midair_self_odds odds_of(uint16_t first, uint16_t last, uint16_t port,
				       enum midair_port_choice choice)
{
	const struct self_odds_range range = {.first = first, .last = last};
	struct midair_self_odds odds;

	self_odds(&odds, &range, port, choice);
	return odds;
}

static void a_port_can_be_chosen_or_not(void **state)
{
	static const struct {
		const char *name;
		uint16_t first, last, port;
		enum midair_port_choice choice;
		bool is_possible;
	} rows[] = {
		{"even range, even port", 32768, 60999, 40000, MIDAIR_CHOICE_CONNECT, true},
		{"even range, odd port", 32768, 60999, 40001, MIDAIR_CHOICE_CONNECT, false},
		{"odd range, odd port", 32769, 60999, 40001, MIDAIR_CHOICE_CONNECT, true},
		{"odd range, even port", 32769, 60999, 40000, MIDAIR_CHOICE_CONNECT, false},
		{"bind, even port", 32768, 60999, 40000, MIDAIR_CHOICE_BIND, false},
		{"bind, odd port", 32768, 60999, 40001, MIDAIR_CHOICE_BIND, true},
		{"range, even port", 32768, 60999, 40000, MIDAIR_CHOICE_RANGE, true},
		{"range, odd port", 32768, 60999, 40001, MIDAIR_CHOICE_RANGE, true},
		{"first port", 32768, 60999, 32768, MIDAIR_CHOICE_CONNECT, true},
		{"below", 32768, 60999, 32766, MIDAIR_CHOICE_CONNECT, false},
		{"above", 32768, 60999, 61000, MIDAIR_CHOICE_RANGE, false},
		{"one port", 5000, 5000, 5000, MIDAIR_CHOICE_CONNECT, true},
		{"one port, bind", 5001, 5001, 5001, MIDAIR_CHOICE_BIND, true},
		{"every port", 1, 65535, 65535, MIDAIR_CHOICE_CONNECT, true},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_self_odds odds =
			odds_of(rows[i].first, rows[i].last, rows[i].port, rows[i].choice);

		EXPECT(odds.is_possible == rows[i].is_possible, rows[i].name);
		EXPECT((odds.median_tries > 0) == rows[i].is_possible, rows[i].name);
	}
}

static void the_default_range_has_the_measured_odds(void **state)
{
	/* 200 runs on Linux 6.18: a median of 7.8k, a mean of 11.4k, at most 66k. The standard
	 * error of such a mean is about 800. */
	struct midair_self_odds odds = odds_of(32768, 60999, 40000, MIDAIR_CHOICE_CONNECT);

	(void)state;
	assert_int_equal(odds.n_candidates, 14116);
	assert_in_range(odds.median_tries, 7000, 9500);
	assert_in_range(odds.mean_tries, 10500, 13000);
	assert_in_range(odds.p99_tries, 45000, 70000);
}

static void reserved_ports_make_the_others_likelier(void **state)
{
	struct self_odds_range range = {.first = 1000, .last = 1199, .n_reserved = 90};
	struct midair_self_odds odds;

	(void)state;
	self_odds(&odds, &range, 1000, MIDAIR_CHOICE_BIND);
	assert_false(odds.is_possible);
	self_odds(&odds, &range, 1001, MIDAIR_CHOICE_BIND);
	assert_int_equal(odds.mean_tries, 10);
	range.is_reserved = true;
	self_odds(&odds, &range, 1001, MIDAIR_CHOICE_BIND);
	assert_true(!odds.is_possible && odds.is_reserved);
	range = (struct self_odds_range){.first = 1000, .last = 1199, .n_reserved = 100};
	self_odds(&odds, &range, 1001, MIDAIR_CHOICE_BIND);
	assert_false(odds.is_possible);
}

/* ---- the walk itself, played -------------------------------------------------------------- */

static uint32_t some(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

static int compare(const void *left, const void *right)
{
	const uint32_t *a = left;
	const uint32_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* Steps of 1 to 8 round a circle of n ports until port 0 is met. */
static uint32_t play(uint64_t *seed, uint32_t n)
{
	uint32_t at = some(seed, n);
	uint32_t n_tries = 1;

	for (; at != 0; n_tries++)
		at = (at + 1 + some(seed, 8)) % n;
	return n_tries;
}

#define N_GAMES 4001

static void the_derivation_agrees_with_the_played_walk(void **state)
{
	static uint32_t tries[N_GAMES];
	uint64_t seed = 1, sum = 0;
	struct midair_self_odds odds = odds_of(10000, 11999, 10000, MIDAIR_CHOICE_CONNECT);

	(void)state;
	for (size_t i = 0; i < N_GAMES; i++)
		sum += tries[i] = play(&seed, odds.n_candidates);
	qsort(tries, N_GAMES, sizeof(tries[0]), compare);
	uint32_t mean = (uint32_t)(sum / N_GAMES);

	/* 4,001 games: the mean's standard error is 1.5 %, the 99th percentile's 5 %. */
	assert_in_range(mean, odds.mean_tries * 94 / 100, odds.mean_tries * 106 / 100);
	assert_in_range(tries[N_GAMES / 2], odds.median_tries * 93 / 100,
			odds.median_tries * 107 / 100);
	assert_in_range(tries[N_GAMES * 99 / 100], odds.p99_tries * 85 / 100,
			odds.p99_tries * 115 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_can_be_chosen_or_not),
		cmocka_unit_test(the_default_range_has_the_measured_odds),
		cmocka_unit_test(reserved_ports_make_the_others_likelier),
		cmocka_unit_test(the_derivation_agrees_with_the_played_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
