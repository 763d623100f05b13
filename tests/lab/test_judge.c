/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include <string.h>

#include "lab/judge.h"
#include "lab/scenario_list.h"

#define MS INT64_C(1000000)

static const struct side_outcome connected = {
	.is_over = true,
	.is_verified = true,
	.last = {.type = MIDAIR_EVENT_CONNECTED},
};
static const struct side_outcome deceived = {
	.is_over = true,
	.result = MIDAIR_E_LOST,
	.last = {.type = MIDAIR_EVENT_CONNECTED},
};
static const struct side_outcome refused = {
	.is_over = true,
	.result = MIDAIR_E_REFUSED,
	.last = {.type = MIDAIR_EVENT_FAILED},
};
static const struct side_outcome timed_out = {
	.is_over = true,
	.result = MIDAIR_E_TIMEOUT,
	.last = {.type = MIDAIR_EVENT_FAILED},
};
static const struct side_outcome silent = {.is_over = true};

static void two_sides_make_one_outcome(void **state)
{
	const struct {
		const char *name;
		const struct side_outcome *a, *b;
		enum run_outcome outcome;
	} rows[] = {
		{"both verified", &connected, &connected, RUN_CONNECTED},
		{"one without the peer's message", &connected, &deceived, RUN_BROKEN},
		{"one alone connected", &connected, &timed_out, RUN_BROKEN},
		{"one said nothing", &timed_out, &silent, RUN_BROKEN},
		{"both refused", &refused, &refused, RUN_REFUSED},
		{"both timed out", &timed_out, &timed_out, RUN_TIMEOUT},
		{"one of each", &refused, &timed_out, RUN_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		EXPECT(run_outcome_of(rows[i].a, rows[i].b) == rows[i].outcome, rows[i].name);
}

/* Each letter is a run: f connected in 80 ms, s connected in 200 ms, g gave up in 80 ms, x ran out of
 * time in 200 ms. */
static struct run_result run_of(char letter)
{
	if (letter == 'g')
		return (struct run_result){.outcome = RUN_FAILED, .time_ns = 80 * MS};
	if (letter == 'x')
		return (struct run_result){.outcome = RUN_TIMEOUT, .time_ns = 200 * MS};
	return (struct run_result){
		.outcome = RUN_CONNECTED,
		.time_ns = letter == 'f' ? 80 * MS : 200 * MS,
	};
}

static const struct {
	const char *runs;
	enum scenario_expectation expectation;
	uint64_t within_ns;
	bool is_as_expected, is_late;
	enum run_outcome seen;
} judgements[] = {
	{"fff", SCENARIO_CONNECT, 83 * MS, true, false, RUN_CONNECTED},
	{"fsf", SCENARIO_CONNECT, 83 * MS, true, false, RUN_CONNECTED},
	{"ssf", SCENARIO_CONNECT, 83 * MS, false, true, RUN_CONNECTED},
	{"sss", SCENARIO_CONNECT, 0, true, false, RUN_CONNECTED},
	{"fxf", SCENARIO_CONNECT, 0, false, false, RUN_CONNECTED},
	{"xxx", SCENARIO_CONNECT, 0, false, false, RUN_TIMEOUT},
	{"xxx", SCENARIO_FAILED, 0, true, false, RUN_TIMEOUT},
	{"xxx", SCENARIO_REFUSED, 0, false, false, RUN_TIMEOUT},
	/* a failure in time */
	{"ggg", SCENARIO_FAILED, 83 * MS, true, false, RUN_FAILED},
	{"gxg", SCENARIO_FAILED, 83 * MS, true, false, RUN_FAILED},
	{"xxx", SCENARIO_FAILED, 83 * MS, false, true, RUN_TIMEOUT},
	{"gxx", SCENARIO_FAILED, 83 * MS, false, true, RUN_TIMEOUT},
	{"xxx", SCENARIO_TIMEOUT, 300 * MS, true, false, RUN_TIMEOUT},
	/* of what is not expected the time says nothing */
	{"xxx", SCENARIO_CONNECT, 83 * MS, false, false, RUN_TIMEOUT},
	{"xxs", SCENARIO_CONNECT, 83 * MS, false, true, RUN_TIMEOUT},
	{"sss", SCENARIO_FAILED, 83 * MS, false, false, RUN_CONNECTED},
};

static void every_run_must_be_as_expected_and_the_median_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(judgements); i++) {
		struct scenario scenario = {
			.expectation = judgements[i].expectation,
			.within_ns = judgements[i].within_ns,
		};
		struct run_result runs[3];
		struct judgement judgement;

		for (int run = 0; run < 3; run++)
			runs[run] = run_of(judgements[i].runs[run]);
		judge(&judgement, &scenario, runs, 3);
		EXPECT(judgement.is_as_expected == judgements[i].is_as_expected,
		       judgements[i].runs);
		EXPECT(judgement.is_late == judgements[i].is_late, judgements[i].runs);
		EXPECT(judgement.seen == judgements[i].seen, judgements[i].runs);
	}
}

static void the_percentiles_are_of_the_runs(void **state)
{
	static struct run_result runs[200];
	struct scenario scenario = {.expectation = SCENARIO_CONNECT};
	struct judgement judgement;

	(void)state;
	for (int i = 0; i < 200; i++)
		runs[i] = (struct run_result){.outcome = RUN_CONNECTED, .time_ns = 200 - i};
	judge(&judgement, &scenario, runs, 200);
	assert_int_equal(judgement.median_ns, 100);
	assert_int_equal(judgement.p99_ns, 198);
}

static void the_built_in_list_is_read(void **state)
{
	struct scenario_list list;
	struct lab_reason reason = {{0}};

	(void)state;
	if (scenario_list_read(&list, NULL, &reason))
		fail_msg("%s", reason.text);
	assert_true(list.n_scenarios > 50);
	assert_ptr_equal(scenario_list_find(&list, list.scenarios[7].name), &list.scenarios[7]);
	assert_null(scenario_list_find(&list, "no-such-name"));
	scenario_list_deinit(&list);
}

static void a_bad_list_is_refused_with_the_place(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{"# comment\nx expect=connect\nx expect=connect\n", "list:3: a second \"x\""},
		{"x expect=perhaps\n", "list:1:"},
		{"\n\nx colour=red expect=connect\n", "list:3:"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scenario_list list;
		struct lab_reason reason = {{0}};

		EXPECT(scenario_list_parse(&list, rows[i].text, "list", &reason) < 0,
		       rows[i].text);
		EXPECT(strstr(reason.text, rows[i].reason) != NULL, reason.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sides_make_one_outcome),
		cmocka_unit_test(every_run_must_be_as_expected_and_the_median_in_time),
		cmocka_unit_test(the_percentiles_are_of_the_runs),
		cmocka_unit_test(the_built_in_list_is_read),
		cmocka_unit_test(a_bad_list_is_refused_with_the_place),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
