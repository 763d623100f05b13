/* SPDX-License-Identifier: MIT */
/*
 * `midair check` against the lab's ground truth: each box is measured through a real server with two
 * addresses, and every field of the report is right, in time. With "all" and a number of rounds as
 * its arguments so many times, with a table of what came of it, as bench/check does.
 */
#include "lab_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_rounds.h"
#include "lab/namespace.h"

#define N_MATRIX (CHECK_NATS + CHECK_FIREWALLS)

static const struct check_box *matrix(void)
{
	static struct check_box boxes[N_MATRIX];

	for (uint32_t i = 0; i < CHECK_NATS; i++)
		check_nat(&boxes[i], i);
	for (uint32_t i = 0; i < CHECK_FIREWALLS; i++)
		check_firewall(&boxes[CHECK_NATS + i], i);
	return boxes;
}

static void every_field_is_right_behind_every_box(void **state)
{
	struct check_tally tally = {0};

	(void)state;
	/* The second time a kernel's box has something in its memory. */
	check_rounds(&tally, check_others, n_check_others, 2);
	check_rounds(&tally, matrix(), N_MATRIX, 1);
	print_message("%zu boxes, %zu fields, %zu wrong; at the longest %u ms, and %u ms where "
		      "one is dropped\n",
		      N_MATRIX + n_check_others, tally.n_fields, tally.n_wrong,
		      check_largest_ms(&tally, CHECK_ANSWERED),
		      check_largest_ms(&tally, CHECK_DROPPED));
	check_tally_free(&tally);
	assert_int_equal(tally.n_wrong, 0);
	assert_int_equal(tally.n_slow, 0);
}

static bool print_class(struct check_tally *tally, enum check_class class, const char *what,
			uint32_t goal_ms)
{
	uint32_t largest_ms = check_largest_ms(tally, class);
	bool is_met = largest_ms <= goal_ms;

	printf("%-34s%8zu%8u ms%8u ms   goal: %u ms  %s\n", what, tally->n[class],
	       check_median_ms(tally, class), largest_ms, goal_ms, is_met ? "met" : "MISSED");
	return is_met;
}

static int run_all(void *context)
{
	uint32_t n_rounds = *(const uint32_t *)context;
	struct check_tally tally = {0};
	size_t n_checks = (size_t)n_rounds * (N_MATRIX + n_check_others);
	bool is_met;

	check_rounds(&tally, check_others, n_check_others, n_rounds);
	check_rounds(&tally, matrix(), N_MATRIX, n_rounds);
	printf("%zu boxes, each measured %u times, round trip %d ms\n",
	       N_MATRIX + n_check_others, n_rounds, CHECK_RTT_MS);
	printf("%-34s%8s%11s%11s\n", "", "CHECKS", "MEDIAN", "LONGEST");
	is_met = print_class(&tally, CHECK_ANSWERED, "every dial is answered", CHECK_FAST_MS);
	is_met &= print_class(&tally, CHECK_DROPPED, "one is dropped", CHECK_SILENT_MS);
	printf("%zu of %zu fields right   goal: all  %s\n", tally.n_fields - tally.n_wrong,
	       tally.n_fields, tally.n_wrong == 0 ? "met" : "MISSED");
	printf("%zu of %zu checks right in every field\n", n_checks - tally.n_checks_wrong,
	       n_checks);
	printf("(%zu of the fields do not show from outside, and are said to be unknown)\n",
	       tally.n_hidden);
	is_met &= tally.n_wrong == 0;
	check_tally_free(&tally);
	return is_met ? 0 : 1;
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_right_behind_every_box),
	};

	(void)context;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static uint32_t n_rounds;

	if (argc > 1 && strcmp(argv[1], "all") == 0) {
		struct lab_reason reason;
		int status;

		n_rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
		lab_test_drop_root();
		status = namespace_run(run_all, &n_rounds, &reason);
		return status < 0 ? lab_test_skip(reason.text) : status;
	}
	return lab_test_main(group);
}
