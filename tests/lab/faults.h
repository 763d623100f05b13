/* SPDX-License-Identifier: MIT */
/* faults: the tests of test_faults.c. They run beside each other, each in a process of its own. */
#ifndef MIDAIR_TESTS_LAB_FAULTS_H
#define MIDAIR_TESTS_LAB_FAULTS_H

#include "internet.h"

/* faults_attempt.c: a NAT fails while one waits for the other, or while the two try to meet. */
void a_wait_outlives_a_nat_that_forgets_after_5_s(void **state);
void a_wait_outlives_a_nat_that_restarts(void **state);
void a_wait_outlives_a_linux_nat_that_restarts(void **state);
void a_wait_outlives_a_nat_that_moves(void **state);
void who_comes_before_the_loss_is_noticed_is_told(void **state);
void an_attempt_outlives_a_nat_that_restarts(void **state);
void an_attempt_outlives_a_nat_that_moves_when_the_other_lets_in_strangers(void **state);
void an_attempt_through_a_nat_that_moved_says_so(void **state);
void an_attempt_through_other_ports_says_so(void **state);
void a_meeting_outlives_5_s_for_half_open_connections(void **state);

/* faults_pipe.c: the two have met, and then the NAT fails. */
void an_idle_pipe_whose_nat_restarts_ends_with_that_reason(void **state);
void an_idle_pipe_whose_nat_moves_ends_with_that_reason(void **state);
void a_pipe_whose_nat_forgets_ends_with_that_reason(void **state);
void a_pipe_that_speaks_into_the_void_ends_with_that_reason(void **state);
void a_transfer_from_behind_the_nat_ends_with_that_reason(void **state);
void a_transfer_to_behind_the_nat_ends_with_that_reason(void **state);
void half_a_pipe_ends_with_that_reason(void **state);
void a_transfer_that_a_nat_resets_is_lost_on_both_sides(void **state);
void an_idle_relayed_pipe_ends_on_both_sides(void **state);
void a_relayed_transfer_ends_on_both_sides(void **state);
void a_pipe_outlives_a_linux_nat_that_restarts(void **state);
void an_idle_pipe_outlives_a_nat_that_forgets_after_25_s(void **state);
void a_pipe_that_speaks_one_way_outlives_a_nat_that_forgets_after_5_s(void **state);

/* faults_uplinks.c: host a has two interfaces. */
#define FAULTS_SERVER_NAME "both.example"
/* These use the server's name, which has an address of each family. */
void each_family_goes_its_own_way(void **state);
void what_the_other_family_cannot_reach_is_found_by_this_one(void **state);
void two_without_a_common_family_are_told(void **state);
void a_way_out_that_is_dead_is_told(void **state);
void who_waits_outlives_a_change_of_the_way_out(void **state);
void a_pipe_ends_with_that_reason_when_the_way_out_changes(void **state);

#endif
