/* SPDX-License-Identifier: MIT */
#include "core/slot.h"

#include "core/random.h"
#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)
#define S  (UINT64_C(1000) * MS)
/* A multiple of all periods in the table. */
#define BASE (UINT64_C(86400) * 20000 * S)

/* times in ms, counted from BASE */
static const struct {
	const char *row;
	uint64_t period_ms, error_ms, now_ms, start_ms, until_ms;
	bool near_edge;
} cases[] = {
	{"mid-slot", 10000, 0, 5000, 10000, 20000, false},
	{"on the slot", 10000, 0, 0, 0, 14000, true},
	{"just after", 10000, 0, 1, 1, 14000, true},
	{"last of the margin after", 10000, 0, 1000, 1000, 14000, true},
	{"past the margin", 10000, 0, 1001, 10000, 20000, false},
	{"not yet near the next", 10000, 0, 8999, 10000, 20000, false},
	{"first of the margin before", 10000, 0, 9000, 10000, 24000, true},
	{"just before", 10000, 0, 9999, 10000, 24000, true},
	{"a clock 2 s off, after", 10000, 2000, 2000, 2000, 16000, true},
	{"a clock 2 s off, mid-slot", 10000, 2000, 2001, 10000, 20000, false},
	{"a clock 16 s off: a quarter at most", 10000, 16000, 2501, 10000, 20000, false},
	{"a clock 16 s off, before", 10000, 16000, 7500, 10000, 27000, true},
	{"the shortest period, mid-slot", 1000, 0, 500, 1000, 2000, false},
	{"the shortest period, after", 1000, 0, 250, 250, 3500, true},
	{"the shortest period, before", 1000, 0, 750, 1000, 4500, true},
	{"an hour", 3600000, 0, 1800000, 3600000, 7200000, false},
	{"the longest period", 86400000, 0, 43200000, 86400000, 172800000, false},
};

static void the_slot_follows_from_now_and_the_period(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		struct slot slot = slot_choose(BASE + cases[i].now_ms * MS, cases[i].period_ms,
					       cases[i].error_ms * MS);

		EXPECT(slot.start_ns == BASE + cases[i].start_ms * MS, cases[i].row);
		EXPECT(slot.until_ns == BASE + cases[i].until_ms * MS, cases[i].row);
		EXPECT(slot.near_edge == cases[i].near_edge, cases[i].row);
	}
}

static void a_boundless_error_does_not_overflow(void **state)
{
	struct slot slot = slot_choose(INT64_MAX, SLOT_PERIOD_MAX_MS, UINT64_MAX);

	(void)state;
	assert_true(slot.start_ns >= INT64_MAX);
	assert_true(slot.until_ns > slot.start_ns);
}

/* How long two dial at the same time, each by its own clock. */
static int64_t overlap_ns(struct slot a, int64_t a_error_ns, struct slot b, int64_t b_error_ns)
{
	int64_t a_start = (int64_t)a.start_ns - a_error_ns,
		a_until = (int64_t)a.until_ns - a_error_ns;
	int64_t b_start = (int64_t)b.start_ns - b_error_ns,
		b_until = (int64_t)b.until_ns - b_error_ns;

	return (a_until < b_until ? a_until : b_until) -
	       (a_start > b_start ? a_start : b_start);
}

/* The promise of the file: whoever asks within one slot, with clocks off by at most the margin,
 * dials together for long enough to repeat a lost SYN (or for half a short period). */
static void two_who_ask_within_one_slot_meet_whatever_their_clocks_say(void **state)
{
	static const uint64_t periods_ms[] = {1000,  1500,  4000,    7000,
					      10000, 60000, 3600000, 86400000};
	struct random random;

	(void)state;
	random_init(&random, 10);
	for (int i = 0; i < 200000; i++) {
		uint64_t period_ms = periods_ms[random_below(&random, N_ITEMS(periods_ms))];
		uint64_t period_ns = period_ms * MS;
		uint64_t maximum_error_ns = random_below(&random, 20 * S);
		uint64_t margin_ns = maximum_error_ns < S ? S : maximum_error_ns;
		uint64_t slot_ns = (10000 + random_below(&random, 1000)) * period_ns;
		struct slot slots[2];
		int64_t errors_ns[2];
		int64_t wanted_ns = (int64_t)(period_ns / 2 < SLOT_GRACE_NS ? period_ns / 2
									    : SLOT_GRACE_NS);

		if (margin_ns > period_ns / 4)
			margin_ns = period_ns / 4;
		for (int end = 0; end < 2; end++) {
			uint64_t asked_ns = slot_ns + random_below(&random, period_ns);

			errors_ns[end] = (int64_t)random_below(&random, 2 * margin_ns + 1) -
					 (int64_t)margin_ns;
			slots[end] = slot_choose(asked_ns + (uint64_t)errors_ns[end], period_ms,
						 maximum_error_ns);
		}
		assert_true(overlap_ns(slots[0], errors_ns[0], slots[1], errors_ns[1]) >=
			    wanted_ns);
	}
}

/* Two who press the key at one moment meet even when that moment is a slot's edge. */
static void two_who_ask_at_one_moment_meet_at_any_edge(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 11);
	for (int i = 0; i < 100000; i++) {
		uint64_t moment_ns = BASE - 3 * S + random_below(&random, 6 * S);
		int64_t a_error_ns = (int64_t)random_below(&random, 2 * S) - (int64_t)S;
		int64_t b_error_ns = (int64_t)random_below(&random, 2 * S) - (int64_t)S;
		struct slot a = slot_choose(moment_ns + (uint64_t)a_error_ns, 10000, 0);
		struct slot b = slot_choose(moment_ns + (uint64_t)b_error_ns, 10000, 0);

		assert_true(overlap_ns(a, a_error_ns, b, b_error_ns) >= (int64_t)SLOT_GRACE_NS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_slot_follows_from_now_and_the_period),
		cmocka_unit_test(a_boundless_error_does_not_overflow),
		cmocka_unit_test(two_who_ask_within_one_slot_meet_whatever_their_clocks_say),
		cmocka_unit_test(two_who_ask_at_one_moment_meet_at_any_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
