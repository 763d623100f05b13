/* SPDX-License-Identifier: MIT */
#include "core/select.h"

#include <string.h>

#include "tests/unit/unit.h"

#define STATE(state) (UINT32_C(1) << (state))

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint parsed = {.family = MIDAIR_FAMILY_NONE};

	if (text != NULL)
		assert_int_equal(midair_endpoint_parse(&parsed, text), 0);
	return parsed;
}

static struct midair_prefix prefix(const char *text)
{
	struct midair_prefix parsed = {.n_bits = 0};

	if (text != NULL)
		assert_int_equal(midair_prefix_parse(&parsed, text), 0);
	return parsed;
}

static void a_prefix_has_what_begins_so(void **state)
{
	static const struct {
		const char *prefix;
		const char *endpoint;
		bool has;
	} rows[] = {
		{"10.0.0.0/8", "10.255.0.1:1", true},
		{"10.0.0.0/8", "11.0.0.0:1", false},
		{"10.0.0.0/7", "11.0.0.0:1", true},
		{"10.128.0.0/9", "10.127.0.0:1", false},
		{"0.0.0.0/0", "1.2.3.4:5", true},
		{"0.0.0.0/0", "[::1]:5", false},
		{"::/0", "1.2.3.4:5", false},
		{"1.2.3.4", "1.2.3.4:5", true},
		{"1.2.3.4/32", "1.2.3.5:5", false},
		{"1.2.3.4/31", "1.2.3.5:5", true},
		{"2001:db8::/32", "[2001:db8:ffff::1]:1", true},
		{"2001:db8::/32", "[2001:db9::1]:1", false},
		{"::1", "[::1]:1", true},
		{"::1/128", "[::2]:1", false},
		{"fe80::1", "[fe80::1%3]:1", true},
		{"fe80::1%3", "[fe80::1%4]:1", false},
		{"::ffff:10.0.0.1/104", "10.9.9.9:1", true},
		{"::ffff:10.0.0.1", "10.0.0.2:1", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_prefix wanted = prefix(rows[i].prefix);
		struct midair_endpoint other = endpoint(rows[i].endpoint);

		EXPECT(select_prefix_has(&wanted, &other) == rows[i].has, rows[i].prefix);
	}
}

static void what_is_no_prefix_is_refused(void **state)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"", MIDAIR_E_SYNTAX},
		{"/8", MIDAIR_E_SYNTAX},
		{"10.0.0.0/", MIDAIR_E_SYNTAX},
		{"10.0.0.0/x", MIDAIR_E_SYNTAX},
		{"10.0.0.0/-1", MIDAIR_E_SYNTAX},
		{"10.0.0.0/+8", MIDAIR_E_SYNTAX},
		{"10.0.0.0/8/8", MIDAIR_E_SYNTAX},
		{"10.0.0.0/0008", MIDAIR_E_SYNTAX},
		{"10.0.0.0/33", MIDAIR_E_RANGE},
		{"::/129", MIDAIR_E_RANGE},
		{"::ffff:10.0.0.1/95", MIDAIR_E_RANGE},
		{"10.0.0", MIDAIR_E_SYNTAX},
		{"10.0.0.0:80", MIDAIR_E_SYNTAX},
		{"[::1]", MIDAIR_E_SYNTAX},
		{"localhost", MIDAIR_E_SYNTAX},
		{"0000000000000000000000000000000000000000000000000000000000000000000001",
		 MIDAIR_E_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_prefix parsed = {.n_bits = 99};

		EXPECT(midair_prefix_parse(&parsed, rows[i].text) == rows[i].result,
		       rows[i].text);
		EXPECT(parsed.n_bits == 99, rows[i].text);
	}
}

static void a_row_needs_everything_that_is_asked_for(void **state)
{
	static const struct {
		const char *name;
		const char *local, *remote;
		enum midair_tcp_state row_state;
		uint16_t port, local_port, remote_port;
		uint32_t states;
		bool is_self;
		const char *from, *to;
		bool is_selected;
	} rows[] = {
		{"nothing asked", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, 0, false, NULL, NULL,
		 true},
		{"port is local", "1.1.1.1:1", "2.2.2.2:2", 1, 1, 0, 0, 0, false, NULL, NULL,
		 true},
		{"port is remote", "1.1.1.1:1", "2.2.2.2:2", 1, 2, 0, 0, 0, false, NULL, NULL,
		 true},
		{"port is neither", "1.1.1.1:1", "2.2.2.2:2", 1, 3, 0, 0, 0, false, NULL, NULL,
		 false},
		{"local port", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 1, 0, 0, false, NULL, NULL,
		 true},
		{"not local port", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 2, 0, 0, false, NULL, NULL,
		 false},
		{"remote port", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 2, 0, false, NULL, NULL,
		 true},
		{"not remote port", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 1, 0, false, NULL, NULL,
		 false},
		{"both ports", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 1, 2, 0, false, NULL, NULL,
		 true},
		{"one of two ports", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 1, 1, 0, false, NULL, NULL,
		 false},
		{"state", "1.1.1.1:1", "2.2.2.2:2", 6, 0, 0, 0, STATE(6), false, NULL, NULL,
		 true},
		{"other state", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, STATE(6), false, NULL,
		 NULL, false},
		{"both kinds of SYN_RECV", "1.1.1.1:1", "2.2.2.2:2", 12, 0, 0, 0, STATE(3),
		 false, NULL, NULL, true},
		{"self", "1.1.1.1:1", "1.1.1.1:1", 1, 0, 0, 0, 0, true, NULL, NULL, true},
		{"other port is not self", "1.1.1.1:1", "1.1.1.1:2", 1, 0, 0, 0, 0, true, NULL,
		 NULL, false},
		{"from", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, 0, false, "1.0.0.0/8", NULL,
		 true},
		{"not from", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, 0, false, "2.0.0.0/8", NULL,
		 false},
		{"to", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, 0, false, NULL, "2.2.2.2", true},
		{"not to", "1.1.1.1:1", "2.2.2.2:2", 1, 0, 0, 0, 0, false, NULL, "2.2.2.3",
		 false},
		{"a listener leads nowhere", "1.1.1.1:1", NULL, 10, 0, 0, 0, 0, false, NULL,
		 "0.0.0.0/0", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct midair_selection selection = {
			.size = sizeof(selection),
			.states = rows[i].states,
			.port = rows[i].port,
			.local_port = rows[i].local_port,
			.remote_port = rows[i].remote_port,
			.is_self_connected = rows[i].is_self,
			.local = prefix(rows[i].from),
			.remote = prefix(rows[i].to),
		};
		const struct midair_row row = {
			.local = endpoint(rows[i].local),
			.remote = endpoint(rows[i].remote),
			.state = rows[i].row_state,
		};

		EXPECT(select_row(&selection, &row) == rows[i].is_selected, rows[i].name);
	}
}

static void states_come_from_the_flags_or_the_selection(void **state)
{
	const struct midair_selection all = {.size = sizeof(all)};
	struct midair_selection some = all;

	(void)state;
	assert_int_equal(select_states(0, &all), STATE(MIDAIR_TCP_ESTABLISHED));
	assert_int_equal(select_states(MIDAIR_TABLE_LISTENING, &all),
			 STATE(MIDAIR_TCP_ESTABLISHED) | STATE(MIDAIR_TCP_LISTEN));
	assert_int_equal(select_states(MIDAIR_TABLE_ALL_STATES, &all),
			 0x3ffe & ~STATE(MIDAIR_TCP_LISTEN));
	some.states = STATE(MIDAIR_TCP_TIME_WAIT);
	assert_int_equal(select_states(MIDAIR_TABLE_LISTENING, &some),
			 STATE(MIDAIR_TCP_TIME_WAIT));
	some.states = STATE(MIDAIR_TCP_SYN_RECV);
	assert_int_equal(select_states(0, &some),
			 STATE(MIDAIR_TCP_SYN_RECV) | STATE(MIDAIR_TCP_NEW_SYN_RECV));
	some.states = UINT32_MAX;
	assert_int_equal(select_states(0, &some), 0x3ffe);
}

static void an_owner_is_a_pid_a_name_or_both(void **state)
{
	static const struct {
		const char *name;
		int32_t wanted_pid;
		const char *wanted_process;
		int32_t pid;
		const char *process;
		bool is_selected;
	} rows[] = {
		{"any", 0, NULL, 7, "a", true},
		{"any, unknown", 0, NULL, 0, "", true},
		{"pid", 7, NULL, 7, "a", true},
		{"other pid", 7, NULL, 8, "a", false},
		{"unknown pid", 7, NULL, 0, "", false},
		{"name", 0, "a", 7, "a", true},
		{"part of a name", 0, "a", 7, "ab", false},
		{"no name is not unknown", 0, "", 0, "", false},
		{"both", 7, "a", 7, "a", true},
		{"one of both", 7, "a", 7, "b", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct midair_selection selection = {
			.pid = rows[i].wanted_pid,
			.process = rows[i].wanted_process,
		};

		EXPECT(select_owner(&selection, rows[i].pid, rows[i].process) ==
			       rows[i].is_selected,
		       rows[i].name);
		EXPECT(select_needs_owner(&selection) ==
			       (rows[i].wanted_pid != 0 || rows[i].wanted_process != NULL),
		       rows[i].name);
	}
}

static void a_whole_pair_is_known_as_one(void **state)
{
	struct midair_selection selection = {
		.local_port = 1,
		.remote_port = 2,
		.local = prefix("1.1.1.1"),
		.remote = prefix("2.2.2.2"),
	};
	struct midair_endpoint local, remote;

	(void)state;
	assert_true(select_is_pair(&selection, &local, &remote));
	assert_true(local.port == 1 && remote.port == 2 && remote.address[0] == 2);
	selection.remote = prefix("2.2.2.0/24");
	assert_false(select_is_pair(&selection, &local, &remote));
	selection.remote = prefix("2.2.2.2");
	selection.local_port = 0;
	assert_false(select_is_pair(&selection, &local, &remote));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_has_what_begins_so),
		cmocka_unit_test(what_is_no_prefix_is_refused),
		cmocka_unit_test(a_row_needs_everything_that_is_asked_for),
		cmocka_unit_test(states_come_from_the_flags_or_the_selection),
		cmocka_unit_test(an_owner_is_a_pid_a_name_or_both),
		cmocka_unit_test(a_whole_pair_is_known_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
