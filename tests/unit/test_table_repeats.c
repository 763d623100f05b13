/* SPDX-License-Identifier: MIT */
/*
 * A walk over the kernel's sockets is not atomic: what changes meanwhile comes twice. The walk is
 * played here, in place of the kernel's (the linker's --wrap).
 */
#include <errno.h>
#include <string.h>

#include "os/diag.h"
#include "tests/unit/unit.h"

int __wrap_diag_walk_choice(const struct diag_choice *choice, diag_row_handler handler,
			    void *context);

static struct midair_row played[8];
static size_t n_played;
/* The first walks that the kernel calls torn. */
static int n_torn;

int __wrap_diag_walk_choice(const struct diag_choice *choice, diag_row_handler handler,
			    void *context)
{
	(void)choice;
	for (size_t i = 0; i < n_played; i++) {
		int result = handler(context, &played[i]);

		if (result != 0)
			return result;
		if (n_torn > 0 && i == n_played / 2) {
			n_torn--;
			return -EINTR;
		}
	}
	return 0;
}

static void play(uint64_t cookie, enum midair_tcp_state state, uint16_t port, uint32_t uid)
{
	assert_true(n_played < N_ITEMS(played));
	played[n_played++] = (struct midair_row){
		.local = {.family = MIDAIR_IPV4, .port = port},
		.state = state,
		.cookie = cookie,
		.uid = uid,
	};
}

static struct midair_table *open_table(void)
{
	struct midair_table *table = NULL;

	assert_int_equal(midair_table_open(&table, MIDAIR_TABLE_NO_BPF), 0);
	return table;
}

static void expect_next(struct midair_table *table, enum midair_tcp_state state, uint16_t port,
			uint32_t uid)
{
	struct midair_row row;

	assert_int_equal(midair_table_next(table, &row), 0);
	assert_int_equal(row.state, state);
	assert_int_equal(row.local.port, port);
	assert_int_equal(row.uid, uid);
}

static void what_came_twice_is_shown_once_as_it_was_last(void **state)
{
	struct midair_row row;

	(void)state;
	n_played = 0;
	play(7, MIDAIR_TCP_BOUND_INACTIVE, 1, 1);
	play(8, MIDAIR_TCP_ESTABLISHED, 2, 2);
	play(UINT64_C(1) << 32 | 7, MIDAIR_TCP_ESTABLISHED, 3, 3);
	play(7, MIDAIR_TCP_ESTABLISHED, 1, 4);
	play(7, MIDAIR_TCP_FIN_WAIT1, 1, 5);
	struct midair_table *table = open_table();
	assert_int_equal(midair_table_count(table), 3);
	expect_next(table, MIDAIR_TCP_FIN_WAIT1, 1, 5);
	expect_next(table, MIDAIR_TCP_ESTABLISHED, 2, 2);
	expect_next(table, MIDAIR_TCP_ESTABLISHED, 3, 3);
	assert_int_equal(midair_table_next(table, &row), MIDAIR_E_END);
	midair_table_free(table);
}

static void no_cookie_is_no_identity(void **state)
{
	(void)state;
	n_played = 0;
	play(0, MIDAIR_TCP_ESTABLISHED, 1, 1);
	play(0, MIDAIR_TCP_ESTABLISHED, 2, 2);
	struct midair_table *table = open_table();
	assert_int_equal(midair_table_count(table), 2);
	midair_table_free(table);
}

static void a_torn_walk_is_done_again_but_not_for_ever(void **state)
{
	struct midair_table *table = NULL;

	(void)state;
	n_played = 0;
	play(1, MIDAIR_TCP_ESTABLISHED, 1, 1);
	play(2, MIDAIR_TCP_ESTABLISHED, 2, 2);
	n_torn = 2;
	table = open_table();
	assert_int_equal(midair_table_count(table), 2);
	midair_table_free(table);
	n_torn = 3;
	assert_int_equal(midair_table_open(&table, MIDAIR_TABLE_NO_BPF), -EINTR);
	n_torn = 0;
}

static void nothing_is_a_table_too(void **state)
{
	struct midair_group group;
	struct midair_row row;

	(void)state;
	n_played = 0;
	struct midair_table *table = open_table();
	assert_int_equal(midair_table_count(table), 0);
	assert_int_equal(midair_table_next(table, &row), MIDAIR_E_END);
	assert_int_equal(midair_table_next_group(table, &group), MIDAIR_E_END);
	midair_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_twice_is_shown_once_as_it_was_last),
		cmocka_unit_test(no_cookie_is_no_identity),
		cmocka_unit_test(a_torn_walk_is_done_again_but_not_for_ever),
		cmocka_unit_test(nothing_is_a_table_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
