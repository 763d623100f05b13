/* SPDX-License-Identifier: MIT */
/* The slots of a port that comes from a secret: what two clocks that differ have in common, and
 * that two commands with such clocks meet at a slot's edge. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/meet_slots.h"
#include "tests/cli/command.h"

static struct meet_slots slots_at(int64_t unix_ms)
{
	int64_t second = unix_ms / 1000 - (unix_ms % 1000 < 0);
	struct timespec now = {
		.tv_sec = (time_t)second,
		.tv_nsec = (long)(unix_ms - second * 1000) * 1000000,
	};

	return meet_slots_at(&now);
}

static void in_the_middle_of_a_slot_there_is_only_that_one(void **state)
{
	(void)state;
	for (int64_t ms = 10000; ms < 590000; ms += 500) {
		struct meet_slots slots = slots_at(INT64_C(1000) * 600 * 7 + ms);

		assert_int_equal(slots.first, 7);
		assert_int_equal(slots.last, 7);
	}
}

static void near_an_edge_the_neighbour_is_there_too(void **state)
{
	(void)state;
	for (int64_t ms = -10000; ms < 10000; ms += 500) {
		struct meet_slots slots = slots_at(INT64_C(1000) * 600 * 7 + ms);

		assert_int_equal(slots.first, 6);
		assert_int_equal(slots.last, 7);
	}
}

static void clocks_that_differ_by_twice_the_margin_always_share_a_slot(void **state)
{
	(void)state;
	for (int64_t ms = -700000; ms < 1300000; ms += 250) {
		struct meet_slots a = slots_at(ms);

		for (int64_t difference = 0; difference <= 2000 * MEET_SLOT_MARGIN_S;
		     difference += 500) {
			struct meet_slots b = slots_at(ms + difference);

			assert_true(a.last >= b.first && a.first <= b.last);
		}
	}
}

static void the_next_change_is_told_to_the_millisecond(void **state)
{
	(void)state;
	for (int64_t ms = -700000; ms < 1300000; ms += 333) {
		struct meet_slots now = slots_at(ms);
		struct meet_slots before = slots_at(ms + now.change_ms - 1);
		struct meet_slots after = slots_at(ms + now.change_ms);

		assert_true(now.change_ms > 0);
		assert_true(before.first == now.first && before.last == now.last);
		assert_true(after.first != now.first || after.last != now.last);
	}
}

/* A side whose clock stands so many seconds after an edge. */
static struct command *start_side(uint8_t n, int64_t after_edge_s)
{
	char peer[MIDAIR_ENDPOINT_TEXT_SIZE];
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	char shift[32];
	const char *const arguments[COMMAND_ARGUMENTS] = {
		"meet", peer, "--from", from, "--timeout", "15",
	};
	struct midair_endpoint ours = own_address(n, 1);
	struct midair_endpoint theirs = own_address((uint8_t)(3 - n), 1);
	struct timespec now;
	struct command *command;

	*strrchr(midair_endpoint_format(&ours, from), ':') = '\0';
	*strrchr(midair_endpoint_format(&theirs, peer), ':') = '\0';
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(shift, sizeof(shift), "%lld",
		 (long long)(MEET_SLOT_S - now.tv_sec % MEET_SLOT_S + after_edge_s));
	setenv("CLOCK_SHIFT_S", shift, 1);
	setenv("LD_PRELOAD", CLOCK_SHIFT, 1);
	command = command_start(arguments, CLOSED_NOTHING);
	unsetenv("LD_PRELOAD");
	return command;
}

static void two_clocks_meet_at_an_edge(void **state)
{
	static const struct {
		int64_t a;
		int64_t b;
	} rows[] = {
		{-5, 5},  /* both slots are tried by both: the older one */
		{-15, 4}, /* one side tries only the older slot */
		{15, -4}, /* one side tries only the younger slot */
		{-12,
		 12}, /* no slot in common, until the margin is reached two seconds later */
		{300, 301},
	};

	(void)state;
	/* The sanitizer wants to be the first library of the program; that can be left. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	setenv("MIDAIR_SECRET", "two clocks", 1);
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct command *a = start_side(1, rows[i].a);
		struct command *b = start_side(2, rows[i].b);

		command_feed(a, "a");
		command_feed(b, "b");
		command_finish(a);
		command_finish(b);
		if (a->status != 0 || b->status != 0)
			fail_msg("row %zu: exit statuses %d and %d; a said:\n%s\nb said:\n%s",
				 i, a->status, b->status, a->errors.bytes, b->errors.bytes);
		assert_string_equal(a->output.bytes, "b");
		assert_string_equal(b->output.bytes, "a");
		command_free(a);
		command_free(b);
	}
	unsetenv("MIDAIR_SECRET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_middle_of_a_slot_there_is_only_that_one),
		cmocka_unit_test(near_an_edge_the_neighbour_is_there_too),
		cmocka_unit_test(clocks_that_differ_by_twice_the_margin_always_share_a_slot),
		cmocka_unit_test(the_next_change_is_told_to_the_millisecond),
		cmocka_unit_test(two_clocks_meet_at_an_edge),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
