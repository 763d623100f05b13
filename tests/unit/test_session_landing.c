/* SPDX-License-Identifier: MIT */
/* From landed and caught connections to the one that is adopted. */
#include <errno.h>

#include "tests/unit/session_play.h"
#include "tests/unit/unit.h"

#define PEER   "198.51.100.2:1314"
#define OTHER  "203.0.113.3:1314"
#define PEER6  "[2001:db8::2]:1314"
#define BOTH   PEER6 " " PEER
#define THREE  PEER6 " " PEER " " OTHER
#define CAUGHT SESSION_CAUGHT_BASE

static void the_only_family_is_adopted_at_once(void **state)
{
	const char *const peers[] = {PEER, PEER6};

	(void)state;
	for (size_t row = 0; row < N_ITEMS(peers); row++) {
		struct play play;

		play_init_dialling(&play, peers[row], 0);
		play.now_ns += 20 * MS;
		assert_string_equal(play_landed(&play, 0), "adopt 0, said connected answered");
		assert_true(play.update.actions[1].report.elapsed_ns == (int64_t)(20 * MS));
		assert_int_equal(play.update.actions[1].report.round_trip_us, 10000);
		assert_int_equal(play.update.actions[1].report.try_number, 1);
	}
}

static void the_winner_is_adopted_after_the_others_are_reset(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER " " OTHER " 203.0.113.4:1314", 0);
	play_refused(&play, 2);
	assert_string_equal(play_landed(&play, 1), "reset 0, adopt 1, said connected answered");
}

static void ipv6_is_adopted_at_once_beside_ipv4(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	assert_string_equal(play_landed(&play, 0), "reset 1, adopt 0, said connected answered");
}

static void ipv4_waits_a_round_trip_and_a_margin_for_ipv6(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play.now_ns += 30 * MS;
	assert_string_equal(play_landed(&play, 1), "said landed answered");
	assert_true(session_deadline(&play.session) == play.now_ns + 60 * MS);
	assert_string_equal(play_time(&play), "reset 0, adopt 1, said connected answered");
	assert_true(play.update.actions[2].report.elapsed_ns == (int64_t)(90 * MS));
}

static void ipv6_that_lands_while_ipv4_settles_wins(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play_landed(&play, 1);
	play.now_ns += 59 * MS;
	assert_string_equal(play_landed(&play, 0), "reset 1, adopt 0, said connected answered");
}

static void ipv6_caught_while_a_caught_ipv4_settles_wins(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught");
	assert_string_equal(play_caught(&play, 1, PEER6),
			    "reset 32, reset 0, reset 1, adopt 33, said connected caught");
}

static void ipv4_does_not_wait_for_an_ipv6_that_cannot_be_sent(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	play_start(&play);
	play_unsent(&play, 0, -ENETUNREACH);
	play_dialled(&play, 1);
	assert_string_equal(play_landed(&play, 1), "adopt 1, said connected answered");
}

static void ipv4_waits_for_an_ipv6_that_was_refused_and_will_be_redialled(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play_refused(&play, 0);
	assert_string_equal(play_landed(&play, 1), "said landed answered");
	assert_string_equal(play_time(&play), "dial 0");
}

static void settling_ends_at_once_when_no_path_is_left(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, MIDAIR_ONCE);
	play_start(&play);
	play_dialled(&play, 0);
	play_unsent(&play, 1, -ENETUNREACH);
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught");
	assert_string_equal(play_refused(&play, 0),
			    "said refused reset, adopt 32, said connected caught");
}

static void the_deadline_while_settling_adopts_what_has_landed(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	while (session_deadline(&play.session) < PLAY_START_NS + 60000 * MS)
		assert_string_equal(play_time(&play), "look 0, look 1");
	play.now_ns = PLAY_START_NS + 60000 * MS - MS;
	play_landed(&play, 1);
	assert_true(session_deadline(&play.session) == PLAY_START_NS + 60000 * MS);
	assert_string_equal(play_time(&play), "reset 0, adopt 1, said connected answered");
}

static void a_landing_that_is_lost_while_it_settles_is_dialled_again(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play_landed(&play, 1);
	assert_string_equal(play_lost(&play, 1), "reset 1, said refused reset");
	assert_string_equal(play_lost(&play, 1), "");
	assert_string_equal(play_time(&play), "dial 1");
	assert_string_equal(play_dialled(&play, 1), "said dial try 2");
	play_landed(&play, 1);
	assert_string_equal(play_time(&play), "reset 0, adopt 1, said connected answered");
}

static void a_caught_landing_that_is_lost_leaves_the_dials_alone(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play_caught(&play, 5, PEER);
	assert_string_equal(play_lost(&play, CAUGHT + 4), "");
	assert_string_equal(play_lost(&play, CAUGHT + 5), "reset 37, said refused reset");
	assert_string_equal(play_landed(&play, 0), "reset 1, adopt 0, said connected answered");
}

static void with_once_a_lost_landing_is_the_end_of_its_path(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, MIDAIR_ONCE);
	play_landed(&play, 1);
	assert_string_equal(play_lost(&play, 1), "reset 1, said refused reset");
	assert_string_equal(play_refused(&play, 0), "said refused reset, said failed refused");
}

static bool is_wanted(const struct play *play, uint32_t path)
{
	enum path_state at = play->session.paths[path].state;

	return at == PATH_OPENING || at == PATH_DIALLING || at == PATH_PAUSING;
}

/* Two of the peer's IPv4 addresses land, the first one is lost: the second is wanted again. */
static void a_second_landing_is_reset_but_not_forgotten(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, THREE, 0);
	play_landed(&play, 1);
	assert_string_equal(play_landed(&play, 2), "reset 2");
	play_lost(&play, 1);
	assert_true(is_wanted(&play, 2));
	play.now_ns += 5 * MS;
	play_time_after(&play, 0);
	play_dialled(&play, 2);
	assert_string_equal(play_landed(&play, 2), "said landed answered");
}

static void what_is_caught_after_the_first_is_reset(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, THREE, 0);
	play_caught(&play, 0, PEER);
	assert_string_equal(play_caught(&play, 1, OTHER), "reset 33");
	assert_string_equal(play_time(&play),
			    "reset 0, reset 1, reset 2, adopt 32, said connected caught");
}

static void a_stranger_is_reset_and_the_attempt_goes_on(void **state)
{
	const char *const strangers[] = {
		"198.51.100.3:1314",	/* another address */
		"198.51.100.2:1315",	/* another port */
		"[2001:db8::3]:1314",	/* another address of another family */
		"[2001:db8::2%7]:1314", /* another link */
		"[2001:db8::2]:1",
	};
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	for (size_t row = 0; row < N_ITEMS(strangers); row++)
		assert_string_equal(play_caught(&play, (uint32_t)row, strangers[row]),
				    row == 0   ? "reset 32, said stranger"
				    : row == 1 ? "reset 33, said stranger"
				    : row == 2 ? "reset 34, said stranger"
				    : row == 3 ? "reset 35, said stranger"
					       : "reset 36, said stranger");
	play_start(&play);
	play_dialled(&play, 0);
	assert_string_equal(play_caught(&play, 0, strangers[0]), "reset 32, said stranger");
	assert_string_equal(play_landed(&play, 0), "reset 1, adopt 0, said connected answered");
}

static void any_port_takes_the_named_address_from_any_port(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, MIDAIR_ANY_PORT);
	assert_string_equal(play_caught(&play, 0, "198.51.100.3:1314"),
			    "reset 32, said stranger");
	assert_string_equal(play_caught(&play, 1, "198.51.100.2:40000"),
			    "reset 0, adopt 33, said connected caught");
}

static void the_peer_that_comes_before_the_start_is_taken(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PEER, 0);
	assert_string_equal(play_caught(&play, 0, PEER), "adopt 32, said connected caught");
	assert_true(play.update.actions[1].report.elapsed_ns == 0);
	assert_string_equal(play_start(&play), "");
}

/* The peer, which has started, waits for IPv6; we must not be content with IPv4 before it. */
static void ipv4_caught_before_the_start_waits_for_ipv6_too(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	assert_string_equal(play_caught(&play, 0, PEER), "said landed caught");
	assert_true(play.update.actions[0].report.time_ns == 0);
	assert_true(session_deadline(&play.session) == play.now_ns + 60 * MS);
	play.now_ns += 3 * MS;
	assert_string_equal(play_caught(&play, 1, PEER6),
			    "reset 32, adopt 33, said connected caught");
}

static void what_settles_before_the_start_is_adopted_in_its_time(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	play_caught(&play, 0, PEER);
	assert_string_equal(play_time_after(&play, 59 * MS), "");
	assert_string_equal(play_time(&play), "adopt 32, said connected caught");
}

static void what_is_lost_before_the_start_leaves_the_start_as_it_was(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	play_caught(&play, 0, PEER);
	assert_string_equal(play_lost(&play, CAUGHT), "reset 32, said refused reset");
	assert_true(session_deadline(&play.session) == SESSION_NO_DEADLINE);
	play.now_ns += 1000 * MS;
	assert_string_equal(play_start(&play), "dial 0, dial 1");
	assert_true(session_deadline(&play.session) == play.now_ns + 60000 * MS);
}

static void a_start_while_something_settles_dials_only_what_is_better(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, BOTH, 0);
	play_caught(&play, 0, PEER);
	assert_string_equal(play_start(&play), "dial 0");
	assert_string_equal(play_start(&play), "");
	play_dialled(&play, 0);
	assert_string_equal(play_lost(&play, CAUGHT), "reset 32, said refused reset, dial 1");
	play.now_ns = PLAY_START_NS + 60000 * MS;
	assert_string_equal(play_time_after(&play, 0), "reset 0, reset 1, said failed timeout");
}

static void a_connection_to_ourselves_is_refused_and_not_tried_again(void **state)
{
	struct session_event event = {.type = SESSION_EVENT_LANDED};
	struct play play;

	(void)state;
	event.local = event.remote = play_endpoint(PLAY_LOCAL);
	play_init_dialling(&play, PLAY_LOCAL, 0);
	assert_string_equal(play_feed(&play, &event),
			    "reset 0, said refused self, said failed self-connection");
}

static void one_of_two_addresses_that_is_ourselves_leaves_the_other(void **state)
{
	struct session_event event = {.type = SESSION_EVENT_LANDED};
	struct play play;

	(void)state;
	event.local = event.remote = play_endpoint(PLAY_LOCAL);
	play_init_dialling(&play, PLAY_LOCAL " " PEER, 0);
	assert_string_equal(play_feed(&play, &event), "reset 0, said refused self");
	assert_string_equal(play_landed(&play, 1), "adopt 1, said connected answered");
}

static void a_caught_connection_with_one_endpoint_is_no_peer(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_LOCAL, 0);
	play_start(&play);
	assert_string_equal(play_caught(&play, 0, PLAY_LOCAL), "reset 32, said stranger");
}

/* Our dial to another address of this machine, as our own listener sees it. */
static const char *catch_ourselves(struct play *play, uint32_t path)
{
	play->is_open[CAUGHT] = true;
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_CAUGHT,
				       .connection = CAUGHT,
				       .local = play->session.config.peers[path],
				       .remote = play_local_of(play, path),
				       .crossing = MIDAIR_CAUGHT,
			       });
}

static const char *land_here(struct play *play, uint32_t path)
{
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_LANDED,
				       .connection = path,
				       .local = play_local_of(play, path),
				       .remote = play->session.config.peers[path],
				       .crossing = MIDAIR_ANSWERED,
				       .may_be_self = true,
			       });
}

static void our_own_listener_is_not_the_peer_whichever_end_shows_first(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	assert_string_equal(land_here(&play, 0), "said landed answered");
	assert_string_equal(
		catch_ourselves(&play, 0),
		"reset 32, reset 0, said refused self, said failed self-connection");

	play_init_dialling(&play, PEER, 0);
	assert_string_equal(
		catch_ourselves(&play, 0),
		"reset 32, reset 0, said refused self, said failed self-connection");
}

static void our_own_listener_is_found_out_by_any_port_and_named_address_too(void **state)
{
	struct play play;

	(void)state;
	/* both of our addresses are named, so that the caught end comes from a named one */
	play_init_dialling(&play, PEER " " PLAY_LOCAL, MIDAIR_ANY_PORT);
	assert_string_equal(land_here(&play, 0), "said landed answered");
	assert_string_equal(catch_ourselves(&play, 0), "reset 32, reset 0, said refused self");
}

static void another_program_on_this_machine_is_a_peer_all_the_same(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, PEER, 0);
	land_here(&play, 0);
	assert_string_equal(play_time(&play), "adopt 0, said connected answered");
}

static void a_dial_that_may_be_to_ourselves_settles_even_when_it_is_better(void **state)
{
	struct play play;

	(void)state;
	play_init_dialling(&play, BOTH, 0);
	play_landed(&play, 1);
	assert_string_equal(land_here(&play, 0), "reset 1, said landed answered");
	assert_string_equal(catch_ourselves(&play, 0), "reset 32, reset 0, said refused self");
	assert_true(is_wanted(&play, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_only_family_is_adopted_at_once),
		cmocka_unit_test(the_winner_is_adopted_after_the_others_are_reset),
		cmocka_unit_test(ipv6_is_adopted_at_once_beside_ipv4),
		cmocka_unit_test(ipv4_waits_a_round_trip_and_a_margin_for_ipv6),
		cmocka_unit_test(ipv6_that_lands_while_ipv4_settles_wins),
		cmocka_unit_test(ipv6_caught_while_a_caught_ipv4_settles_wins),
		cmocka_unit_test(ipv4_does_not_wait_for_an_ipv6_that_cannot_be_sent),
		cmocka_unit_test(ipv4_waits_for_an_ipv6_that_was_refused_and_will_be_redialled),
		cmocka_unit_test(settling_ends_at_once_when_no_path_is_left),
		cmocka_unit_test(the_deadline_while_settling_adopts_what_has_landed),
		cmocka_unit_test(a_landing_that_is_lost_while_it_settles_is_dialled_again),
		cmocka_unit_test(a_caught_landing_that_is_lost_leaves_the_dials_alone),
		cmocka_unit_test(with_once_a_lost_landing_is_the_end_of_its_path),
		cmocka_unit_test(a_second_landing_is_reset_but_not_forgotten),
		cmocka_unit_test(what_is_caught_after_the_first_is_reset),
		cmocka_unit_test(a_stranger_is_reset_and_the_attempt_goes_on),
		cmocka_unit_test(any_port_takes_the_named_address_from_any_port),
		cmocka_unit_test(the_peer_that_comes_before_the_start_is_taken),
		cmocka_unit_test(ipv4_caught_before_the_start_waits_for_ipv6_too),
		cmocka_unit_test(what_settles_before_the_start_is_adopted_in_its_time),
		cmocka_unit_test(what_is_lost_before_the_start_leaves_the_start_as_it_was),
		cmocka_unit_test(a_start_while_something_settles_dials_only_what_is_better),
		cmocka_unit_test(a_connection_to_ourselves_is_refused_and_not_tried_again),
		cmocka_unit_test(one_of_two_addresses_that_is_ourselves_leaves_the_other),
		cmocka_unit_test(a_caught_connection_with_one_endpoint_is_no_peer),
		cmocka_unit_test(our_own_listener_is_not_the_peer_whichever_end_shows_first),
		cmocka_unit_test(
			our_own_listener_is_found_out_by_any_port_and_named_address_too),
		cmocka_unit_test(another_program_on_this_machine_is_a_peer_all_the_same),
		cmocka_unit_test(
			a_dial_that_may_be_to_ourselves_settles_even_when_it_is_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
