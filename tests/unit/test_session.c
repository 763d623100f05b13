/* SPDX-License-Identifier: MIT */
/* A session's dials, its deadline and its end. What lands is in test_session_landing.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/session_play.h"
#include "tests/unit/unit.h"

#define PEER  "198.51.100.2:1314"
#define OTHER "203.0.113.3:1314"
#define PEER6 "[2001:db8::2]:1314"
#define SIXTEEN                                                                                \
	"[2001:db8::2]:1 [2001:db8::2]:2 [2001:db8::2]:3 [2001:db8::2]:4 "                     \
	"[2001:db8::2]:5 [2001:db8::2]:6 [2001:db8::2]:7 [2001:db8::2]:8 "                     \
	"192.0.2.2:1 192.0.2.2:2 192.0.2.2:3 192.0.2.2:4 "                                     \
	"192.0.2.2:5 192.0.2.2:6 192.0.2.2:7 192.0.2.2:8"

static void nothing_is_dialled_before_the_start(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, 0);
	assert_true(session_deadline(&play.session) == SESSION_NO_DEADLINE);
	assert_string_equal(play_time_after(&play, 1000 * MS), "");
	assert_string_equal(play_refused(&play, 0), "");
	assert_string_equal(play_dialled(&play, 0), "");
	assert_string_equal(play_unsent(&play, 0, -ENETUNREACH), "");
	assert_string_equal(play_start(&play), "dial 0");
}

static void the_start_dials_every_path_and_comes_once(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, SIXTEEN, 0);
	play_start(&play);
	assert_int_equal(play.update.n_actions, 16);
	assert_string_equal(play_start(&play), "");
}

static void a_dial_is_held_to_the_deadline(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	while (session_deadline(&play.session) < PLAY_START_NS + 60000 * MS)
		assert_string_equal(play_time(&play), "look 0");
	assert_true(session_deadline(&play.session) == PLAY_START_NS + 60000 * MS);
	play.now_ns = PLAY_START_NS + 60000 * MS - 1;
	assert_string_equal(play_time_after(&play, 0), "");
	assert_string_equal(play_time(&play), "reset 0, said failed timeout");
}

static void with_once_a_dial_is_held_without_a_look(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, MIDAIR_ONCE);
	assert_true(session_deadline(&play.session) == PLAY_START_NS + 60000 * MS);
}

/* A box on the way has forgotten the peer's first SYN: only a new one of ours helps. */
static void a_dial_that_stays_half_open_is_sent_anew(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	for (int i = 0; i < 5; i++) {
		assert_string_equal(play_time(&play), "look 0");
		assert_string_equal(play_half_open(&play, 0), "");
	}
	assert_string_equal(play_time(&play), "look 0");
	assert_string_equal(play_half_open(&play, 0), "reset 0, said refused silence");
	assert_string_equal(play_half_open(&play, 0), "");
	assert_string_equal(play_time(&play), "dial 0");
	assert_string_equal(play_dialled(&play, 0), "said dial try 2");
	/* and the patience is the new dial's own */
	assert_string_equal(play_time(&play), "look 0");
	assert_string_equal(play_half_open(&play, 0), "");
}

static void a_refusal_is_answered_after_a_short_pause_with_the_next_try(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	for (uint32_t try_number = 2; try_number < 100; try_number++) {
		uint64_t refused_ns = play.now_ns += 3 * MS;
		char expected[32];

		assert_string_equal(play_refused(&play, 0), "said refused reset");
		assert_true(play.update.actions[0].report.elapsed_ns == (int64_t)(3 * MS));
		assert_int_equal(play.update.actions[0].report.try_number, try_number - 1);
		assert_string_equal(play_time_after(&play, 0), "");
		assert_string_equal(play_time(&play), "dial 0");
		assert_in_range(play.now_ns - refused_ns, 1, REDIAL_QUICK_PAUSE_NS);
		snprintf(expected, sizeof(expected), "said dial try %u", try_number);
		assert_string_equal(play_dialled(&play, 0), expected);
	}
}

static void each_path_has_its_own_tries(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER " " OTHER, 0);
	play_refused(&play, 1);
	assert_string_equal(play_time(&play), "dial 1");
	assert_string_equal(play_dialled(&play, 1), "said dial try 2");
	assert_int_equal(play.session.paths[0].tries, 1);
}

static void a_pause_does_not_outlive_the_deadline(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	play.now_ns = PLAY_START_NS + 60000 * MS - 1;
	play_refused(&play, 0);
	assert_true(session_deadline(&play.session) <= PLAY_START_NS + 60000 * MS);
	play.now_ns = PLAY_START_NS + 60000 * MS;
	assert_string_equal(play_time_after(&play, 0), "said failed timeout");
}

static void once_ends_with_the_last_path_refused(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER " " OTHER, MIDAIR_ONCE);
	assert_string_equal(play_refused(&play, 0), "said refused reset");
	assert_string_equal(play_refused(&play, 0), "");
	assert_string_equal(play_refused(&play, 1), "said refused reset, said failed refused");
}

static void a_refusal_says_more_than_a_dial_that_could_not_be_sent(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER6 " " PEER, MIDAIR_ONCE);
	play_start(&play);
	assert_string_equal(play_unsent(&play, 0, -ENETUNREACH), "said refused local");
	play_dialled(&play, 1);
	assert_string_equal(play_refused(&play, 1), "said refused reset, said failed refused");
}

static void what_cannot_be_sent_is_tried_for_two_seconds_and_told_once(void **state)
{
	struct play play;
	uint32_t n_tries = 1;

	(void)state;
	play_init(&play, PEER, 0);
	play_start(&play);
	assert_string_equal(play_unsent(&play, 0, -ENETUNREACH), "said refused local");
	for (;;) {
		uint64_t before_ns = play.now_ns;

		assert_string_equal(play_time(&play), "dial 0");
		assert_in_range(play.now_ns - before_ns, 20 * MS, 40 * MS);
		if (strcmp(play_unsent(&play, 0, -ENETUNREACH), "said failed ENETUNREACH") == 0)
			break;
		assert_string_equal(play.text, "");
		n_tries++;
	}
	assert_in_range(play.now_ns - PLAY_START_NS, 2000 * MS, 2040 * MS);
	assert_in_range(n_tries, 50, 100);
}

static void another_reason_is_told_but_the_patience_goes_on(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, 0);
	play_start(&play);
	play_unsent(&play, 0, -ENETUNREACH);
	play.now_ns += 1900 * MS;
	play_time_after(&play, 0);
	assert_string_equal(play_unsent(&play, 0, -EADDRNOTAVAIL), "said refused local");
	play.now_ns += 150 * MS;
	play_time_after(&play, 0);
	assert_string_equal(play_unsent(&play, 0, -EADDRNOTAVAIL), "said failed EADDRNOTAVAIL");
}

static void time_that_ran_out_with_nothing_sent_tells_why_nothing_was_sent(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, 0);
	play_start(&play);
	play_unsent(&play, 0, -ENETUNREACH);
	play.session.config.timeout_ns = 500 * MS;
	play.now_ns = PLAY_START_NS + 500 * MS;
	assert_string_equal(play_time_after(&play, 0), "said failed ENETUNREACH");
}

static void paths_that_fail_for_different_reasons_leave_no_path(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER6 " " PEER, MIDAIR_ONCE);
	play_start(&play);
	assert_string_equal(play_unsent(&play, 0, -ENETUNREACH), "said refused local");
	assert_string_equal(play_unsent(&play, 1, -EPERM),
			    "said refused local, said failed no-path");
}

static void after_an_icmp_error_the_next_syn_follows_without_a_pause(void **state)
{
	struct play play;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct session_event event = {
			.type = SESSION_EVENT_REFUSED,
			.refusal = MIDAIR_REFUSED_BY_UNREACHABLE,
			.result = -EHOSTUNREACH,
		};

		play_init_dialling(&play, PEER, 0);
		random_init(&play.session.random, seed);
		play.now_ns += 80 * MS;
		assert_string_equal(play_feed(&play, &event), "said refused unreachable");
		assert_true(session_deadline(&play.session) == play.now_ns + 1);
	}
}

static void a_syn_that_left_renews_the_patience(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, 0);
	play_start(&play);
	for (int i = 0; i < 20; i++) {
		assert_string_equal(play_unsent(&play, 0, -ENETUNREACH), "said refused local");
		play_time_after(&play, 1500 * MS);
		play_dialled(&play, 0);
		play_refused(&play, 0);
		play_time_after(&play, 500 * MS);
	}
}

static void once_gives_up_what_cannot_be_sent(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, MIDAIR_ONCE);
	play_start(&play);
	assert_string_equal(play_unsent(&play, 0, -ENETUNREACH),
			    "said refused local, said failed ENETUNREACH");
}

/* The tuple may be taken by the peer's SYN, which our listener is just answering. */
static void once_waits_for_a_tuple_that_is_taken(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, MIDAIR_ONCE);
	play_start(&play);
	assert_string_equal(play_unsent(&play, 0, -EADDRNOTAVAIL), "said refused local");
	play.now_ns += 10 * MS;
	assert_string_equal(play_caught(&play, 0, PEER), "adopt 32, said connected caught");
}

/* A handshake of our listener's that never ends must not keep the tuple for ever. */
static void a_tuple_that_stays_taken_ends_the_listening_once(void **state)
{
	const uint32_t flags[] = {0, MIDAIR_NO_LISTEN};

	(void)state;
	for (size_t row = 0; row < N_ITEMS(flags); row++) {
		struct play play;

		play_init(&play, PEER " " OTHER, flags[row]);
		play_start(&play);
		play_dialled(&play, 1);
		play_unsent(&play, 0, -EADDRNOTAVAIL);
		while (play.now_ns < PLAY_START_NS + 1960 * MS) {
			if (strcmp(play_time(&play), "dial 0") == 0)
				play_unsent(&play, 0, -EADDRNOTAVAIL);
		}
		assert_int_equal(play.n_stopped, flags[row] == 0);
		while (strcmp(play_time(&play), "dial 0") != 0)
			;
		assert_string_equal(play_dialled(&play, 0), "said dial try 1");
	}
}

static void late_events_after_the_end_do_nothing(void **state)
{
	const bool is_failing[] = {false, true};

	(void)state;
	for (size_t row = 0; row < N_ITEMS(is_failing); row++) {
		struct play play;

		play_init_dialling(&play, PEER " " OTHER, 0);
		if (is_failing[row])
			play_time_after(&play, 60000 * MS);
		else
			play_landed(&play, 0);
		assert_string_equal(play_time_after(&play, 1), "");
		assert_string_equal(play_start(&play), "");
		assert_string_equal(play_dialled(&play, 1), "");
		assert_string_equal(play_unsent(&play, 1, -ENETUNREACH), "");
		assert_string_equal(play_refused(&play, 1), "");
		assert_string_equal(play_lost(&play, 0), "");
		assert_string_equal(play_lost(&play, SESSION_CAUGHT_BASE), "");
		play.is_open[1] = true;
		assert_string_equal(play_landed(&play, 1), "reset 1");
		assert_string_equal(play_caught(&play, 3, PEER), "reset 35");
		assert_string_equal(play_caught(&play, 4, "192.0.2.77:7"), "reset 36");
	}
}

static void events_about_paths_that_do_not_exist_do_nothing(void **state)
{
	struct session_event event = {.connection = 1};
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	event.type = SESSION_EVENT_REFUSED;
	assert_string_equal(play_feed(&play, &event), "");
	event.type = SESSION_EVENT_DIALLED;
	assert_string_equal(play_feed(&play, &event), "");
	event.connection = UINT32_MAX;
	event.type = SESSION_EVENT_UNSENT;
	assert_string_equal(play_feed(&play, &event), "");
	assert_string_equal(play_lost(&play, 40), "");
}

static void sixteen_paths_fail_within_the_room_for_actions(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, SIXTEEN, 0);
	play_time_after(&play, 60000 * MS);
	assert_int_equal(play.update.n_actions, 17);
	assert_int_equal(play.update.actions[16].report.result, MIDAIR_E_TIMEOUT);
}

static void the_time_in_a_report_counts_from_the_start(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	play.now_ns += 7 * MS;
	play_refused(&play, 0);
	assert_true(play.update.actions[0].report.time_ns == (int64_t)(7 * MS));
}

/* A driver that answers at random. Whatever happens: session_play's promises hold, time at the
 * deadline always leads on, and the end comes in time. */
static void answer_at_random(struct play *play, struct random *random)
{
	uint32_t path = (uint32_t)random_below(random, play->session.config.n_peers);
	uint32_t number = (uint32_t)random_below(random, 4) + 4;
	enum path_state at = play->session.paths[path].state;

	switch (random_below(random, 13)) {
	case 12:
		if (play->is_open[path] && at == PATH_DIALLING)
			play_half_open(play, path);
		return;
	case 0:
		if (play->is_open[path] && at == PATH_DIALLING)
			play_landed(play, path);
		return;
	case 1:
		if (!play->is_open[SESSION_CAUGHT_BASE + number])
			play_caught(play, number,
				    random_below(random, 2) ? "192.0.2.2:3"
							    : "[2001:db8::2]:3");
		return;
	case 2:
		play_caught(play, 1, "192.0.2.99:3");
		return;
	case 3:
		if (play->is_open[play->session.best % 64])
			play_lost(play, play->session.best);
		return;
	case 4:
	case 5:
		if (at == PATH_OPENING)
			play_unsent(play, path, -ENETUNREACH);
		return;
	case 6:
	case 7:
		if (at == PATH_DIALLING)
			play_refused(play, path);
		return;
	default:
		if (at == PATH_OPENING)
			play_dialled(play, path);
	}
}

static void an_erratic_world_breaks_no_promise(void **state)
{
	const char *const peers[] = {SIXTEEN, PEER6 " " PEER, PEER,
				     "192.0.2.2:3 [2001:db8::2]:3"};

	(void)state;
	for (uint64_t seed = 0; seed < 4000; seed++) {
		struct random random;
		struct play play;

		random_init(&random, seed);
		play_init(&play, peers[seed % N_ITEMS(peers)],
			  seed % 3 == 0	  ? MIDAIR_ONCE
			  : seed % 7 == 0 ? MIDAIR_ANY_PORT
					  : 0);
		if (seed % 5 == 0)
			play_caught(&play, 9, "192.0.2.2:3");
		play_start(&play);
		for (int i = 0;
		     i < 300 && session_deadline(&play.session) != SESSION_NO_DEADLINE; i++) {
			uint64_t deadline_ns = session_deadline(&play.session);

			assert_true(deadline_ns <= PLAY_START_NS + 60000 * MS);
			if (random_below(&random, 4) != 0) {
				answer_at_random(&play, &random);
				continue;
			}
			if (deadline_ns > play.now_ns)
				play_time(&play);
			else
				play_time_after(&play, 0);
			assert_true(session_deadline(&play.session) > play.now_ns);
		}
		if (session_deadline(&play.session) != SESSION_NO_DEADLINE)
			play_time_after(&play, 60000 * MS);
		assert_true(session_deadline(&play.session) == SESSION_NO_DEADLINE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_dialled_before_the_start),
		cmocka_unit_test(the_start_dials_every_path_and_comes_once),
		cmocka_unit_test(a_dial_is_held_to_the_deadline),
		cmocka_unit_test(with_once_a_dial_is_held_without_a_look),
		cmocka_unit_test(a_dial_that_stays_half_open_is_sent_anew),
		cmocka_unit_test(a_refusal_is_answered_after_a_short_pause_with_the_next_try),
		cmocka_unit_test(each_path_has_its_own_tries),
		cmocka_unit_test(a_pause_does_not_outlive_the_deadline),
		cmocka_unit_test(once_ends_with_the_last_path_refused),
		cmocka_unit_test(a_refusal_says_more_than_a_dial_that_could_not_be_sent),
		cmocka_unit_test(what_cannot_be_sent_is_tried_for_two_seconds_and_told_once),
		cmocka_unit_test(another_reason_is_told_but_the_patience_goes_on),
		cmocka_unit_test(
			time_that_ran_out_with_nothing_sent_tells_why_nothing_was_sent),
		cmocka_unit_test(paths_that_fail_for_different_reasons_leave_no_path),
		cmocka_unit_test(after_an_icmp_error_the_next_syn_follows_without_a_pause),
		cmocka_unit_test(a_syn_that_left_renews_the_patience),
		cmocka_unit_test(once_gives_up_what_cannot_be_sent),
		cmocka_unit_test(once_waits_for_a_tuple_that_is_taken),
		cmocka_unit_test(a_tuple_that_stays_taken_ends_the_listening_once),
		cmocka_unit_test(late_events_after_the_end_do_nothing),
		cmocka_unit_test(events_about_paths_that_do_not_exist_do_nothing),
		cmocka_unit_test(sixteen_paths_fail_within_the_room_for_actions),
		cmocka_unit_test(the_time_in_a_report_counts_from_the_start),
		cmocka_unit_test(an_erratic_world_breaks_no_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
