/* SPDX-License-Identifier: MIT */
/* A connection that the server forwards, among the direct ones of a pairing's session. */
#include "tests/unit/session_play.h"
#include "tests/unit/unit.h"

static const char *relayed(struct play *play, uint32_t round_trip_us)
{
	play->is_open[SESSION_CAUGHT_BASE] = true;
	return play_feed(play, &(struct session_event){
				       .type = SESSION_EVENT_CAUGHT,
				       .connection = SESSION_CAUGHT_BASE,
				       .local = play_endpoint(PLAY_LOCAL),
				       .remote = play_endpoint("198.51.100.9:1314"),
				       .round_trip_us = round_trip_us,
				       .is_relayed = true,
			       });
}

/* As any connection; and the round trip to the peer is what the proof took, for role A with its
 * own way to the server and back. */
static void a_relayed_connection_is_one_more_that_may_prove_itself(void **state)
{
	const struct midair_event *report;
	struct play play;

	(void)state;
	play_init_pairing(&play, "198.51.100.1:4000");
	play_start_dialling(&play);
	assert_string_equal(relayed(&play, 20000), "said landed unknown, prove 32");
	assert_int_equal(play.update.actions[0].report.path, MIDAIR_PATH_RELAYED);
	play.now_ns += 80 * MS;
	play_feed(&play, &(struct session_event){.type = SESSION_EVENT_PROVEN,
						 .connection = SESSION_CAUGHT_BASE,
						 .round_trip_us = 20000});
	assert_int_equal(play.n_adopted, 1);
	report = &play.update.actions[play.update.n_actions - 1].report;
	assert_int_equal(report->type, MIDAIR_EVENT_CONNECTED);
	assert_int_equal(report->path, MIDAIR_PATH_RELAYED);
	assert_int_equal(report->round_trip_us, 100000);
}

static void a_direct_connection_that_is_proven_first_wins_over_the_relay(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "198.51.100.1:4000");
	play_start_dialling(&play);
	relayed(&play, 20000);
	play_landed(&play, 0);
	play_proven(&play, 0);
	assert_int_equal(play.n_adopted, 1);
	assert_false(play.is_open[SESSION_CAUGHT_BASE]);
	assert_int_equal(play.update.actions[play.update.n_actions - 1].report.path,
			 MIDAIR_PATH_DIRECT);
}

/* Strangers must not push it out. */
static void a_relayed_connection_is_not_expendable(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "198.51.100.1:4000");
	play_start_dialling(&play);
	relayed(&play, 20000);
	assert_int_equal(session_expendable(&play.session), SESSION_CONNECTIONS);
	play.now_ns += MS;
	play_caught(&play, 1, "203.0.113.9:5");
	assert_int_equal(session_expendable(&play.session), SESSION_CAUGHT_BASE + 1);
}

static void a_session_of_the_relay_alone_ends_with_it(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "");
	play_start(&play);
	relayed(&play, 20000);
	assert_string_equal(play_unproven(&play, SESSION_CAUGHT_BASE, MIDAIR_E_AUTHENTICATION),
			    "reset 32, said unproven authentication, said failed lost");
}

static void without_a_direct_connection_a_session_that_wants_one_alone_says_so(void **state)
{
	struct play play;

	(void)state;
	play_init_pairing(&play, "198.51.100.1:4000");
	play.session.config.is_direct_only = true;
	play_start_dialling(&play);
	while (play.session.phase != SESSION_FAILED)
		play_time(&play);
	assert_int_equal(play.update.actions[play.update.n_actions - 1].report.result,
			 MIDAIR_E_NO_DIRECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relayed_connection_is_one_more_that_may_prove_itself),
		cmocka_unit_test(a_direct_connection_that_is_proven_first_wins_over_the_relay),
		cmocka_unit_test(a_relayed_connection_is_not_expendable),
		cmocka_unit_test(a_session_of_the_relay_alone_ends_with_it),
		cmocka_unit_test(
			without_a_direct_connection_a_session_that_wants_one_alone_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
