/* SPDX-License-Identifier: MIT */
#include "core/volley.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/nat.h"
#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)
#define PEER                                                                                   \
	{                                                                                      \
		.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 9                    \
	}
#define SECOND (1000 * MS)

/* A driver without sockets: it remembers what it was told. */
static struct {
	struct volley volley;
	uint64_t now_ns;
	uint32_t n_dials, n_closed, n_ends, n_most;
	uint32_t n_in_batch;
	struct volley_action last;
	uint32_t n_of_port[65536];
	uint16_t ports[VOLLEY_SYNS_MAX + 1];
	bool is_open[VOLLEY_DIALS_MAX];
} play;

static void obey(const struct volley_action *action)
{
	switch (action->type) {
	case VOLLEY_ACTION_DIAL:
		assert_true(play.n_dials < VOLLEY_SYNS_MAX);
		assert_true(action->dial < VOLLEY_DIALS_MAX);
		assert_false(play.is_open[action->dial]);
		assert_true(action->port <= VOLLEY_DIALS_MAX);
		assert_int_equal(action->port, volley_port(&play.volley, action->dial));
		play.is_open[action->dial] = true;
		play.ports[play.n_dials++] = action->remote.port;
		play.n_of_port[action->remote.port]++;
		play.n_in_batch++;
		play.last = *action;
		break;
	case VOLLEY_ACTION_CLOSE:
		assert_true(play.is_open[action->dial]);
		play.is_open[action->dial] = false;
		play.n_closed++;
		break;
	case VOLLEY_ACTION_END:
		play.n_ends++;
		break;
	}
}

static void tell(enum volley_event_type type, uint32_t dial, int result)
{
	struct volley_event event = {type, play.now_ns, dial, result};
	struct volley_update update;

	if (type == VOLLEY_EVENT_REFUSED || type == VOLLEY_EVENT_UNSENT)
		play.is_open[dial] = false;
	volley_step(&play.volley, &event, &update);
	assert_true(update.n_actions <= VOLLEY_ACTIONS_MAX);
	for (uint32_t i = 0; i < update.n_actions; i++)
		obey(&update.actions[i]);
	if (play.volley.n_open > play.n_most)
		play.n_most = play.volley.n_open;
}

static void begin(struct volley_config config)
{
	const struct midair_endpoint peer = PEER;

	memset(&play, 0, sizeof(play));
	config.peer = peer;
	config.timeout_ns = config.timeout_ns ? config.timeout_ns : 10 * SECOND;
	config.seed = 1;
	volley_init(&play.volley, &config);
	play.now_ns = SECOND;
	tell(VOLLEY_EVENT_START, 0, 0);
}

/* Whether there was something to do before until_ns. */
static bool step(uint64_t until_ns)
{
	uint64_t deadline_ns = volley_deadline(&play.volley);

	if (deadline_ns > until_ns)
		return false;
	/* one that has passed is due now */
	if (deadline_ns > play.now_ns)
		play.now_ns = deadline_ns;
	play.n_in_batch = 0;
	tell(VOLLEY_EVENT_TIME, 0, 0);
	return true;
}

static void run(uint64_t for_ns)
{
	uint64_t until_ns = play.now_ns + for_ns;

	for (uint32_t n = 0; step(until_ns); n++)
		assert_true(n < 100000);
	play.now_ns = until_ns;
}

static const struct plan_side birthday = {
	.targets = PLAN_TARGETS_RANDOM,
	.n_targets = PLAN_DESTINATIONS_MAX,
	.n_volleys = 2,
};

static void many_destinations_are_distinct_and_no_well_known_ports(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday});
	run(5 * SECOND);
	assert_int_equal(play.n_dials, 2 * PLAN_DESTINATIONS_MAX);
	for (uint32_t port = 0; port < 65536; port++)
		assert_true(play.n_of_port[port] <= (port < NAT_PORT_MIN ? 0 : 1));
	assert_int_equal(play.last.port, 0);
	assert_int_equal(play.last.remote.address[3], 1);
}

static void dials_are_paced(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday});
	assert_int_equal(play.n_in_batch, VOLLEY_BATCH);
	while (play.n_dials < PLAN_DESTINATIONS_MAX) {
		uint64_t before_ns = play.now_ns;

		assert_true(step(UINT64_MAX));
		assert_int_equal(play.n_in_batch, VOLLEY_BATCH);
		assert_int_equal(play.now_ns - before_ns, VOLLEY_BATCH_NS);
	}
	/* the second volley waits for the first to meet */
	assert_true(volley_deadline(&play.volley) - play.now_ns > 500 * MS);
	assert_true(play.now_ns - SECOND < 330 * MS);
}

static void one_volley_is_enough_where_the_driver_says_so(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday, .n_volleys = 1});
	run(5 * SECOND);
	assert_int_equal(play.n_dials, PLAN_DESTINATIONS_MAX);
}

static void a_refused_one_comes_again_at_the_end_of_the_line(void **state)
{
	struct plan_side window = {
		.targets = PLAN_TARGETS_WINDOW,
		.first_port = 50000,
		.step = 2,
		.spread = 1,
		.n_targets = 40,
		.n_volleys = 1,
	};

	(void)state;
	begin((struct volley_config){.side = window});
	assert_int_equal(play.ports[3], 50006);
	tell(VOLLEY_EVENT_REFUSED, 3, 0);
	run(SECOND);
	assert_int_equal(play.n_dials, 41);
	assert_int_equal(play.ports[39], 50078);
	assert_int_equal(play.last.dial, 3);
	assert_int_equal(play.last.remote.port, 50006);
	/* it is told twice, or of none that is open: nothing happens */
	tell(VOLLEY_EVENT_REFUSED, 3, 0);
	tell(VOLLEY_EVENT_REFUSED, 3, 0);
	tell(VOLLEY_EVENT_REFUSED, 40, 0);
	tell(VOLLEY_EVENT_LANDED, VOLLEY_DIALS_MAX, 0);
	run(SECOND);
	assert_int_equal(play.n_dials, 42);
}

static void a_refused_random_port_is_replaced(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday});
	tell(VOLLEY_EVENT_REFUSED, 5, 0);
	run(400 * MS);
	assert_int_equal(play.n_dials, PLAN_DESTINATIONS_MAX + 1);
	assert_int_equal(play.last.dial, 5);
	assert_int_not_equal(play.last.remote.port, play.ports[5]);
}

static void the_whole_is_bounded(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday, .timeout_ns = 3600 * SECOND});
	for (uint32_t n = 0; n < 100000; n++) {
		for (uint32_t i = 0; i < VOLLEY_DIALS_MAX; i++)
			if (play.is_open[i])
				tell(VOLLEY_EVENT_REFUSED, i, 0);
		if (!step(play.now_ns + 600 * SECOND))
			break;
	}
	assert_int_equal(play.n_dials, VOLLEY_SYNS_MAX);
	assert_true(play.n_most <= PLAN_DESTINATIONS_MAX);
}

static void the_nth_port_follows_the_step_and_the_spread(void **state)
{
	static const struct {
		uint16_t first;
		int16_t step;
		uint16_t spread, n;
		uint16_t expected;
	} rows[] = {
		{2000, 1, 1, 5, 2005},	 {2000, -1, 1, 5, 1995}, {65535, 1, 1, 1, 1024},
		{1024, -1, 1, 1, 65535}, {2000, 3, 4, 5, 2018},	 {65000, 1000, 1, 39, 39488},
		{80, 1, 1, 0, 64592},	 {2000, 1, 0, 3, 2003},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		begin((struct volley_config){
			.side = {.targets = PLAN_TARGETS_WINDOW,
				 .first_port = rows[i].first,
				 .step = rows[i].step,
				 .spread = rows[i].spread,
				 .n_targets = 40,
				 .n_volleys = 1},
		});
		run(SECOND);
		assert_int_equal(play.ports[rows[i].n], rows[i].expected);
	}
}

static void each_source_has_its_local_ports(void **state)
{
	static const struct {
		enum plan_source source;
		uint32_t first, last;
	} rows[] = {
		{PLAN_FROM_SESSION_PORT, 0, 0},
		{PLAN_FROM_ONE_PORT, 1, 1},
		{PLAN_FROM_MANY_PORTS, 1, 16},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		begin((struct volley_config){
			.side = {.targets = PLAN_TARGETS_WINDOW,
				 .source = rows[i].source,
				 .first_port = 50000,
				 .step = 1,
				 .n_targets = 16},
		});
		assert_int_equal(play.n_dials, 16);
		assert_int_equal(volley_port(&play.volley, 0), rows[i].first);
		assert_int_equal(play.last.port, rows[i].last);
	}
}

/* From many ports our outer port moves on with each SYN, and so do the targets. */
static void a_window_from_many_ports_goes_on(void **state)
{
	(void)state;
	begin((struct volley_config){
		.side = {.targets = PLAN_TARGETS_WINDOW,
			 .source = PLAN_FROM_MANY_PORTS,
			 .first_port = 50000,
			 .step = 1,
			 .n_targets = 16},
	});
	tell(VOLLEY_EVENT_REFUSED, 2, 0);
	run(SECOND);
	assert_int_equal(play.last.dial, 2);
	assert_int_equal(play.last.remote.port, 50016);
}

static void an_unanswered_dial_comes_again_where_planned(void **state)
{
	(void)state;
	begin((struct volley_config){
		.side = {.targets = PLAN_TARGETS_EXACT,
			 .source = PLAN_FROM_MANY_PORTS,
			 .first_port = 50000,
			 .n_targets = 20,
			 .retry_ms = 300},
	});
	run(290 * MS);
	assert_int_equal(play.n_dials, 20);
	assert_int_equal(play.n_closed, 0);
	tell(VOLLEY_EVENT_LANDED, 7, 0);
	run(30 * MS);
	assert_int_equal(play.n_closed, 19);
	assert_int_equal(play.n_dials, 39);
	assert_int_equal(play.n_of_port[50000], 39);
}

static void it_waits_where_planned(void **state)
{
	struct plan_side side = birthday;

	(void)state;
	side.wait_ms = 1000;
	begin((struct volley_config){.side = side});
	run(999 * MS);
	assert_int_equal(play.n_dials, 0);
	run(2 * MS);
	assert_int_equal(play.n_dials, VOLLEY_BATCH);
	/* both volleys, and the pause between them, follow as ever */
	run(5 * SECOND);
	assert_int_equal(play.n_dials, VOLLEY_DIALS_MAX);
	/* the plan changes, or the session is over */
	begin((struct volley_config){.side = side});
	run(500 * MS);
	tell(VOLLEY_EVENT_STOP, 0, 0);
	run(5 * SECOND);
	assert_int_equal(play.n_dials, 0);
	assert_int_equal(play.n_ends, 1);
}

static void descriptors_that_run_out_limit_the_volley(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday, .n_open_max = 50});
	run(5 * SECOND);
	assert_int_equal(play.n_dials, 50);
	begin((struct volley_config){.side = birthday});
	tell(VOLLEY_EVENT_UNSENT, 15, -EMFILE);
	run(5 * SECOND);
	assert_int_equal(play.n_dials, 16);
	tell(VOLLEY_EVENT_REFUSED, 0, 0);
	run(SECOND);
	assert_int_equal(play.n_dials, 17);
}

static void a_pair_that_is_taken_is_given_up(void **state)
{
	(void)state;
	begin((struct volley_config){
		.side = {.targets = PLAN_TARGETS_WINDOW, .first_port = 50000, .n_targets = 2},
	});
	for (int i = 0; i < 10; i++) {
		if (play.is_open[1])
			tell(VOLLEY_EVENT_UNSENT, 1, -EADDRNOTAVAIL);
		run(20 * MS);
	}
	assert_int_equal(play.n_dials, 4);
}

static void it_ends_once(void **state)
{
	(void)state;
	begin((struct volley_config){.side = birthday, .timeout_ns = 100 * MS});
	run(SECOND);
	assert_int_equal(play.n_ends, 1);
	assert_true(volley_deadline(&play.volley) == VOLLEY_NO_DEADLINE);
	tell(VOLLEY_EVENT_STOP, 0, 0);
	assert_int_equal(play.n_ends, 1);
	begin((struct volley_config){.side = birthday});
	tell(VOLLEY_EVENT_STOP, 0, 0);
	tell(VOLLEY_EVENT_TIME, 0, 0);
	tell(VOLLEY_EVENT_START, 0, 0);
	assert_int_equal(play.n_ends, 1);
	assert_int_equal(play.n_dials, VOLLEY_BATCH);
}

static void a_side_without_a_volley_only_ends(void **state)
{
	(void)state;
	begin((struct volley_config){.timeout_ns = 100 * MS});
	run(SECOND);
	assert_int_equal(play.n_dials, 0);
	assert_int_equal(play.n_ends, 1);
}

/* What a hostile peer could make of a plan, had it a hand in it. */
static void numbers_beyond_the_budget_are_cut(void **state)
{
	struct plan_side side = {
		.targets = PLAN_TARGETS_RANDOM,
		.n_targets = UINT16_MAX,
		.n_volleys = UINT16_MAX,
	};

	(void)state;
	begin((struct volley_config){.side = side});
	run(9 * SECOND);
	assert_int_equal(play.n_dials, 2 * PLAN_DESTINATIONS_MAX);
	side.source = PLAN_FROM_MANY_PORTS;
	begin((struct volley_config){.side = side});
	run(9 * SECOND);
	assert_int_equal(play.n_dials, 2 * PLAN_LOCAL_PORTS_MAX);
	side.source = PLAN_FROM_ONE_PORT;
	side.targets = PLAN_TARGETS_EXACT;
	begin((struct volley_config){.side = side});
	run(9 * SECOND);
	assert_int_equal(play.n_dials, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_destinations_are_distinct_and_no_well_known_ports),
		cmocka_unit_test(dials_are_paced),
		cmocka_unit_test(one_volley_is_enough_where_the_driver_says_so),
		cmocka_unit_test(a_refused_one_comes_again_at_the_end_of_the_line),
		cmocka_unit_test(a_refused_random_port_is_replaced),
		cmocka_unit_test(the_whole_is_bounded),
		cmocka_unit_test(the_nth_port_follows_the_step_and_the_spread),
		cmocka_unit_test(each_source_has_its_local_ports),
		cmocka_unit_test(a_window_from_many_ports_goes_on),
		cmocka_unit_test(an_unanswered_dial_comes_again_where_planned),
		cmocka_unit_test(it_waits_where_planned),
		cmocka_unit_test(descriptors_that_run_out_limit_the_volley),
		cmocka_unit_test(a_pair_that_is_taken_is_given_up),
		cmocka_unit_test(it_ends_once),
		cmocka_unit_test(a_side_without_a_volley_only_ends),
		cmocka_unit_test(numbers_beyond_the_budget_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
