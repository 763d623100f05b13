/* SPDX-License-Identifier: MIT */
/* Runs that guess ports are not in each other's way; all others start nearly at once. */
#include "lab/stagger.h"

#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)

static const struct {
	const char *line;
	bool is_apart;	    /* a run has the boxes to itself */
	uint32_t n_at_most; /* in one network */
} rows[] = {
	{"x a=drop b=rst server=40ms expect=connect", false, UINT32_MAX},
	{"x a=apdm/random b=eif server=40ms expect=connect", false, UINT32_MAX},
	/* a listener is what would have made a one-way plan of it */
	{"x a=apdm/random b=eif server=40ms flags=no-listen expect=connect", true, 8},
	{"x a=apdm/sequential:1 b=apdm/sequential:2 server=40ms expect=connect", true,
	 UINT32_MAX},
	{"x a=apdm/random b=rst server=40ms expect=connect", true, 8},
	{"x a=adm/adf/random b=apdm/random server=40ms expect=connect", true, 8},
	/* the server forwards for 16 connections of one address */
	{"x a=apdm/random b=apdm/random server=40ms via=relay expect=connect", true, 16},
	{"x a=drop/refuse-syn-in b=rst/refuse-syn-in server=40ms via=relay expect=connect",
	 false, 16},
	/* without a server nobody guesses */
	{"x a=apdm/random b=rst expect=failed", false, UINT32_MAX},
};

static void runs_that_guess_have_the_boxes_to_themselves(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scenario scenario;

		EXPECT(scenario_parse(&scenario, rows[i].line, NULL) == 0, rows[i].line);
		EXPECT((stagger_ns(&scenario) > 400 * MS) == rows[i].is_apart, rows[i].line);
		EXPECT(stagger_n_together(&scenario) > 0 &&
			       stagger_n_together(&scenario) <= rows[i].n_at_most,
		       rows[i].line);
	}
}

static void a_skew_keeps_them_apart_all_the_same(void **state)
{
	struct scenario scenario;

	(void)state;
	assert_int_equal(scenario_parse(&scenario,
					"x a=apdm/sequential:1 b=drop server=40ms skew=-3s "
					"expect=connect",
					NULL),
			 0);
	assert_true(stagger_ns(&scenario) > 3000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_that_guess_have_the_boxes_to_themselves),
		cmocka_unit_test(a_skew_keeps_them_apart_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
