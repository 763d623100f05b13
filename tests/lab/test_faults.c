/* SPDX-License-Identifier: MIT */
/*
 * test_faults MIDAIR: NATs that restart, get another address, or forget within seconds, in every
 * phase of "midair pipe". It goes on, or it ends in time, with the reason and its own exit status,
 * on both sides; never as if all had come.
 */
#include "faults.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "os/cleanup.h"

/* The last ones. */
#define N_NAMED ((size_t)3)

/* For the lab's processes alone. False where this machine allows no mounts. */
static bool name_server(void)
{
	static const char hosts[] = "192.0.2.1 " FAULTS_SERVER_NAME "\n"
				    "2001:db8:5::1 " FAULTS_SERVER_NAME "\n";
	_cleanup_close_ int fd = -1;

	if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
		return false;
	fd = open("/tmp/hosts", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	return fd >= 0 && write(fd, hosts, strlen(hosts)) == (ssize_t)strlen(hosts) &&
	       mount("/tmp/hosts", "/etc/hosts", NULL, MS_BIND, NULL) == 0;
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_outlives_a_nat_that_forgets_after_5_s),
		cmocka_unit_test(a_wait_outlives_a_nat_that_restarts),
		cmocka_unit_test(a_wait_outlives_a_linux_nat_that_restarts),
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
		cmocka_unit_test(a_pipe_outlives_a_linux_nat_that_restarts),
		cmocka_unit_test(an_idle_pipe_outlives_a_nat_that_forgets_after_25_s),
		cmocka_unit_test(
			a_pipe_that_speaks_one_way_outlives_a_nat_that_forgets_after_5_s),
		cmocka_unit_test(a_way_out_that_is_dead_is_told),
		cmocka_unit_test(who_waits_outlives_a_change_of_the_way_out),
		cmocka_unit_test(a_pipe_ends_with_that_reason_when_the_way_out_changes),
		cmocka_unit_test(each_family_goes_its_own_way),
		cmocka_unit_test(what_the_other_family_cannot_reach_is_found_by_this_one),
		cmocka_unit_test(two_without_a_common_family_are_told),
	};
	size_t n_tests = N_ITEMS(tests);

	(void)context;
	if (!name_server()) {
		print_message("no name for the server: %zu tests are left out\n", N_NAMED);
		n_tests -= N_NAMED;
	}
	return (int)lab_test_all_at_once(tests, n_tests);
}

int main(int argc, char **argv)
{
	return internet_main(argc, argv, group);
}
