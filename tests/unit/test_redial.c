/* SPDX-License-Identifier: MIT */
#include "core/redial.h"

#include "tests/unit/unit.h"

#define S	UINT64_C(1000000000)
#define MS	UINT64_C(1000000)
#define START	(UINT64_C(1000000) * S)
#define SYN_MAX 8192
#define DIALS	16

/* SYN instants of a session, relative to its start, in order. */
struct record {
	size_t n;
	uint64_t at_ns[SYN_MAX];
};

/* How a simulated world answers: a refusal comes at least/at most so long after each SYN, with
 * quiet spells in which nobody answers. */
struct pattern {
	const char *name;
	uint32_t n_dials;
	uint64_t answer_min_ns;
	uint64_t answer_max_ns;
	uint64_t quiet_every_ns; /* 0: never quiet */
	uint64_t quiet_ns;
};

static const struct pattern patterns[] = {
	{"one dial, refused at once", 1, 1, 1000, 0, 0},
	{"sixteen dials, refused at once", DIALS, 1, 1000, 0, 0},
	{"sixteen dials on a switch", DIALS, 50000, 400000, 0, 0},
	{"three dials over 20 ms", 3, 15 * MS, 25 * MS, 0, 0},
	{"storms after rests that fill the bucket", DIALS, 1, 1000, 3 * S, 2 * S},
	{"storms after short rests", 5, 1, 100000, 400 * MS, 300 * MS},
	{"a rest across the change of rate", DIALS, 1, 1000, 11 * S, 3 * S},
};

static uint64_t answer_ns(const struct pattern *pattern, struct random *random, uint64_t now_ns)
{
	uint64_t at_ns = now_ns + pattern->answer_min_ns +
			 random_below(random, pattern->answer_max_ns - pattern->answer_min_ns);

	if (pattern->quiet_every_ns != 0) {
		uint64_t phase_ns = (at_ns - START) % pattern->quiet_every_ns;

		if (phase_ns < pattern->quiet_ns)
			at_ns += pattern->quiet_ns - phase_ns;
	}
	return at_ns;
}

/* Each dial: SYN, refusal, pause, SYN, ... The first SYN of a dial is no redial. */
static void play(const struct pattern *pattern, const struct redial_pace *pace, uint64_t seed,
		 uint64_t length_ns, struct record *record)
{
	uint64_t refused_ns[DIALS];
	uint64_t send_ns[DIALS] = {0};
	struct redial redial;
	struct random random;
	struct random world;

	random_init(&random, seed);
	random_init(&world, ~seed);
	redial_init(&redial, pace, START);
	record->n = 0;
	for (uint32_t i = 0; i < pattern->n_dials; i++)
		refused_ns[i] = answer_ns(pattern, &world, START);
	for (;;) {
		uint64_t now_ns = UINT64_MAX;
		uint32_t who = 0;

		for (uint32_t i = 0; i < pattern->n_dials; i++) {
			uint64_t due_ns = send_ns[i] != 0 ? send_ns[i] : refused_ns[i];

			if (due_ns < now_ns) {
				now_ns = due_ns;
				who = i;
			}
		}
		if (now_ns > START + length_ns || record->n == SYN_MAX)
			return;
		if (send_ns[who] == 0) {
			send_ns[who] = now_ns + redial_pause_ns(&redial, now_ns, &random);
			continue;
		}
		record->at_ns[record->n++] = now_ns - START;
		send_ns[who] = 0;
		refused_ns[who] = answer_ns(pattern, &world, now_ns);
	}
}

/* What the header promises for the window from `from` to `to`, one SYN for rounding. */
static uint64_t promised(const struct redial_pace *pace, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t early_ns = 0;
	uint64_t late_ns = to_ns - from_ns;

	if (from_ns < pace->early_ns) {
		early_ns = (to_ns < pace->early_ns ? to_ns : pace->early_ns) - from_ns;
		late_ns -= early_ns;
	}
	return pace->burst + 1 + (early_ns * pace->rate + late_ns * pace->late_rate) / S;
}

static void check_windows(const struct redial_pace *pace, const struct record *record,
			  const char *name)
{
	for (size_t first = 0; first < record->n; first++)
		for (size_t last = first; last < record->n; last++) {
			uint64_t from_ns = record->at_ns[first];
			uint64_t to_ns = record->at_ns[last];

			if (last - first + 1 > promised(pace, from_ns, to_ns))
				fail_msg("%s: %zu SYNs from %.3f to %.3f s", name,
					 last - first + 1, (double)from_ns / 1e9,
					 (double)to_ns / 1e9);
		}
}

static void no_window_has_more_redials_than_the_budget(void **state)
{
	static struct record record;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(patterns); i++)
		for (uint64_t seed = 0; seed < 12; seed++) {
			const struct redial_pace *pace =
				seed % 2 == 0 ? &redial_meeting : &redial_standing;

			play(&patterns[i], pace, seed, 14 * S, &record);
			assert_true(record.n > 100);
			check_windows(pace, &record, patterns[i].name);
		}
}

/* From the start, where the bucket is full, the promise has no rounding to hide behind. */
static void check_from_the_start(const struct redial_pace *pace)
{
	static struct record record;

	for (size_t i = 0; i < N_ITEMS(patterns); i++)
		for (uint64_t seed = 0; seed < 200; seed++) {
			play(&patterns[i], pace, seed, 11 * S, &record);
			for (size_t n = 0; n < record.n; n++)
				EXPECT(n + 1 < promised(pace, 0, record.at_ns[n]),
				       patterns[i].name);
		}
}

static void from_the_start_it_is_256_plus_200_a_second_then_50(void **state)
{
	(void)state;
	check_from_the_start(&redial_meeting);
}

static void a_standing_hole_has_64_plus_50_a_second_then_5(void **state)
{
	(void)state;
	check_from_the_start(&redial_standing);
	assert_int_equal(promised(&redial_standing, 0, 600 * S), 64 + 1 + 2 * 50 + 598 * 5);
}

/* The limit must not be met by hardly dialling at all. */
static void a_busy_dial_uses_most_of_the_budget(void **state)
{
	static struct record record;

	(void)state;
	play(&patterns[0], &redial_meeting, 1, 10 * S, &record);
	assert_true(record.n > REDIAL_BURST + 10 * REDIAL_RATE * 7 / 10);
}

static void with_tokens_the_pause_is_short_and_random(void **state)
{
	struct redial redial;
	struct random random;
	uint64_t smallest_ns = UINT64_MAX;
	uint64_t largest_ns = 0;

	(void)state;
	random_init(&random, 3);
	for (int round = 0; round < 100; round++) {
		redial_init(&redial, &redial_meeting, START);
		for (uint32_t i = 0; i < REDIAL_BURST; i++) {
			uint64_t pause_ns = redial_pause_ns(&redial, START, &random);

			assert_in_range(pause_ns, 1, REDIAL_QUICK_PAUSE_NS);
			smallest_ns = pause_ns < smallest_ns ? pause_ns : smallest_ns;
			largest_ns = pause_ns > largest_ns ? pause_ns : largest_ns;
		}
	}
	assert_true(smallest_ns < REDIAL_QUICK_PAUSE_NS / 100);
	assert_true(largest_ns > REDIAL_QUICK_PAUSE_NS / 100 * 99);
}

static void an_urgent_redial_has_no_pause_but_waits_for_its_token(void **state)
{
	struct redial redial;
	struct random random;

	(void)state;
	random_init(&random, 5);
	redial_init(&redial, &redial_meeting, START);
	for (uint32_t i = 0; i < REDIAL_BURST; i++)
		assert_true(redial_urgent_pause_ns(&redial, START, &random) == 1);
	assert_true(redial_urgent_pause_ns(&redial, START, &random) >= S / REDIAL_RATE);
}

static void drain(struct redial *redial, uint64_t now_ns, struct random *random)
{
	for (uint32_t i = 0; i < REDIAL_BURST; i++)
		redial_pause_ns(redial, now_ns, random);
}

static void without_tokens_the_wait_is_stretched_by_up_to_a_half(void **state)
{
	const struct {
		uint64_t now_ns;
		uint64_t token_ns;
	} rows[] = {
		{START, S / REDIAL_RATE},
		{START + REDIAL_EARLY_NS + 60 * S, S / REDIAL_LATE_RATE},
	};

	(void)state;
	for (size_t row = 0; row < N_ITEMS(rows); row++) {
		uint64_t largest_ns = 0;
		struct redial redial;
		struct random random;

		random_init(&random, row);
		for (int round = 0; round < 300; round++) {
			uint64_t pause_ns;

			redial_init(&redial, &redial_meeting, START);
			drain(&redial, rows[row].now_ns, &random);
			pause_ns = redial_pause_ns(&redial, rows[row].now_ns, &random);
			assert_in_range(pause_ns, rows[row].token_ns,
					rows[row].token_ns * 3 / 2 + REDIAL_QUICK_PAUSE_NS + 2);
			largest_ns = pause_ns > largest_ns ? pause_ns : largest_ns;
		}
		assert_true(largest_ns > rows[row].token_ns * 5 / 4);
	}
}

/* The bucket is empty 10 ms before the change: two tokens come back before it, the third takes
 * another 20 ms, the fourth 40. */
static void a_wait_across_the_change_of_rate_uses_both_rates(void **state)
{
	const uint64_t least_ns[] = {5 * MS, 10 * MS, 30 * MS, 50 * MS};
	const uint64_t now_ns = START + REDIAL_EARLY_NS - 10 * MS;
	struct redial redial;
	struct random random;

	(void)state;
	random_init(&random, 5);
	redial_init(&redial, &redial_meeting, START);
	drain(&redial, now_ns, &random);
	for (size_t i = 0; i < N_ITEMS(least_ns); i++)
		assert_in_range(redial_pause_ns(&redial, now_ns, &random), least_ns[i],
				least_ns[i] * 3 / 2 + REDIAL_QUICK_PAUSE_NS + 2);
}

static void a_refill_across_the_change_of_rate_uses_both_rates(void **state)
{
	struct redial redial;
	struct random random;

	(void)state;
	random_init(&random, 6);
	redial_init(&redial, &redial_meeting, START);
	drain(&redial, START + REDIAL_EARLY_NS - S / 2, &random);
	/* half a second at 200 and half a second at 50 are 125 tokens */
	for (int i = 0; i < 125; i++)
		assert_true(redial_pause_ns(&redial, START + REDIAL_EARLY_NS + S / 2,
					    &random) <= REDIAL_QUICK_PAUSE_NS);
	assert_true(redial_pause_ns(&redial, START + REDIAL_EARLY_NS + S / 2, &random) >=
		    S / REDIAL_LATE_RATE);
}

static void a_long_rest_fills_the_bucket_and_no_more(void **state)
{
	const uint64_t rests_ns[] = {6 * S, 60 * S, 86400 * S, UINT64_MAX / 2 - START};

	(void)state;
	for (size_t row = 0; row < N_ITEMS(rests_ns); row++) {
		uint64_t now_ns = START + REDIAL_EARLY_NS + rests_ns[row];
		struct redial redial;
		struct random random;

		random_init(&random, row);
		redial_init(&redial, &redial_meeting, START);
		drain(&redial, START + REDIAL_EARLY_NS, &random);
		for (uint32_t i = 0; i < REDIAL_BURST; i++)
			assert_true(redial_pause_ns(&redial, now_ns, &random) <=
				    REDIAL_QUICK_PAUSE_NS);
		assert_true(redial_pause_ns(&redial, now_ns, &random) >= S / REDIAL_LATE_RATE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_urgent_redial_has_no_pause_but_waits_for_its_token),
		cmocka_unit_test(no_window_has_more_redials_than_the_budget),
		cmocka_unit_test(from_the_start_it_is_256_plus_200_a_second_then_50),
		cmocka_unit_test(a_standing_hole_has_64_plus_50_a_second_then_5),
		cmocka_unit_test(a_busy_dial_uses_most_of_the_budget),
		cmocka_unit_test(with_tokens_the_pause_is_short_and_random),
		cmocka_unit_test(without_tokens_the_wait_is_stretched_by_up_to_a_half),
		cmocka_unit_test(a_wait_across_the_change_of_rate_uses_both_rates),
		cmocka_unit_test(a_refill_across_the_change_of_rate_uses_both_rates),
		cmocka_unit_test(a_long_rest_fills_the_bucket_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
