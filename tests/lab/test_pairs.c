/* SPDX-License-Identifier: MIT */
/* Every pairing of pairs.conf comes out as it says: through a real server in the middle of the
 * lab, with real NATs, to an encrypted stream on which both sides have talked. */
#include "lab_test.h"

#include "lab/report.h"
#include "lab/scenario_list.h"

#define N_RUNS	   1
#define N_PARALLEL 6

static void tell_disagreement(void *context, const struct batch_item *item)
{
	char line[REPORT_LINE_SIZE];

	(void)context;
	if (batch_item_is_wrong(item) || item->is_untimed)
		print_error("%s\n", report_row(item, line));
}

static void every_pairing_comes_out_as_expected(void **state)
{
	const struct batch_config config = {
		.n_runs = N_RUNS,
		.n_parallel = N_PARALLEL,
		.tell = tell_disagreement,
	};
	const struct scenario *chosen[SCENARIO_LIST_MAX];
	struct scenario_list list;
	struct batch_item *items;
	size_t n_chosen = 0, n_wrong, n_untimed = 0;

	(void)state;
	assert_int_equal(scenario_list_read(&list, NULL, NULL), 0);
	for (size_t i = 0; i < list.n_scenarios; i++) {
		if (list.scenarios[i].has_server)
			chosen[n_chosen++] = &list.scenarios[i];
	}
	items = batch_items_new(chosen, n_chosen);
	assert_non_null(items);
	n_wrong = batch_run(items, n_chosen, &config);
	for (size_t i = 0; i < n_chosen; i++)
		n_untimed += items[i].is_untimed;
	print_message("%zu pairings, %zu not as expected, %zu late on a busy machine\n",
		      n_chosen, n_wrong, n_untimed);
	batch_items_free(items, n_chosen);
	scenario_list_deinit(&list);
	assert_true(n_chosen > 0);
	assert_int_equal(n_wrong, 0);
	/* A machine that is always busy cannot tell whether we are slow. */
	assert_true(n_untimed < n_chosen / 2);
}

/* Fifty at once behind one NAT on each side: each run has its own room, nobody meets another. */
static void many_rooms_are_kept_apart(void **state)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = 1};
	struct runner_config runs = {
		.scenario = &scenario, .n_runs = 50, .stagger_ns = 2000000};
	struct runner_result *result = NULL;
	struct network *network;
	struct lab_reason reason;

	(void)state;
	assert_int_equal(scenario_parse(&scenario,
					"many a=rst b=drop rtt=20ms server=20ms skew=200ms "
					"flags=ask-code expect=connect",
					NULL),
			 0);
	if (network_new(&network, &config, &reason) ||
	    runner_run(&result, network, &runs, &reason))
		fail_msg("%s", reason.text);
	for (uint32_t i = 0; i < result->n_runs; i++)
		assert_int_equal(result->runs[i].outcome, RUN_CONNECTED);
	runner_result_free(result);
	network_free(network);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_rooms_are_kept_apart),
		cmocka_unit_test(every_pairing_comes_out_as_expected),
	};

	(void)context;
	return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
