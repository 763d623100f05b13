/* SPDX-License-Identifier: MIT */
#include "core/crossing.h"

#include "tests/unit/unit.h"

static const struct {
	const char *name;
	struct crossing_counts counts; /* in, out, data in, retransmissions */
	enum midair_crossing expected;
} rows[] = {
	{"answered", {1, 2, 0, 0}, MIDAIR_ANSWERED},
	{"answered, seen before our ACK was counted", {1, 1, 0, 0}, MIDAIR_ANSWERED},
	{"answered after two lost SYNs", {1, 4, 0, 2}, MIDAIR_ANSWERED},
	{"answered, the peer has sent data already", {3, 3, 2, 0}, MIDAIR_ANSWERED},
	{"met by the peer's SYN", {2, 2, 0, 0}, MIDAIR_MET_BY_PEER},
	{"met after our SYN was sent five times", {2, 7, 0, 5}, MIDAIR_MET_BY_PEER},
	{"crossed", {2, 3, 0, 0}, MIDAIR_CROSSED},
	{"crossed, and the peer's ACK is here", {3, 3, 0, 0}, MIDAIR_CROSSED},
	{"crossed after a lost SYN", {2, 4, 0, 1}, MIDAIR_CROSSED},
	{"met or crossed, data hides which", {3, 3, 1, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"only data was counted", {2, 3, 2, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"nothing was counted", {0, 0, 0, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"only what went out was counted", {0, 2, 0, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"only what went out was counted, three", {0, 3, 0, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"only what came in was counted", {2, 0, 0, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"more data than segments", {1, 2, 2, 0}, MIDAIR_CROSSING_UNKNOWN},
	{"more sent again than sent", {2, 2, 0, 3}, MIDAIR_CROSSING_UNKNOWN},
	{"counters at their ends",
	 {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
	 MIDAIR_CROSSING_UNKNOWN},
};

static void the_counters_tell_how_it_was_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		EXPECT(crossing_classify(&rows[i].counts) == rows[i].expected, rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_counters_tell_how_it_was_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
