/* SPDX-License-Identifier: MIT */
/* Authenticated sessions: what lands must prove that it leads to the peer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/session_play.h"
#include "tests/unit/unit.h"

#define PEER	 "198.51.100.2:1314"
#define OTHER	 "203.0.113.3:1314"
#define THIRD	 "203.0.113.4:1314"
#define PEER6	 "[2001:db8::2]:1314"
#define STRANGER "192.0.2.66:4000"
#define CAUGHT	 SESSION_CAUGHT_BASE

static void begin(struct play *play, const char *peers)
{
	play_init_pairing(play, peers);
	play_start_dialling(play);
}

static void begin_secret(struct play *play, const char *peers, uint32_t flags)
{
	play_init_secret(play, peers, flags);
	play_start_dialling(play);
}

static void what_lands_is_asked_for_a_proof_and_nothing_else_stops(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER6 " " PEER " " OTHER);
	assert_string_equal(play_landed(&play, 1), "said landed answered, prove 1");
	assert_string_equal(play_landed(&play, 0), "said landed answered, prove 0");
	assert_string_equal(play_caught(&play, 3, STRANGER), "said landed caught, prove 35");
	assert_string_equal(play_refused(&play, 2), "said refused reset");
	assert_string_equal(play_time(&play), "dial 2");
}

static void the_first_proven_wins_whatever_its_family(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER6 " " PEER " " OTHER);
	play.now_ns += 30 * MS;
	play_landed(&play, 0);
	play.now_ns += 5 * MS;
	play_landed(&play, 1);
	play_caught(&play, 0, STRANGER);
	play.now_ns += 12 * MS;
	assert_string_equal(play_proven(&play, 1),
			    "reset 0, reset 2, reset 32, adopt 1, said authenticated, "
			    "said connected answered");
	assert_true(play.update.actions[4].report.elapsed_ns == (int64_t)(12 * MS));
	assert_true(play.update.actions[5].report.elapsed_ns == (int64_t)(47 * MS));
	assert_int_equal(play.update.actions[5].report.round_trip_us, 10000);
	assert_int_equal(play.update.actions[5].report.try_number, 1);
	assert_string_equal(play_proven(&play, 0), "");
	assert_string_equal(play_unproven(&play, 0, MIDAIR_E_AUTHENTICATION), "");
}

static void a_caught_connection_from_anywhere_can_be_the_peer(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	play_caught(&play, 4, STRANGER);
	assert_string_equal(play_proven(&play, CAUGHT + 4),
			    "reset 0, adopt 36, said authenticated, said connected caught");
}

static void with_a_secret_only_the_named_peers_may_try(void **state)
{
	struct play play;

	(void)state;
	begin_secret(&play, PEER, 0);
	assert_string_equal(play_caught(&play, 0, STRANGER), "reset 32, said stranger");
	assert_string_equal(play_caught(&play, 0, "198.51.100.2:9"), "reset 32, said stranger");
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught, prove 32");
	begin_secret(&play, PEER, MIDAIR_ANY_PORT);
	assert_string_equal(play_caught(&play, 0, "198.51.100.2:9"),
			    "said landed caught, prove 32");
}

static void what_comes_before_the_start_is_held_until_there_are_keys(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "");
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught");
	assert_string_equal(play_caught(&play, 1, STRANGER), "said landed caught");
	assert_true(session_deadline(&play.session) == SESSION_NO_DEADLINE);
	/* whoever went again leaves no trace */
	assert_string_equal(play_lost(&play, CAUGHT + 1), "reset 33");
	assert_string_equal(play_candidate(&play, PEER), "");
	assert_string_equal(play_candidate(&play, OTHER), "said candidate");
	/* the peer's tuple is taken by the caught connection */
	assert_string_equal(play_start(&play), "prove 32, dial 1");
	assert_string_equal(play_proven(&play, CAUGHT),
			    "reset 1, adopt 32, said authenticated, said connected caught");
}

static void with_a_secret_the_peer_that_comes_before_the_start_is_taken(void **state)
{
	struct play play;

	(void)state;
	play_init_secret(&play, PEER, 0);
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught, prove 32");
	assert_string_equal(play_proven(&play, CAUGHT),
			    "adopt 32, said authenticated, said connected caught");
	assert_true(play.update.actions[2].report.elapsed_ns == 0);
	assert_string_equal(play_start(&play), "");
}

static void a_proof_before_it_was_asked_for_does_not_count(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, PEER);
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_proven(&play, CAUGHT), "");
	assert_string_equal(play_proven(&play, 0), "");
	assert_string_equal(play_proven(&play, 99), "");
	assert_string_equal(play_unproven(&play, 99, 0), "");
	assert_string_equal(play_exchanged(&play, UINT32_MAX), "");
}

static void a_foreign_answer_is_dialled_again_after_a_growing_pause(void **state)
{
	struct play play;
	uint64_t least_ns = 200 * MS;

	(void)state;
	begin(&play, PEER);
	for (int i = 0; i < 10; i++) {
		uint64_t before_ns;

		assert_string_equal(play_landed(&play, 0), "said landed answered, prove 0");
		play.now_ns += 4 * MS;
		assert_string_equal(play_unproven(&play, 0, MIDAIR_E_AUTHENTICATION),
				    "reset 0, said unproven authentication");
		assert_true(play.update.actions[1].report.elapsed_ns == (int64_t)(4 * MS));
		before_ns = play.now_ns;
		if (before_ns + least_ns * 5 / 4 > PLAY_START_NS + 60000 * MS)
			break;
		assert_string_equal(play_time(&play), "dial 0");
		assert_in_range(play.now_ns - before_ns, least_ns,
				least_ns * 5 / 4 + REDIAL_QUICK_PAUSE_NS);
		play_dialled(&play, 0);
		if (i < 6)
			least_ns *= 2;
	}
	assert_true(least_ns == 12800 * MS);
}

static void a_lost_connection_is_dialled_again_at_once_but_not_for_ever(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	for (int i = 0; i < 4; i++) {
		uint64_t before_ns;

		play_landed(&play, 0);
		assert_string_equal(play_lost(&play, 0), "reset 0, said unproven ok");
		before_ns = play.now_ns;
		assert_string_equal(play_time(&play), "dial 0");
		if (i < 3)
			assert_in_range(play.now_ns - before_ns, 1, REDIAL_QUICK_PAUSE_NS);
		else
			assert_in_range(play.now_ns - before_ns, 200 * MS, 251 * MS);
		play_dialled(&play, 0);
	}
}

static void a_caught_connection_that_is_not_the_peers_is_dropped(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_unproven(&play, CAUGHT, MIDAIR_E_AUTHENTICATION),
			    "reset 32, said unproven authentication");
	assert_string_equal(play_unproven(&play, CAUGHT, MIDAIR_E_AUTHENTICATION), "");
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_lost(&play, CAUGHT), "reset 32, said unproven ok");
}

static void what_says_nothing_is_dropped_in_time(void **state)
{
	struct play play;
	uint64_t landed_ns;

	(void)state;
	begin(&play, PEER);
	landed_ns = play.now_ns;
	play_caught(&play, 0, STRANGER);
	play_landed(&play, 0);
	/* 5 s and three round trips of 10 ms */
	assert_string_equal(
		play_time(&play),
		"reset 0, said unproven ETIMEDOUT, reset 32, said unproven ETIMEDOUT");
	assert_true(play.now_ns == landed_ns + 5030 * MS);
}

static void a_round_trip_of_minutes_gives_no_patience_of_minutes(void **state)
{
	struct session_event event = {
		.type = SESSION_EVENT_CAUGHT,
		.connection = CAUGHT,
		.local = play_endpoint(PLAY_LOCAL),
		.remote = play_endpoint(STRANGER),
		.round_trip_us = UINT32_MAX,
	};
	struct play play;

	(void)state;
	play_init_pairing(&play, "");
	play_start(&play);
	play.is_open[CAUGHT] = true;
	play_feed(&play, &event);
	play_time(&play);
	assert_true(play.now_ns == PLAY_START_NS + 11000 * MS);
}

static void the_deadline_ends_a_proof_under_way(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	play.now_ns = PLAY_START_NS + 60000 * MS - MS;
	play_landed(&play, 0);
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_time(&play), "reset 0, reset 32, said failed timeout");
}

static void a_candidate_is_dialled_at_once(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	assert_string_equal(play_candidate(&play, OTHER), "said candidate, dial 1");
	play_dialled(&play, 1);
	assert_string_equal(play_candidate(&play, OTHER), "");
	assert_string_equal(play_candidate(&play, PEER), "");
	play_landed(&play, 1);
	assert_string_equal(play_candidate(&play, THIRD), "said candidate, dial 2");
	play_proven(&play, 1);
	assert_string_equal(play_candidate(&play, PEER6), "");
}

static void candidates_that_cannot_be_are_ignored(void **state)
{
	const struct midair_endpoint wrong[] = {
		{.family = MIDAIR_FAMILY_NONE, .address = {1, 2, 3, 4}, .port = 1},
		{.family = 77, .address = {1, 2, 3, 4}, .port = 1},
		{.family = MIDAIR_IPV4, .address = {1, 2, 3, 4}, .port = 0},
		{.family = MIDAIR_IPV4, .address = {0}, .port = 1},
		{.family = MIDAIR_IPV4, .address = {224, 0, 0, 1}, .port = 1},
		{.family = MIDAIR_IPV6, .address = {0}, .port = 1},
		{.family = MIDAIR_IPV6, .address = {0xff, 2}, .port = 1},
	};
	struct play play;

	(void)state;
	begin(&play, PEER);
	for (size_t i = 0; i < N_ITEMS(wrong); i++) {
		struct session_event event = {
			.type = SESSION_EVENT_CANDIDATE,
			.remote = wrong[i],
		};

		assert_string_equal(play_feed(&play, &event), "");
	}
	assert_int_equal(play.session.config.n_peers, 1);
}

static void the_seventeenth_candidate_is_ignored(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "");
	play_start(&play);
	for (int i = 0; i < 20; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.51.100.%d:1314", i + 1);
		play_candidate(&play, text);
		assert_int_equal(play.session.config.n_peers, i < 16 ? i + 1 : 16);
		if (i < 16)
			play_dialled(&play, (uint32_t)i);
	}
	play_landed(&play, 15);
	play_proven(&play, 15);
	assert_int_equal(play.session.phase, SESSION_CONNECTED);
}

static void without_a_path_that_works_a_candidate_may_still_come(void **state)
{
	struct session_event self = {.type = SESSION_EVENT_LANDED};
	struct play play;

	(void)state;
	self.local = self.remote = play_endpoint(PLAY_LOCAL);
	begin(&play, PLAY_LOCAL);
	assert_string_equal(play_feed(&play, &self), "reset 0, said refused self");
	play.now_ns += 4000 * MS;
	assert_string_equal(play_candidate(&play, PEER), "said candidate, dial 1");

	begin(&play, PLAY_LOCAL);
	play_feed(&play, &self);
	assert_string_equal(play_time(&play), "said failed self-connection");
	assert_true(play.now_ns == PLAY_START_NS + 5000 * MS);
}

static void a_session_without_a_path_waits_for_what_is_being_proved(void **state)
{
	struct play play;

	(void)state;
	begin_secret(&play, PEER, MIDAIR_ONCE);
	play_caught(&play, 0, PEER);
	assert_string_equal(play_refused(&play, 0), "said refused reset");
	assert_string_equal(play_lost(&play, CAUGHT),
			    "reset 32, said unproven ok, said failed refused");

	begin_secret(&play, PEER, MIDAIR_ONCE);
	play_landed(&play, 0);
	assert_string_equal(play_unproven(&play, 0, MIDAIR_E_PROTOCOL),
			    "reset 0, said unproven protocol, said failed authentication");
}

static void a_path_whose_tuple_is_caught_waits_without_a_word(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, PEER " " OTHER);
	play_start(&play);
	play_dialled(&play, 1);
	assert_string_equal(play_unsent(&play, 0, -EADDRNOTAVAIL), "said refused local");
	play_caught(&play, 0, PEER);
	for (int i = 0; i < 30; i++)
		assert_string_equal(play_time(&play), "");
	assert_string_equal(play_unproven(&play, CAUGHT, MIDAIR_E_AUTHENTICATION),
			    "reset 32, said unproven authentication");
	assert_string_equal(play_time(&play), "dial 0");
}

static void our_own_listener_is_found_out_before_anything_is_proved(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER " " OTHER);
	play_landed(&play, 0);
	play.is_open[CAUGHT] = true;
	assert_string_equal(play_feed(&play,
				      &(struct session_event){
					      .type = SESSION_EVENT_CAUGHT,
					      .connection = CAUGHT,
					      .local = play_endpoint(PEER),
					      .remote = play_endpoint(PLAY_LOCAL),
				      }),
			    "reset 32, reset 0, said refused self");
	assert_string_equal(play_proven(&play, 0), "");
	play_landed(&play, 1);
	play_proven(&play, 1);
	assert_int_equal(play.session.phase, SESSION_CONNECTED);
}

static void three_answers_with_another_secret_are_enough(void **state)
{
	struct play play;

	(void)state;
	begin_secret(&play, PEER, 0);
	for (int i = 0; i < 2; i++) {
		play_landed(&play, 0);
		assert_string_equal(play_unproven(&play, 0, MIDAIR_E_AUTHENTICATION),
				    "reset 0, said unproven authentication");
		play_time(&play);
		play_dialled(&play, 0);
	}
	play_landed(&play, 0);
	assert_string_equal(
		play_unproven(&play, 0, MIDAIR_E_AUTHENTICATION),
		"reset 0, said unproven authentication, said failed authentication");
	/* with a key that nobody can guess they are only strangers */
	begin(&play, PEER);
	for (int i = 0; i < 40; i++) {
		play_caught(&play, 0, STRANGER);
		play_unproven(&play, CAUGHT, MIDAIR_E_AUTHENTICATION);
	}
	assert_int_equal(play.session.phase, SESSION_TRYING);
}

static void no_more_than_sixteen_guesses_are_granted(void **state)
{
	struct play play;

	(void)state;
	begin_secret(&play, PEER, MIDAIR_ANY_PORT);
	for (int i = 0; i < 16; i++) {
		play_caught(&play, 0, "198.51.100.2:77");
		assert_string_equal(play_exchanged(&play, CAUGHT), "");
		if (i < 15)
			assert_string_equal(play_lost(&play, CAUGHT),
					    "reset 32, said unproven ok");
	}
	/* the last one granted is still at it, and nobody else gets one */
	play_caught(&play, 1, "198.51.100.2:78");
	assert_string_equal(play_exchanged(&play, CAUGHT + 1), "reset 33, said unproven limit");
	assert_string_equal(play_lost(&play, CAUGHT),
			    "reset 32, said unproven ok, reset 0, said failed authentication");
}

static void time_that_ran_out_among_foreign_answers_says_so(void **state)
{
	struct play play;

	(void)state;
	begin_secret(&play, PEER, 0);
	play_landed(&play, 0);
	play_unproven(&play, 0, MIDAIR_E_PROTOCOL);
	play.now_ns = PLAY_START_NS + 60000 * MS;
	assert_string_equal(play_time_after(&play, 0), "said failed authentication");
}

static void the_session_can_be_told_to_fail(void **state)
{
	struct session_event event = {
		.type = SESSION_EVENT_GIVE_UP,
		.result = MIDAIR_E_WRONG_CODE,
	};
	struct play play;

	(void)state;
	begin(&play, PEER);
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_feed(&play, &event),
			    "reset 0, reset 32, said failed wrong-code");
	assert_string_equal(play_feed(&play, &event), "");
	play_init_pairing(&play, "");
	play_caught(&play, 0, STRANGER);
	assert_string_equal(play_feed(&play, &event), "reset 32, said failed wrong-code");
	assert_string_equal(play_start(&play), "");
}

static void strangers_make_room_the_oldest_first(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER);
	assert_int_equal(session_expendable(&play.session), SESSION_CONNECTIONS);
	play_caught(&play, 7, PEER);
	assert_int_equal(session_expendable(&play.session), SESSION_CONNECTIONS);
	play.now_ns += MS;
	play_caught(&play, 2, STRANGER);
	play.now_ns += MS;
	play_caught(&play, 1, STRANGER);
	assert_int_equal(session_expendable(&play.session), CAUGHT + 2);
	play_unproven(&play, CAUGHT + 2, MIDAIR_E_LIMIT);
	assert_int_equal(session_expendable(&play.session), CAUGHT + 1);
	/* the peer's address is recognised with another port: its NAT may have changed that */
	play_unproven(&play, CAUGHT + 1, MIDAIR_E_LIMIT);
	play_caught(&play, 1, "198.51.100.2:5");
	assert_int_equal(session_expendable(&play.session), SESSION_CONNECTIONS);
}

static void a_neighbour_that_refuses_leaves_the_syns_to_others(void **state)
{
	struct play play;

	(void)state;
	begin(&play, PEER " 10.0.0.9:1314");
	for (int i = 0; i < 40; i++) {
		uint64_t before_ns;

		play.now_ns += MS / 3;
		before_ns = play.now_ns;
		assert_string_equal(play_refused(&play, 1), "said refused reset");
		assert_string_equal(play_time(&play), "dial 1");
		if (i < 16)
			assert_in_range(play.now_ns - before_ns, 1, REDIAL_QUICK_PAUSE_NS);
		else
			assert_in_range(play.now_ns - before_ns, 20 * MS, 41 * MS);
		play_dialled(&play, 1);
	}
}

/* ---- a driver that answers at random ------------------------------------------------------- */

static void catch_something(struct play *play, struct random *random)
{
	static const char *const from[] = {STRANGER, PEER, PEER6, "198.51.100.2:5",
					   "[2001:db8::77]:7"};
	uint32_t number = (uint32_t)random_below(random, SESSION_CAUGHT_MAX);

	if (play->is_open[CAUGHT + number])
		number = session_expendable(&play->session) - CAUGHT;
	if (number >= SESSION_CAUGHT_MAX)
		return;
	if (play->is_open[CAUGHT + number])
		play_unproven(play, CAUGHT + number, MIDAIR_E_LIMIT);
	if (session_deadline(&play->session) != SESSION_NO_DEADLINE)
		play_caught(play, number, from[random_below(random, N_ITEMS(from))]);
}

static void judge_something(struct play *play, struct random *random)
{
	static const int results[] = {MIDAIR_E_AUTHENTICATION, MIDAIR_E_PROTOCOL, -EIO};
	uint32_t number = (uint32_t)random_below(random, SESSION_CONNECTIONS);

	if (!play->is_proving[number])
		return;
	switch (random_below(random, 16)) {
	case 0:
		play_proven(play, number);
		return;
	case 1:
	case 2:
		play_lost(play, number);
		return;
	case 3:
	case 4:
		play_exchanged(play, number);
		return;
	default:
		play_unproven(play, number, results[random_below(random, N_ITEMS(results))]);
	}
}

static void answer_dial(struct play *play, struct random *random)
{
	uint32_t n_peers = play->session.config.n_peers;
	uint32_t path = (uint32_t)random_below(random, n_peers > 0 ? n_peers : 1);
	enum path_state at = play->session.paths[path].state;

	if (at == PATH_OPENING && random_below(random, 5) == 0)
		play_unsent(play, path,
			    random_below(random, 2) ? -EADDRNOTAVAIL : -ENETUNREACH);
	else if (at == PATH_OPENING)
		play_dialled(play, path);
	else if (at == PATH_DIALLING && random_below(random, 2) == 0)
		play_refused(play, path);
	else if (at == PATH_DIALLING)
		play_landed(play, path);
}

static void answer_at_random(struct play *play, struct random *random)
{
	char text[40];

	switch (random_below(random, 8)) {
	case 0:
	case 1:
		catch_something(play, random);
		return;
	case 2:
	case 3:
		judge_something(play, random);
		return;
	case 4:
		snprintf(text, sizeof(text), "198.51.100.%u:1314",
			 (unsigned)random_below(random, 40));
		play_candidate(play, text);
		return;
	default:
		answer_dial(play, random);
	}
}

static void an_erratic_world_breaks_no_promise(void **state)
{
	uint32_t n_connected = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 3000; seed++) {
		struct random random;
		struct play play;

		random_init(&random, seed);
		if (seed % 2 == 0)
			play_init_secret(&play, PEER6 " " PEER,
					 seed % 6 == 0 ? MIDAIR_ONCE : MIDAIR_ANY_PORT);
		else
			play_init_pairing(&play, seed % 3 == 0 ? "" : PEER);
		play_caught(&play, 9, PEER);
		play_start(&play);
		for (int i = 0;
		     i < 300 && session_deadline(&play.session) != SESSION_NO_DEADLINE; i++) {
			uint64_t deadline_ns = session_deadline(&play.session);

			assert_true(deadline_ns <= PLAY_START_NS + 60000 * MS);
			if (random_below(&random, 8) != 0) {
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
		assert_true(play.session.n_guesses <= SESSION_GUESSES_MAX);
		n_connected += play.session.phase == SESSION_CONNECTED;
	}
	assert_in_range(n_connected, 300, 2900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lands_is_asked_for_a_proof_and_nothing_else_stops),
		cmocka_unit_test(the_first_proven_wins_whatever_its_family),
		cmocka_unit_test(a_caught_connection_from_anywhere_can_be_the_peer),
		cmocka_unit_test(with_a_secret_only_the_named_peers_may_try),
		cmocka_unit_test(what_comes_before_the_start_is_held_until_there_are_keys),
		cmocka_unit_test(with_a_secret_the_peer_that_comes_before_the_start_is_taken),
		cmocka_unit_test(a_proof_before_it_was_asked_for_does_not_count),
		cmocka_unit_test(a_foreign_answer_is_dialled_again_after_a_growing_pause),
		cmocka_unit_test(a_lost_connection_is_dialled_again_at_once_but_not_for_ever),
		cmocka_unit_test(a_caught_connection_that_is_not_the_peers_is_dropped),
		cmocka_unit_test(what_says_nothing_is_dropped_in_time),
		cmocka_unit_test(a_round_trip_of_minutes_gives_no_patience_of_minutes),
		cmocka_unit_test(the_deadline_ends_a_proof_under_way),
		cmocka_unit_test(a_candidate_is_dialled_at_once),
		cmocka_unit_test(candidates_that_cannot_be_are_ignored),
		cmocka_unit_test(the_seventeenth_candidate_is_ignored),
		cmocka_unit_test(without_a_path_that_works_a_candidate_may_still_come),
		cmocka_unit_test(a_session_without_a_path_waits_for_what_is_being_proved),
		cmocka_unit_test(a_path_whose_tuple_is_caught_waits_without_a_word),
		cmocka_unit_test(our_own_listener_is_found_out_before_anything_is_proved),
		cmocka_unit_test(three_answers_with_another_secret_are_enough),
		cmocka_unit_test(no_more_than_sixteen_guesses_are_granted),
		cmocka_unit_test(time_that_ran_out_among_foreign_answers_says_so),
		cmocka_unit_test(the_session_can_be_told_to_fail),
		cmocka_unit_test(strangers_make_room_the_oldest_first),
		cmocka_unit_test(a_neighbour_that_refuses_leaves_the_syns_to_others),
		cmocka_unit_test(an_erratic_world_breaks_no_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
