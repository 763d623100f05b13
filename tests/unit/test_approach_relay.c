/* SPDX-License-Identifier: MIT */
/* When the server is asked to forward, and what is made of its answers. */
#include <string.h>

#include "core/reason.h"
#include "tests/unit/approach_play.h"
#include "tests/unit/unit.h"

#define SERVER "192.0.2.1:1314"

static struct play play;

static const char *welcome(uint16_t capabilities)
{
	struct wire_message message = {.type = WIRE_WELCOME};

	message.welcome.version = WIRE_VERSION_MAX;
	message.welcome.capabilities = capabilities;
	message.welcome.observed.family = MIDAIR_IPV4;
	return play_message(&play, 0, &message);
}

/* Until ENTERING has a WELCOME, with this one-way delay. */
static void begin(enum approach_relay relay, uint64_t round_trip_ns)
{
	play_init(&play, PLAY_JOIN, SERVER);
	play.approach.config.relay = relay;
	play_until(&play, APPROACH_ENTERING);
	play.now_ns += round_trip_ns;
	welcome(WIRE_CAN_RELAY);
}

static void confirm(enum approach_relay relay)
{
	begin(relay, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_CONFIRMED);
}

static const char *plan(enum midair_way way, bool is_sure)
{
	return play_feed(&play, &(struct approach_event){
					.type = APPROACH_EVENT_PLANNED,
					.way = way,
					.is_sure = is_sure,
					.reason = "random-both",
				});
}

static const char *refused(enum wire_refusal refusal)
{
	return play_message(&play, 0,
			    &(struct wire_message){.type = WIRE_RELAY_REFUSED,
						   .refusal = refusal});
}

/* The peer's attempt has ended, and it has told what it saw. */
static const char *account(int result, bool is_direct)
{
	assert_string_equal(play_type(&play, WIRE_SEALED), "open");
	return play_feed(&play, &(struct approach_event){
					.type = APPROACH_EVENT_OPENED,
					.is_account = true,
					.peer_result = result,
					.is_peer_direct = is_direct,
				});
}

/* What was told of it last. */
static const char *relay_reason(void)
{
	assert_int_equal(play.update.actions[0].report.type, MIDAIR_EVENT_RELAY);
	return play.update.actions[0].report.reason;
}

#define ASKS "said relay, relay 0 yes"

static void after_some_patience_the_relay_is_asked_for(void **state)
{
	uint64_t introduced_ns;

	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	introduced_ns = play.now_ns;
	assert_string_equal(play_time(&play), ASKS);
	assert_int_equal(play.now_ns - introduced_ns, 1200 * MS);
	assert_string_equal(approach_reason(&play.approach), REASON_NOT_IN_TIME);
	assert_int_equal(approach_deadline(&play.approach), APPROACH_NO_DEADLINE);
	assert_string_equal(play_type(&play, WIRE_RELAY_READY), "hand over 0");
	/* there is no server any more, so nobody to say goodbye to */
	assert_string_equal(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0), "");
}

static void the_patience_is_that_of_the_way(void **state)
{
	static const struct {
		enum midair_way way;
		bool is_sure;
		uint64_t patience_ms;
	} rows[] = {
		{MIDAIR_WAY_PLAIN, true, 1200},	   {MIDAIR_WAY_ONE_WAY, true, 1200},
		{MIDAIR_WAY_PREDICT, false, 1200}, {MIDAIR_WAY_BIRTHDAY, true, 1400},
		{MIDAIR_WAY_NONE, false, 1200},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint64_t introduced_ns;

		confirm(APPROACH_RELAY_ALLOWED);
		introduced_ns = play.now_ns;
		assert_string_equal(plan(rows[i].way, rows[i].is_sure), "");
		assert_string_equal(play_time(&play), ASKS);
		assert_int_equal(play.now_ns - introduced_ns, rows[i].patience_ms * MS);
	}
	/* The dials of a way that is not sure may wait themselves. */
	confirm(APPROACH_RELAY_ALLOWED);
	play_feed(&play, &(struct approach_event){.type = APPROACH_EVENT_PLANNED,
						  .way = MIDAIR_WAY_BIRTHDAY,
						  .hold_ns = 1000 * MS});
	assert_int_equal(approach_deadline(&play.approach) - play.approach.introduced_ns,
			 2400 * MS);
	/* far from the server: six round trips, but not without end */
	begin(APPROACH_RELAY_ALLOWED, 300 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_CONFIRMED);
	assert_int_equal(approach_deadline(&play.approach) - play.now_ns, 1800 * MS);
	begin(APPROACH_RELAY_ALLOWED, 3000 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_CONFIRMED);
	assert_int_equal(approach_deadline(&play.approach) - play.now_ns, 5000 * MS);
}

static void without_a_direct_way_it_is_asked_for_at_once(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	assert_string_equal(plan(MIDAIR_WAY_NONE, true), ASKS);
	assert_string_equal(approach_reason(&play.approach), "random-both");
}

static void without_a_direct_way_and_without_a_relay_that_is_the_end(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_NEVER);
	assert_string_equal(plan(MIDAIR_WAY_NONE, true), "fail no-direct, account 0");
	assert_string_equal(approach_reason(&play.approach), "random-both");
	assert_string_equal(play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, 0), "");
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, false), "close 0");
	/* the peer tells nothing */
	confirm(APPROACH_RELAY_NEVER);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(play_time(&play), "close 0");
	/* what is not sure is tried */
	confirm(APPROACH_RELAY_NEVER);
	assert_string_equal(plan(MIDAIR_WAY_NONE, false), "");
	/* the server cannot */
	play_init(&play, PLAY_JOIN, SERVER);
	play_until(&play, APPROACH_CONFIRMED);
	assert_string_equal(plan(MIDAIR_WAY_NONE, true), "fail no-direct, account 0");
	/* it could, but does not now */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(refused(WIRE_REFUSAL_BUSY),
			    "said relay, fail no-direct, account 0");
	assert_null(relay_reason());
}

/* It stays long enough to say no, lest the peer wait for its relay. */
static void who_allows_no_relay_says_so_before_it_goes(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_NEVER);
	plan(MIDAIR_WAY_NONE, true);
	play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, 0);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "relay 0 no");
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, false), "close 0");
	/* so does who could not do without, and whose time has run out */
	confirm(APPROACH_RELAY_ALLOWED);
	play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, 0);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "relay 0 no");
}

static void a_peer_that_allows_no_relay_ends_the_attempt(void **state)
{
	static const char ends[] = "said relay, fail no-direct, account 0, close 0";

	(void)state;
	/* the wish has gone out: nothing may be said before the answer */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, true), "");
	assert_string_equal(refused(WIRE_REFUSAL_PEER), ends);
	assert_string_equal(relay_reason(), REASON_PEER_DIRECT);
	/* it has not gone out */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, false);
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, true), ends);
	assert_string_equal(relay_reason(), REASON_PEER_DIRECT);
	/* the answer comes first, and the account never */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(refused(WIRE_REFUSAL_PEER),
			    "said relay, fail no-direct, account 0");
	assert_string_equal(relay_reason(), REASON_PEER_DIRECT);
	assert_string_equal(play_left(&play, WIRE_REASON_GONE), "close 0");
	/* a peer that could not have the relay is not one that does not want it */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	account(MIDAIR_E_NO_DIRECT, false);
	assert_string_equal(refused(WIRE_REFUSAL_PEER), ends);
	assert_null(relay_reason());
}

/* Whoever needs the relay and has lost the server or the peer has nothing to wait for. */
static void without_a_direct_way_a_lost_relay_is_the_end(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(play_left(&play, WIRE_REASON_GONE), "fail no-direct, close 0");
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, true);
	assert_string_equal(play_event(&play, APPROACH_EVENT_LOST, 0, -104), "fail no-direct");
	/* first the loss, then the plan */
	confirm(APPROACH_RELAY_ALLOWED);
	assert_string_equal(play_left(&play, WIRE_REASON_GONE), "");
	assert_string_equal(plan(MIDAIR_WAY_NONE, true), "fail no-direct, close 0");
	/* a peer that has lost the server may still be met */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_NONE, false);
	assert_string_equal(play_left(&play, WIRE_REASON_GONE), "");
}

/* What the other side knows for sure need not be sure here: it dials no more. */
static void a_peer_that_has_found_no_way_ends_the_attempt(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_NEVER);
	plan(MIDAIR_WAY_NONE, false);
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, false),
			    "fail no-direct, account 0, close 0");
	/* one whose time has run out may have been late */
	confirm(APPROACH_RELAY_ALLOWED);
	plan(MIDAIR_WAY_PLAIN, true);
	assert_string_equal(account(MIDAIR_E_TIMEOUT, false), "account 0");
	assert_false(approach_may_relay(&play.approach));
	/* without the relay there is nothing for who wants nothing else */
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_CONFIRMED);
	assert_string_equal(account(MIDAIR_E_NO_DIRECT, true), "");
	assert_string_equal(refused(WIRE_REFUSAL_PEER),
			    "said relay, leave 0 gave-up, close 0, fail no-relay");
}

static void who_wants_the_relay_alone_asks_when_the_code_is_confirmed(void **state)
{
	(void)state;
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	assert_string_equal(play_type(&play, WIRE_SEALED), "open");
	assert_string_equal(play_event(&play, APPROACH_EVENT_OPENED, 0, 0),
			    "said confirmed, " ASKS);
	/* and before that a wrong code is told */
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	play_type(&play, WIRE_SEALED);
	assert_string_equal(play_event(&play, APPROACH_EVENT_OPENED, 0, -74),
			    "leave 0 wrong-code");
}

static void who_wants_the_relay_alone_ends_without_it(void **state)
{
	static const struct {
		enum wire_refusal refusal;
		const char *says;
	} rows[] = {
		{WIRE_REFUSAL_UNABLE, "said relay, leave 0 gave-up, close 0, fail no-relay"},
		{WIRE_REFUSAL_PEER, "said relay, leave 0 gave-up, close 0, fail no-relay"},
		{WIRE_REFUSAL_BUSY, "said relay, leave 0 gave-up, close 0, fail server-busy"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		confirm(APPROACH_RELAY_ONLY);
		assert_string_equal(refused(rows[i].refusal), rows[i].says);
	}
	confirm(APPROACH_RELAY_ONLY);
	assert_string_equal(play_event(&play, APPROACH_EVENT_LOST, 0, -104),
			    "fail server-unreachable");
	confirm(APPROACH_RELAY_ONLY);
	assert_string_equal(play_left(&play, WIRE_REASON_GONE),
			    "leave 0 gave-up, close 0, fail peer-left");
	play_init(&play, PLAY_JOIN, SERVER);
	play.approach.config.relay = APPROACH_RELAY_ONLY;
	play_until(&play, APPROACH_ENTERING);
	assert_string_equal(welcome(0), "said server, leave 0 gave-up, close 0, fail no-relay");
}

/* A server closes the connection of who leaves: that is no loss, the end was known before. */
static void a_wrong_code_stays_one_when_the_server_has_read_the_goodbye(void **state)
{
	(void)state;
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	play_type(&play, WIRE_SEALED);
	assert_string_equal(play_event(&play, APPROACH_EVENT_OPENED, 0, -74),
			    "leave 0 wrong-code");
	assert_string_equal(play_event(&play, APPROACH_EVENT_LOST, 0, -104), "fail wrong-code");
	/* or sends what makes no sense */
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	play_type(&play, WIRE_SEALED);
	play_event(&play, APPROACH_EVENT_OPENED, 0, -74);
	assert_string_equal(play_event(&play, APPROACH_EVENT_GARBAGE, 0, 0),
			    "close 0, fail wrong-code");
}

/* Nothing else can come: no dial will show whether it was true. */
static void a_rumour_of_a_wrong_code_counts_when_the_server_is_gone(void **state)
{
	(void)state;
	begin(APPROACH_RELAY_ONLY, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	assert_string_equal(play_left(&play, WIRE_REASON_WRONG_CODE), "");
	assert_string_equal(play_event(&play, APPROACH_EVENT_LOST, 0, -104), "fail wrong-code");
}

static void a_server_that_breaks_the_protocol_is_not_called_unreachable(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ONLY);
	assert_string_equal(play_type(&play, WIRE_WELCOME), "close 0, fail protocol");
	confirm(APPROACH_RELAY_ONLY);
	assert_string_equal(play_event(&play, APPROACH_EVENT_GARBAGE, 0, 0),
			    "close 0, fail protocol");
}

static void a_peer_that_asks_is_followed_at_once(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), ASKS);
	assert_string_equal(approach_reason(&play.approach), REASON_PEER_ASKED);
	/* both asked at the same time */
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "");
	/* before its message has come: when it has */
	begin(APPROACH_RELAY_ALLOWED, 40 * MS);
	play_type(&play, WIRE_ROOM);
	play_until(&play, APPROACH_INTRODUCED);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "");
	play_type(&play, WIRE_SEALED);
	assert_string_equal(play_event(&play, APPROACH_EVENT_OPENED, 0, 0),
			    "said confirmed, " ASKS);
}

static void who_wants_a_direct_way_alone_says_so_to_a_peer_that_asks(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_NEVER);
	assert_int_equal(approach_deadline(&play.approach), APPROACH_NO_DEADLINE);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "relay 0 no");
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "relay 0 no");
	assert_false(approach_may_relay(&play.approach));
}

/* Each answer costs us more than it costs a server to ask. */
static void a_server_that_asks_without_end_is_left(void **state)
{
	static const enum approach_relay relays[] = {APPROACH_RELAY_NEVER,
						     APPROACH_RELAY_ALLOWED};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(relays); i++) {
		confirm(relays[i]);
		for (int n = 0; n < APPROACH_WANTED_MAX; n++)
			assert_null(strstr(play_type(&play, WIRE_RELAY_WANTED), "close"));
		assert_string_equal(play_type(&play, WIRE_RELAY_WANTED), "close 0");
		assert_int_equal(play.n_failed, 0);
	}
}

static void after_a_refusal_the_dials_go_on_alone(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	play_time(&play);
	assert_true(approach_may_relay(&play.approach));
	assert_string_equal(refused(WIRE_REFUSAL_BUSY), "said relay");
	assert_false(approach_may_relay(&play.approach));
	assert_int_equal(approach_deadline(&play.approach), APPROACH_NO_DEADLINE);
	assert_string_equal(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0),
			    "leave 0 done, close 0");
}

/* Until READY only LEAVE may be said. */
static void nothing_is_told_after_asking(void **state)
{
	(void)state;
	confirm(APPROACH_RELAY_ALLOWED);
	assert_string_equal(play_event(&play, APPROACH_EVENT_MAPPED, 0, 0), "tell 0");
	play_time(&play);
	assert_string_equal(play_event(&play, APPROACH_EVENT_MAPPED, 0, 0), "");
}

static void answers_that_nobody_asked_for_break_the_protocol(void **state)
{
	static const enum wire_type types[] = {WIRE_RELAY_READY, WIRE_RELAY_REFUSED,
					       WIRE_RELAY};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(types); i++) {
		confirm(APPROACH_RELAY_ALLOWED);
		assert_string_equal(play_type(&play, types[i]), "close 0");
		assert_false(approach_may_relay(&play.approach));
		play_init(&play, PLAY_JOIN, SERVER);
		play_until(&play, APPROACH_ALONE);
		assert_string_equal(play_type(&play, types[i]),
				    "close 0, said server-lost protocol");
	}
	play_init(&play, PLAY_JOIN, SERVER);
	play_until(&play, APPROACH_ALONE);
	assert_string_equal(play_type(&play, WIRE_RELAY_WANTED),
			    "close 0, said server-lost protocol");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_some_patience_the_relay_is_asked_for),
		cmocka_unit_test(the_patience_is_that_of_the_way),
		cmocka_unit_test(without_a_direct_way_it_is_asked_for_at_once),
		cmocka_unit_test(without_a_direct_way_and_without_a_relay_that_is_the_end),
		cmocka_unit_test(who_allows_no_relay_says_so_before_it_goes),
		cmocka_unit_test(a_peer_that_allows_no_relay_ends_the_attempt),
		cmocka_unit_test(without_a_direct_way_a_lost_relay_is_the_end),
		cmocka_unit_test(a_peer_that_has_found_no_way_ends_the_attempt),
		cmocka_unit_test(who_wants_the_relay_alone_asks_when_the_code_is_confirmed),
		cmocka_unit_test(who_wants_the_relay_alone_ends_without_it),
		cmocka_unit_test(a_wrong_code_stays_one_when_the_server_has_read_the_goodbye),
		cmocka_unit_test(a_rumour_of_a_wrong_code_counts_when_the_server_is_gone),
		cmocka_unit_test(a_server_that_breaks_the_protocol_is_not_called_unreachable),
		cmocka_unit_test(a_peer_that_asks_is_followed_at_once),
		cmocka_unit_test(who_wants_a_direct_way_alone_says_so_to_a_peer_that_asks),
		cmocka_unit_test(a_server_that_asks_without_end_is_left),
		cmocka_unit_test(after_a_refusal_the_dials_go_on_alone),
		cmocka_unit_test(nothing_is_told_after_asking),
		cmocka_unit_test(answers_that_nobody_asked_for_break_the_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
