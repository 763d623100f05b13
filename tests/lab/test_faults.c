/* SPDX-License-Identifier: MIT */
/*
 * test_faults MIDAIR: NATs that restart, get another address, or forget within seconds, in every
 * phase of "midair pipe". It goes on, or it ends in time, with the reason and its own exit status,
 * on both sides; never as if all had come.
 */
#include "faults.h"

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_outlives_a_nat_that_forgets_after_5_s),
		cmocka_unit_test(a_wait_outlives_a_nat_that_restarts),
		cmocka_unit_test(a_wait_outlives_a_nat_that_moves),
		cmocka_unit_test(who_comes_before_the_loss_is_noticed_is_told),
		cmocka_unit_test(an_attempt_outlives_a_nat_that_restarts),
		cmocka_unit_test(
			an_attempt_outlives_a_nat_that_moves_when_the_other_lets_in_strangers),
		cmocka_unit_test(an_attempt_through_a_nat_that_moved_says_so),
		cmocka_unit_test(an_attempt_through_other_ports_says_so),
		cmocka_unit_test(a_meeting_outlives_5_s_for_half_open_connections),
		cmocka_unit_test(an_idle_pipe_whose_nat_restarts_ends_with_that_reason),
		cmocka_unit_test(an_idle_pipe_whose_nat_moves_ends_with_that_reason),
		cmocka_unit_test(a_pipe_whose_nat_forgets_ends_with_that_reason),
		cmocka_unit_test(a_pipe_that_speaks_into_the_void_ends_with_that_reason),
		cmocka_unit_test(a_transfer_from_behind_the_nat_ends_with_that_reason),
		cmocka_unit_test(a_transfer_to_behind_the_nat_ends_with_that_reason),
		cmocka_unit_test(half_a_pipe_ends_with_that_reason),
		cmocka_unit_test(a_transfer_that_a_nat_resets_is_lost_on_both_sides),
		cmocka_unit_test(an_idle_relayed_pipe_ends_on_both_sides),
		cmocka_unit_test(a_relayed_transfer_ends_on_both_sides),
		cmocka_unit_test(an_idle_pipe_outlives_a_nat_that_forgets_after_25_s),
		cmocka_unit_test(
			a_pipe_that_speaks_one_way_outlives_a_nat_that_forgets_after_5_s),
	};

	(void)context;
	return (int)lab_test_all_at_once(tests, N_ITEMS(tests));
}

int main(int argc, char **argv)
{
	return internet_main(argc, argv, group);
}
