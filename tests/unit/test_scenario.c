/* SPDX-License-Identifier: MIT */
#include "core/scenario.h"

#include <string.h>

#include "tests/unit/unit.h"

#define MS INT64_C(1000000)

static void a_full_line_fills_every_field(void **state)
{
	static const char line[] =
		"all a=rst b=apdm/random rtt=20ms skew=-1.5s jitter=1ms loss=5% reorder=0.5% "
		"rate=10mbit family=ipv6 timeout=3s flags=once,listen,any-port engine=lab "
		"expect=refused within=2rtt+50ms # why";
	struct scenario scenario;

	(void)state;
	assert_int_equal(scenario_parse(&scenario, line, NULL), 0);
	assert_string_equal(scenario.name, "all");
	assert_int_equal(scenario.a.reaction, NAT_REACTION_RESET);
	assert_int_equal(scenario.b.allocation, NAT_ALLOCATION_RANDOM);
	assert_int_equal(scenario.rtt_ns, 20 * MS);
	assert_int_equal(scenario.skew_ns, -1500 * MS);
	assert_int_equal(scenario.jitter_ns, MS);
	assert_int_equal(scenario.loss_ppm, 50000);
	assert_int_equal(scenario.reorder_ppm, 5000);
	assert_int_equal(scenario.rate_bit_per_s, 10000000);
	assert_int_equal(scenario.family, MIDAIR_IPV6);
	assert_int_equal(scenario.timeout_ns, 3000 * MS);
	assert_int_equal(scenario.flags, MIDAIR_ONCE | MIDAIR_ANY_PORT);
	assert_int_equal(scenario.engine, SCENARIO_LAB);
	assert_int_equal(scenario.expectation, SCENARIO_REFUSED);
	assert_int_equal(scenario.within_ns, 90 * MS);
}

static void defaults_stand_for_what_is_left_out(void **state)
{
	struct scenario scenario;

	(void)state;
	assert_int_equal(scenario_parse(&scenario, "  plain\texpect=connect", NULL), 0);
	assert_true(scenario.a.is_public && scenario.b.is_public);
	assert_int_equal(scenario.rtt_ns, 80 * MS);
	assert_int_equal(scenario.timeout_ns, 10000 * MS);
	assert_int_equal(scenario.flags, MIDAIR_NO_LISTEN);
	assert_int_equal(scenario.family, MIDAIR_IPV4);
	assert_int_equal(scenario.engine, SCENARIO_ANY);
	assert_int_equal(scenario.within_ns, 0);
}

static void within_does_not_depend_on_the_order_of_keys(void **state)
{
	struct scenario scenario;

	(void)state;
	assert_int_equal(
		scenario_parse(&scenario, "x within=rtt+3ms expect=connect rtt=7ms", NULL), 0);
	assert_int_equal(scenario.within_ns, 10 * MS);
}

static void a_server_makes_a_pairing_of_it(void **state)
{
	struct scenario scenario;

	(void)state;
	assert_int_equal(scenario_parse(&scenario, "x server=100ms,60ms expect=connect", NULL),
			 0);
	assert_true(scenario.has_server);
	assert_false(scenario.asks_for_code);
	assert_int_equal(scenario.server_rtt_a_ns, 100 * MS);
	assert_int_equal(scenario.server_rtt_b_ns, 60 * MS);
	assert_int_equal(scenario.engine, SCENARIO_LAB);
	assert_int_equal(scenario.flags, 0);
	assert_int_equal(scenario_parse(&scenario,
					"x flags=no-listen,ask-code server=40ms expect=connect",
					NULL),
			 0);
	assert_true(scenario.asks_for_code);
	assert_int_equal(scenario.server_rtt_a_ns, 40 * MS);
	assert_int_equal(scenario.server_rtt_b_ns, 40 * MS);
	assert_int_equal(scenario.flags, MIDAIR_NO_LISTEN);
}

/* See lower bounds: TCP to the server, and max(a + b, 2b) of one-way delays. */
static void the_introduction_takes_what_it_must(void **state)
{
	static const struct {
		const char *line;
		int64_t intro_ms;
	} rows[] = {
		{"x server=100ms skew=1s expect=connect within=intro", 200},
		{"x server=100ms expect=connect within=intro", 200},
		{"x server=100ms,20ms skew=1s expect=connect within=intro", 30 + 50},
		{"x server=20ms,100ms skew=1s expect=connect within=intro", 150 + 50},
		{"x server=100ms,20ms skew=-1s expect=connect within=intro", 150 + 50},
		/* the earlier one is so far away that it is not there yet */
		{"x server=100ms,20ms skew=10ms expect=connect within=intro", 140 + 50},
		{"x rtt=40ms server=100ms skew=1s expect=connect within=intro+rtt+10ms", 250},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scenario scenario;

		EXPECT(scenario_parse(&scenario, rows[i].line, NULL) == 0, rows[i].line);
		EXPECT((int64_t)scenario.within_ns == rows[i].intro_ms * MS, rows[i].line);
	}
}

/* The column is where the text from the mark on begins. */
static const struct {
	const char *line;
	int result;
	const char *from;
} errors[] = {
	{"", MIDAIR_E_NO_EVENT, NULL},
	{"   # only a comment", MIDAIR_E_NO_EVENT, NULL},
	{"!", MIDAIR_E_SYNTAX, "!"},
	{"Name expect=connect", MIDAIR_E_SYNTAX, "Name expect=connect"},
	{"x", MIDAIR_E_SYNTAX, ""},
	{"x a=rst", MIDAIR_E_SYNTAX, ""},
	{"x expect", MIDAIR_E_SYNTAX, "expect"},
	{"x expect=maybe", MIDAIR_E_SYNTAX, "maybe"},
	{"x expect=connect rtt=5", MIDAIR_E_SYNTAX, "5"},
	{"x expect=connect rtt=2h", MIDAIR_E_RANGE, "2h"},
	{"x expect=connect rtt=5ms rtt=6ms", MIDAIR_E_SYNTAX, "rtt=6ms"},
	{"x expect=connect colour=red", MIDAIR_E_SYNTAX, "colour=red"},
	{"x expect=connect a=cone", MIDAIR_E_SYNTAX, "cone"},
	{"x expect=connect loss=5", MIDAIR_E_SYNTAX, "5"},
	{"x expect=connect loss=101%", MIDAIR_E_RANGE, "101%"},
	{"x expect=connect loss=%", MIDAIR_E_SYNTAX, "%"},
	{"x expect=connect loss=1.2.3%", MIDAIR_E_SYNTAX, "1.2.3%"},
	{"x expect=connect rate=10", MIDAIR_E_SYNTAX, "10"},
	{"x expect=connect rate=0mbit", MIDAIR_E_RANGE, "0mbit"},
	{"x expect=connect rate=99999999999mbit", MIDAIR_E_RANGE, "99999999999mbit"},
	{"x expect=connect skew=--5ms", MIDAIR_E_SYNTAX, "--5ms"},
	{"x expect=connect timeout=0s", MIDAIR_E_RANGE, "0s"},
	{"x expect=connect flags=once,", MIDAIR_E_SYNTAX, "once,"},
	{"x expect=connect flags=", MIDAIR_E_SYNTAX, ""},
	{"x expect=connect engine=car", MIDAIR_E_SYNTAX, "car"},
	{"x expect=connect family=ipv5", MIDAIR_E_SYNTAX, "ipv5"},
	{"x expect=connect within=0", MIDAIR_E_RANGE, "0"},
	{"x expect=connect within=rtt+", MIDAIR_E_SYNTAX, "rtt+"},
	{"x expect=connect within=33rtt", MIDAIR_E_SYNTAX, "33rtt"},
	{"x expect=connect within=intro", MIDAIR_E_SYNTAX, "intro"},
	{"x expect=connect flags=ask-code", MIDAIR_E_SYNTAX, "ask-code"},
	{"x expect=connect server=", MIDAIR_E_SYNTAX, ""},
	{"x expect=connect server=1ms,", MIDAIR_E_SYNTAX, "1ms,"},
	{"x expect=connect server=1ms,2ms,3ms", MIDAIR_E_SYNTAX, "1ms,2ms,3ms"},
	{"x expect=connect server=2h", MIDAIR_E_RANGE, "2h"},
	{"x expect=connect within=xrtt", MIDAIR_E_SYNTAX, "xrtt"},
	{"a-name-of-more-than-forty-seven-characters-is-long expect=connect", MIDAIR_E_SYNTAX,
	 "a-name-of-more-than-forty-seven-characters-is-long expect=connect"},
};

static void a_bad_line_says_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(errors); i++) {
		struct scenario scenario = {.rtt_ns = 4711};
		size_t column = 0;

		EXPECT(scenario_parse(&scenario, errors[i].line, &column) == errors[i].result,
		       errors[i].line);
		EXPECT(scenario.rtt_ns == 4711, errors[i].line);
		if (errors[i].from)
			EXPECT(strcmp(errors[i].line + column, errors[i].from) == 0,
			       errors[i].line);
	}
}

static void lines_are_taken_one_by_one(void **state)
{
	const char *text = "one\n\nthree is too long for this\nlast";
	char buffer[8];

	(void)state;
	assert_true(scenario_next_line(&text, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "one");
	assert_true(scenario_next_line(&text, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "");
	assert_true(scenario_next_line(&text, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "!");
	assert_true(scenario_next_line(&text, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "last");
	assert_false(scenario_next_line(&text, buffer, sizeof(buffer)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_line_fills_every_field),
		cmocka_unit_test(defaults_stand_for_what_is_left_out),
		cmocka_unit_test(within_does_not_depend_on_the_order_of_keys),
		cmocka_unit_test(a_server_makes_a_pairing_of_it),
		cmocka_unit_test(the_introduction_takes_what_it_must),
		cmocka_unit_test(a_bad_line_says_where),
		cmocka_unit_test(lines_are_taken_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
