/* SPDX-License-Identifier: MIT */
#include "core/group.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct midair_row row(const char *local, enum midair_tcp_state state, int32_t pid)
{
	struct midair_row made = {.state = state, .pid = pid};

	assert_int_equal(midair_endpoint_parse(&made.local, local), 0);
	if (pid != 0)
		snprintf(made.process, sizeof(made.process), "p%d", pid);
	return made;
}

static void rows_of_one_endpoint_are_counted_by_state(void **state)
{
	static const enum midair_tcp_state states[] = {
		MIDAIR_TCP_ESTABLISHED,
		MIDAIR_TCP_TIME_WAIT,
		MIDAIR_TCP_LISTEN,
		MIDAIR_TCP_TIME_WAIT,
	};
	struct midair_group group = {.n_rows = 0};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(states); i++) {
		struct midair_row added = row("1.1.1.1:1", states[i], 0);

		assert_true(group_add(&group, &added));
	}
	assert_int_equal(group.n_rows, 4);
	assert_int_equal(group.n_established, 1);
	assert_int_equal(group.n_time_wait, 2);
	assert_int_equal(group.n_processes, 0);
}

static void another_endpoint_is_not_added(void **state)
{
	static const char *const others[] = {"1.1.1.1:2", "1.1.1.2:1", "[::1]:1"};
	struct midair_group group = {.n_rows = 0};
	struct midair_row first = row("1.1.1.1:1", MIDAIR_TCP_ESTABLISHED, 0);

	(void)state;
	assert_true(group_add(&group, &first));
	for (size_t i = 0; i < N_ITEMS(others); i++) {
		struct midair_row other = row(others[i], MIDAIR_TCP_ESTABLISHED, 0);

		EXPECT(!group_add(&group, &other), others[i]);
		EXPECT(group.n_rows == 1, others[i]);
	}
}

static void one_process_is_named_and_more_are_noticed(void **state)
{
	static const int32_t pids[] = {0, 7, 7, 0, 8};
	static const uint32_t n_processes[] = {0, 1, 1, 1, 2};
	struct midair_group group = {.n_rows = 0};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(pids); i++) {
		struct midair_row added = row("1.1.1.1:1", MIDAIR_TCP_ESTABLISHED, pids[i]);

		assert_true(group_add(&group, &added));
		assert_int_equal(group.n_processes, n_processes[i]);
	}
	assert_int_equal(group.pid, 7);
	assert_string_equal(group.process, "p7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_endpoint_are_counted_by_state),
		cmocka_unit_test(another_endpoint_is_not_added),
		cmocka_unit_test(one_process_is_named_and_more_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
