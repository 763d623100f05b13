/* SPDX-License-Identifier: MIT */
#include "tests/unit/approach_play.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define ONE  "192.0.2.9:1314"
#define BOTH "[2001:db8::9]:1314 192.0.2.9:1314"

#define assert_says(actual, expected)                                                          \
	do {                                                                                   \
		const char *said = (actual);                                                   \
		if (strcmp(said, (expected)) != 0)                                             \
			fail_msg("\"%s\", expected \"%s\"", said, (expected));                 \
	} while (0)

static const char *start(struct play *play)
{
	return play_event(play, APPROACH_EVENT_START, 0, 0);
}

static const char *connected(struct play *play, uint32_t server)
{
	return play_event(play, APPROACH_EVENT_CONNECTED, server, 0);
}

static const char *unreached(struct play *play, uint32_t server)
{
	return play_event(play, APPROACH_EVENT_UNREACHED, server, -ECONNREFUSED);
}

static void a_host_is_introduced_and_connected(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_HOST, ONE);
	assert_says(start(&play), "connect 0");
	assert_says(connected(&play, 0), "greet 0 allocating");
	assert_says(play_type(&play, WIRE_WELCOME), "said server");
	assert_says(play_type(&play, WIRE_ROOM), "said code, said peer-wait");
	assert_int_equal(play.approach.room, 7);
	assert_says(play_type(&play, WIRE_PEER), "said peer, exchange");
	assert_says(play_event(&play, APPROACH_EVENT_EXCHANGED, 0, 0), "begin, tell 0");
	assert_says(play_type(&play, WIRE_SEALED), "open");
	assert_says(play_event(&play, APPROACH_EVENT_OPENED, 0, 0), "said confirmed");
	assert_says(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0),
		    "leave 0 done, close 0");
	assert_int_equal(play.n_failed, 0);
}

static void the_joiner_gets_no_number(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ENTERING);
	assert_says(play_type(&play, WIRE_WELCOME), "said server");
	assert_says(play_type(&play, WIRE_ROOM), "said peer-wait");
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ENTERING);
	play_type(&play, WIRE_WELCOME);
	assert_says(play_message(&play, 0,
				 &(struct wire_message){.type = WIRE_ROOM, .room = {7, 60}}),
		    "close 0, fail protocol");
}

/* Every message in every phase. "": nothing happens. */
struct row {
	enum approach_phase phase;
	enum wire_type type;
	int code; /* of LEFT and ERROR */
	const char *says;
};

#define BREACH	   "close 0, fail protocol"
#define BREACH_IN  "close 0, said server-lost protocol"
#define ONLY_CLOSE "close 0"

static const struct row rows[] = {
	{APPROACH_ENTERING, WIRE_HELLO, 0, BREACH},
	{APPROACH_ENTERING, WIRE_ENTER, 0, BREACH},
	{APPROACH_ENTERING, WIRE_SEALED, 0, BREACH},
	{APPROACH_ENTERING, WIRE_LEAVE, 0, BREACH},
	{APPROACH_ENTERING, WIRE_PROBE_INFO, 0, BREACH},
	{APPROACH_ENTERING, WIRE_PROBE, 0, BREACH},
	{APPROACH_ENTERING, WIRE_PROBES, 0, BREACH},
	{APPROACH_ENTERING, WIRE_PROBE_RESULT, 0, BREACH},
	{APPROACH_ENTERING, WIRE_WELCOME, 0, "said server"},
	{APPROACH_ENTERING, WIRE_ROOM, 0, BREACH}, /* before WELCOME */
	{APPROACH_ENTERING, WIRE_PEER, 0, BREACH},
	{APPROACH_ENTERING, WIRE_LEFT, WIRE_REASON_GONE, BREACH},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_VERSION, "close 0, fail protocol-version"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_PROTOCOL, BREACH},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_ROOM_TAKEN, "close 0, fail room-taken"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_BUSY, "close 0, fail server-busy"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_TOO_MANY, "close 0, fail server-busy"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_SLOW,
	 "close 0, said server-lost ECONNRESET"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_EXPIRED, "close 0, fail no-peer"},
	{APPROACH_ENTERING, WIRE_ERROR, WIRE_ERROR_CLOSING,
	 "close 0, said server-lost ECONNRESET"},

	{APPROACH_ALONE, WIRE_HELLO, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_ENTER, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_SEALED, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_LEAVE, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_PROBE_INFO, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_PROBE, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_PROBES, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_PROBE_RESULT, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_WELCOME, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_ROOM, 0, BREACH_IN},
	{APPROACH_ALONE, WIRE_PEER, 0, "said peer, exchange"},
	{APPROACH_ALONE, WIRE_LEFT, WIRE_REASON_GAVE_UP, BREACH_IN},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_VERSION, "close 0, fail protocol-version"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_PROTOCOL, BREACH},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_ROOM_TAKEN, "close 0, fail room-taken"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_BUSY, "close 0, said server-lost server-busy"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_TOO_MANY,
	 "close 0, said server-lost server-busy"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_SLOW, "close 0, said server-lost ECONNRESET"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_EXPIRED, "close 0, fail no-peer"},
	{APPROACH_ALONE, WIRE_ERROR, WIRE_ERROR_CLOSING,
	 "close 0, said server-lost ECONNRESET"},

	{APPROACH_EXCHANGING, WIRE_WELCOME, 0, ONLY_CLOSE},
	{APPROACH_EXCHANGING, WIRE_ROOM, 0, ONLY_CLOSE},
	{APPROACH_EXCHANGING, WIRE_PEER, 0, ONLY_CLOSE},
	{APPROACH_EXCHANGING, WIRE_SEALED, 0, ONLY_CLOSE},
	{APPROACH_EXCHANGING, WIRE_LEFT, WIRE_REASON_GONE, ""},
	{APPROACH_EXCHANGING, WIRE_LEFT, WIRE_REASON_GAVE_UP, "close 0, fail peer-left"},
	{APPROACH_EXCHANGING, WIRE_ERROR, WIRE_ERROR_CLOSING, ONLY_CLOSE},

	{APPROACH_INTRODUCED, WIRE_HELLO, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_PROBE_INFO, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_PROBE, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_PROBES, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_PROBE_RESULT, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_WELCOME, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_ROOM, 0, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_PEER, 0, ONLY_CLOSE}, /* a second introduction */
	{APPROACH_INTRODUCED, WIRE_SEALED, 0, "open"},
	{APPROACH_INTRODUCED, WIRE_LEFT, WIRE_REASON_GONE, ""},
	{APPROACH_INTRODUCED, WIRE_LEFT, WIRE_REASON_DONE, ""},
	{APPROACH_INTRODUCED, WIRE_LEFT, WIRE_REASON_WRONG_CODE, ""}, /* a rumour */
	{APPROACH_INTRODUCED, WIRE_LEFT, WIRE_REASON_GAVE_UP, "close 0, fail unconfirmed"},
	{APPROACH_INTRODUCED, WIRE_ERROR, WIRE_ERROR_ROOM_TAKEN, ONLY_CLOSE},
	{APPROACH_INTRODUCED, WIRE_ERROR, WIRE_ERROR_CLOSING, ONLY_CLOSE},

	{APPROACH_CONFIRMED, WIRE_LEAVE, 0, ONLY_CLOSE},
	{APPROACH_CONFIRMED, WIRE_WELCOME, 0, ONLY_CLOSE},
	{APPROACH_CONFIRMED, WIRE_ROOM, 0, ONLY_CLOSE},
	{APPROACH_CONFIRMED, WIRE_PEER, 0, ONLY_CLOSE},
	{APPROACH_CONFIRMED, WIRE_SEALED, 0, "open"},
	{APPROACH_CONFIRMED, WIRE_LEFT, WIRE_REASON_GONE, ""},
	{APPROACH_CONFIRMED, WIRE_LEFT, WIRE_REASON_DONE, ""},
	{APPROACH_CONFIRMED, WIRE_LEFT, WIRE_REASON_WRONG_CODE, ""},
	{APPROACH_CONFIRMED, WIRE_LEFT, WIRE_REASON_GAVE_UP, "close 0, fail peer-left"},
	{APPROACH_CONFIRMED, WIRE_ERROR, WIRE_ERROR_EXPIRED, ONLY_CLOSE},

	{APPROACH_LEAVING, WIRE_PEER, 0, ""},
	{APPROACH_LEAVING, WIRE_SEALED, 0, ""},
	{APPROACH_LEAVING, WIRE_LEFT, WIRE_REASON_WRONG_CODE, ""},
	{APPROACH_LEAVING, WIRE_LEFT, WIRE_REASON_GAVE_UP, ""},
	{APPROACH_LEAVING, WIRE_ERROR, WIRE_ERROR_CLOSING, ""},
	{APPROACH_PARTING, WIRE_SEALED, 0, "open"},
	{APPROACH_PARTING, WIRE_PEER, 0, ONLY_CLOSE},
	{APPROACH_PARTING, WIRE_LEFT, WIRE_REASON_GONE, ONLY_CLOSE},
	{APPROACH_PARTING, WIRE_ERROR, WIRE_ERROR_EXPIRED, ONLY_CLOSE},
	{APPROACH_OVER, WIRE_PEER, 0, ""},
	{APPROACH_OVER, WIRE_SEALED, 0, ""},
};

static void every_message_has_its_answer_in_every_phase(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct row *row = &rows[i];
		const char *says;
		char name[64];
		struct play play;

		play_init(&play, PLAY_JOIN, ONE);
		play_until(&play, row->phase);
		if (row->type == WIRE_LEFT)
			says = play_left(&play, (enum wire_reason)row->code);
		else if (row->type == WIRE_ERROR)
			says = play_error(&play, (enum wire_error)row->code);
		else
			says = play_type(&play, row->type);
		snprintf(name, sizeof(name), "phase %d, type 0x%x, code %d", row->phase,
			 (unsigned)row->type, row->code);
		if (strcmp(says, row->says) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", name, says, row->says);
	}
}

static void what_is_not_the_protocol_ends_the_first_try_and_is_a_loss_later(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ENTERING);
	assert_says(play_event(&play, APPROACH_EVENT_GARBAGE, 0, 0), BREACH);
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ALONE);
	assert_says(play_event(&play, APPROACH_EVENT_GARBAGE, 0, 0), BREACH_IN);
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_CONFIRMED);
	assert_says(play_event(&play, APPROACH_EVENT_GARBAGE, 0, 0), ONLY_CLOSE);
	assert_int_equal(play.approach.phase, APPROACH_CONFIRMED);
}

static void a_version_of_the_future_is_refused(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ENTERING);
	assert_says(play_message(&play, 0,
				 &(struct wire_message){.type = WIRE_WELCOME,
							.welcome = {.version = 9}}),
		    "close 0, fail protocol-version");
}

static void the_server_lost_while_waiting_is_entered_again_by_number(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_HOST, ONE);
	play_until(&play, APPROACH_ALONE);
	assert_says(play_event(&play, APPROACH_EVENT_LOST, 0, -ECONNRESET),
		    "said server-lost ECONNRESET");
	assert_true(approach_deadline(&play.approach) - play.now_ns < 50 * MS);
	assert_says(play_time(&play), "connect 0");
	assert_says(unreached(&play, 0), "said server-lost ECONNREFUSED");
	assert_says(play_time(&play), "connect 0");
	assert_says(connected(&play, 0), "greet 0");
	play_type(&play, WIRE_WELCOME);
	assert_says(play_type(&play, WIRE_ROOM), "said peer-wait");
}

static void before_the_first_room_a_host_asks_for_one_again(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_HOST, ONE);
	play_until(&play, APPROACH_ENTERING);
	play_event(&play, APPROACH_EVENT_LOST, 0, 0);
	assert_says(play_time(&play), "connect 0");
	assert_says(connected(&play, 0), "greet 0 allocating");
}

static void pauses_grow_to_five_seconds_and_no_further(void **state)
{
	uint64_t longest_ns = 0;
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ALONE);
	play_event(&play, APPROACH_EVENT_LOST, 0, 0);
	for (int i = 0; i < 60; i++) {
		uint64_t pause_ns = approach_deadline(&play.approach) - play.now_ns;

		longest_ns = pause_ns > longest_ns ? pause_ns : longest_ns;
		assert_true(i == 0 || pause_ns >= 125 * MS);
		assert_says(play_time(&play), "connect 0");
		unreached(&play, 0);
	}
	assert_true(longest_ns > 2500 * MS && longest_ns <= 5000 * MS);
}

static void a_server_that_was_never_reached_is_given_up_after_ten_seconds(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	start(&play);
	while (play.n_failed == 0) {
		if (play.approach.phase == APPROACH_REACHING)
			unreached(&play, 0);
		play_time(&play);
	}
	assert_says(play.text, "fail server-unreachable");
	assert_int_equal((play.now_ns - PLAY_START_NS) / MS, 10000);
}

static void a_server_that_never_answers_is_given_up_too(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ENTERING);
	assert_says(play_time(&play), "leave 0 gave-up, close 0, fail server-unreachable");
}

static void nobody_comes(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ALONE);
	while (play_time(&play)[0] == '\0')
		;
	assert_says(play.text, "leave 0 gave-up, close 0, fail no-peer");
	assert_int_equal((play.now_ns - PLAY_START_NS) / MS, 600000);
	/* And when the server is away at the time. */
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_ALONE);
	play_event(&play, APPROACH_EVENT_LOST, 0, 0);
	assert_says(play_time_after(&play, 600000 * MS), "fail no-peer");
}

static void both_families_are_dialled_at_once_and_the_first_is_preferred(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, BOTH);
	assert_says(start(&play), "connect 0, connect 1");
	assert_says(connected(&play, 1), "");
	assert_says(connected(&play, 0), "greet 0, ask 1");
	/* The other family's answer is told to the peer, when there is one. */
	assert_says(play_event(&play, APPROACH_EVENT_MAPPED, 1, 0), "");
	play_until(&play, APPROACH_INTRODUCED);
	assert_says(play_event(&play, APPROACH_EVENT_MAPPED, 1, 0), "tell 0");
}

static void our_address_in_the_other_family_is_asked_for_again(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, BOTH);
	start(&play);
	connected(&play, 0);
	connected(&play, 1);
	play_until(&play, APPROACH_ALONE);
	assert_says(play_time(&play), "ask 1");
	assert_int_equal((play.now_ns - PLAY_START_NS) / MS, 25000);
	play_event(&play, APPROACH_EVENT_LOST, 1, 0);
	assert_says(play_time(&play), "connect 1");
	assert_says(connected(&play, 1), "ask 1");
}

static void the_other_family_is_taken_after_a_quarter_of_a_second(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, BOTH);
	start(&play);
	connected(&play, 1);
	assert_says(play_time(&play), "greet 1");
	assert_int_equal((play.now_ns - PLAY_START_NS) / MS, 250);
	/* The slower one still asks for our address there. */
	assert_says(connected(&play, 0), "ask 0");
}

static void the_other_family_is_taken_at_once_when_the_first_cannot_be(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, BOTH);
	start(&play);
	connected(&play, 1);
	assert_says(unreached(&play, 0), "greet 1");
	play_init(&play, PLAY_JOIN, BOTH);
	start(&play);
	assert_says(unreached(&play, 0), "");
	assert_says(connected(&play, 1), "greet 1");
}

static void further_addresses_follow_and_losers_are_closed(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, "192.0.2.1:1 192.0.2.2:1 192.0.2.3:1 [2001:db8::9]:1");
	assert_says(start(&play), "connect 0, connect 3");
	assert_says(play_time(&play), "connect 1");
	assert_says(unreached(&play, 0), "connect 2");
	assert_says(connected(&play, 2), "greet 2, close 1");
	assert_says(connected(&play, 3), "ask 3");
	assert_says(play_event(&play, APPROACH_EVENT_LOST, 3, 0), "");
	assert_int_equal(play.approach.phase, APPROACH_ENTERING);
}

static void who_was_only_asked_must_not_speak_otherwise(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, BOTH);
	start(&play);
	connected(&play, 0);
	connected(&play, 1);
	assert_says(play_message(&play, 1,
				 &(struct wire_message){.type = WIRE_PEER,
							.peer = {.role = MIDAIR_ROLE_A}}),
		    "close 1");
	assert_int_equal(play.approach.phase, APPROACH_ENTERING);
}

static void the_server_is_not_needed_after_the_introduction(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	assert_says(play_event(&play, APPROACH_EVENT_LOST, 0, -ECONNRESET), "");
	assert_true(approach_deadline(&play.approach) == APPROACH_NO_DEADLINE);
	assert_says(play_event(&play, APPROACH_EVENT_MAPPED, 0, 0), "");
	assert_says(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0), "");
	assert_int_equal(play.approach.phase, APPROACH_OVER);
}

static void a_wrong_code_is_told_and_the_server_may_read_it(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	play_type(&play, WIRE_SEALED);
	assert_says(play_event(&play, APPROACH_EVENT_OPENED, 0, -EBADMSG),
		    "leave 0 wrong-code");
	assert_says(play_event(&play, APPROACH_EVENT_LOST, 0, 0), "fail wrong-code");
	/* A server that does not close is not waited for. */
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_LEAVING);
	assert_says(play_time(&play), "close 0, fail wrong-code");
	assert_true(play.now_ns - PLAY_START_NS <= 300 * MS);
	/* And one that is gone not at all. */
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	play_type(&play, WIRE_SEALED);
	play_event(&play, APPROACH_EVENT_LOST, 0, 0);
	assert_says(play_event(&play, APPROACH_EVENT_OPENED, 0, -EBADMSG), "fail wrong-code");
}

static void a_rumour_of_a_wrong_code_is_believed_for_want_of_better(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	play_left(&play, WIRE_REASON_WRONG_CODE);
	assert_says(play_time(&play), "leave 0 wrong-code");
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	play_left(&play, WIRE_REASON_WRONG_CODE);
	play_type(&play, WIRE_SEALED);
	play_event(&play, APPROACH_EVENT_OPENED, 0, 0);
	assert_true(approach_deadline(&play.approach) == APPROACH_NO_DEADLINE);
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	play_left(&play, WIRE_REASON_WRONG_CODE);
	assert_says(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0),
		    "leave 0 done, close 0");
}

static void later_messages_that_do_not_open_change_nothing(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_CONFIRMED);
	/* The last one could be the peer's account. */
	for (int i = 1; i <= APPROACH_SEALED_MAX; i++) {
		assert_says(play_type(&play, WIRE_SEALED), "open");
		assert_says(play_event(&play, APPROACH_EVENT_OPENED, 0, -EBADMSG), "");
	}
	/* A flood. */
	assert_says(play_type(&play, WIRE_SEALED), "close 0");
}

static void the_peer_leaves_once(void **state)
{
	uint64_t deadline_ns;
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED);
	assert_says(play_left(&play, WIRE_REASON_WRONG_CODE), "");
	deadline_ns = approach_deadline(&play.approach);
	play.now_ns += MS;
	assert_says(play_left(&play, WIRE_REASON_WRONG_CODE), "close 0");
	assert_true(approach_deadline(&play.approach) == deadline_ns);
}

static void a_share_that_cannot_be_ends_the_attempt(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_EXCHANGING);
	assert_says(play_event(&play, APPROACH_EVENT_EXCHANGED, 0, -EBADMSG), BREACH);
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_EXCHANGING);
	assert_says(play_event(&play, APPROACH_EVENT_EXCHANGED, 0, -ENOMEM),
		    "leave 0 gave-up, close 0, fail ENOMEM");
}

static void a_secret_s_room_is_entered_again_but_not_for_ever(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_SECRET, ONE);
	for (int i = 1; i < INTRODUCTIONS_MAX; i++) {
		play_until(&play, APPROACH_INTRODUCED);
		/* Nobody tells anything: introduced to a ghost. */
		assert_says(play_time(&play), "rewind, close 0, said server-lost peer-left");
		assert_says(play_time(&play), "connect 0");
	}
	play_until(&play, APPROACH_INTRODUCED);
	assert_says(play_time(&play), "close 0, fail peer-left");
	assert_int_equal(play.n_exchanged, INTRODUCTIONS_MAX);
}

static void a_secret_s_room_that_expires_is_opened_again(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_SECRET, ONE);
	play_until(&play, APPROACH_ALONE);
	assert_says(play_error(&play, WIRE_ERROR_EXPIRED), "close 0, said server-lost no-peer");
	assert_says(play_time(&play), "connect 0");
}

static void a_wrong_secret_is_final(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_SECRET, ONE);
	play_until(&play, APPROACH_LEAVING);
	assert_says(play_time(&play), "close 0, fail wrong-code");
}

static void the_caller_may_stop_in_every_phase(void **state)
{
	static const char *const says[] = {
		[APPROACH_IDLE] = "",
		[APPROACH_REACHING] = "close 0",
		[APPROACH_ENTERING] = "leave 0 gave-up, close 0",
		[APPROACH_ALONE] = "leave 0 gave-up, close 0",
		[APPROACH_PAUSING] = "",
		[APPROACH_EXCHANGING] = "leave 0 gave-up, close 0",
		[APPROACH_INTRODUCED] = "leave 0 gave-up, close 0",
		[APPROACH_CONFIRMED] = "leave 0 gave-up, close 0",
		[APPROACH_LEAVING] = "leave 0 gave-up, close 0",
		[APPROACH_PARTING] = "close 0",
		[APPROACH_OVER] = "",
	};

	(void)state;
	for (enum approach_phase phase = APPROACH_IDLE; phase <= APPROACH_OVER; phase++) {
		struct play play;

		play_init(&play, PLAY_JOIN, ONE);
		play_until(&play, phase);
		assert_says(play_event(&play, APPROACH_EVENT_STOP, 0, 0), says[phase]);
		assert_says(play_type(&play, WIRE_PEER), "");
	}
}

/* The peer's message was its account. */
static const char *play_account(struct play *play)
{
	return play_feed(play, &(struct approach_event){.type = APPROACH_EVENT_OPENED,
							.is_account = true});
}

static void both_tell_what_they_saw_when_the_dials_have_failed(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_CONFIRMED);
	assert_says(play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, MIDAIR_E_TIMEOUT),
		    "account 0");
	assert_says(play_type(&play, WIRE_SEALED), "open");
	/* A late address is no account. */
	assert_says(play_event(&play, APPROACH_EVENT_OPENED, 0, 0), "");
	assert_says(play_type(&play, WIRE_SEALED), "open");
	assert_says(play_account(&play), "close 0");
	assert_int_equal(play.approach.phase, APPROACH_OVER);
}

static void nobody_waits_long_for_an_account(void **state)
{
	struct play play;
	uint64_t begin_ns;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_PARTING);
	begin_ns = play.now_ns;
	assert_says(play_time(&play), "close 0");
	assert_true(play.now_ns - begin_ns <= 500000000);
	assert_int_equal(play.approach.phase, APPROACH_OVER);
}

static void who_dials_on_answers_an_account_once(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_CONFIRMED);
	assert_says(play_type(&play, WIRE_SEALED), "open");
	assert_says(play_account(&play), "account 0");
	assert_says(play_type(&play, WIRE_SEALED), "open");
	assert_says(play_account(&play), "");
	/* Both know all: nothing is left to wait for. */
	assert_says(play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, MIDAIR_E_TIMEOUT),
		    "close 0");
	assert_int_equal(play.approach.phase, APPROACH_OVER);
}

static void without_a_server_or_a_peer_nothing_is_told(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_INTRODUCED); /* whoever it is */
	assert_says(play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, MIDAIR_E_TIMEOUT),
		    "close 0");
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_CONFIRMED);
	play_event(&play, APPROACH_EVENT_LOST, 0, -ECONNRESET);
	assert_says(play_event(&play, APPROACH_EVENT_DIALS_FAILED, 0, MIDAIR_E_TIMEOUT), "");
	assert_int_equal(play.approach.phase, APPROACH_OVER);
	play_init(&play, PLAY_JOIN, ONE);
	play_until(&play, APPROACH_PARTING);
	play_event(&play, APPROACH_EVENT_LOST, 0, -ECONNRESET);
	assert_int_equal(play.approach.phase, APPROACH_OVER);
}

/* The hole has a second of its own: the server is reached, and told nothing. */
static void a_standing_hole_comes_before_the_server(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_SECRET, BOTH);
	play.approach.config.hole_first_ns = 1000 * MS;
	assert_says(start(&play), "connect 0, connect 1");
	assert_says(connected(&play, 0), "");
	assert_says(connected(&play, 1), "");
	assert_int_equal(approach_deadline(&play.approach), PLAY_START_NS + 1000 * MS);
	assert_says(play_time(&play), "greet 0, ask 1");
	/* The next time it is too late for that. */
	assert_says(play_event(&play, APPROACH_EVENT_LOST, 0, -ECONNRESET),
		    "close 1, said server-lost ECONNRESET");
	assert_says(play_time(&play), "connect 0, connect 1");
	assert_says(connected(&play, 0), "greet 0");
}

static void what_the_hole_leads_to_needs_no_word_to_the_server(void **state)
{
	struct play play;

	(void)state;
	play_init(&play, PLAY_SECRET, ONE);
	play.approach.config.hole_first_ns = 1000 * MS;
	start(&play);
	connected(&play, 0);
	assert_says(play_event(&play, APPROACH_EVENT_CONNECTED_TO_PEER, 0, 0), "close 0");
}

/* Without a hole ten seconds are enough to say that there is no server. */
static void beside_a_hole_the_server_may_be_missing_to_the_end(void **state)
{
	struct play play;
	uint32_t n_turns = 0;

	(void)state;
	play_init(&play, PLAY_SECRET, ONE);
	play.approach.config.hole_first_ns = 1000 * MS;
	start(&play);
	while (play.approach.phase != APPROACH_OVER && n_turns++ < 100000) {
		if (play.is_open[0])
			unreached(&play, 0);
		play_time(&play);
	}
	assert_int_equal(play.n_failed, 1);
	assert_int_equal(play.now_ns, PLAY_START_NS + 600000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_introduced_and_connected),
		cmocka_unit_test(the_joiner_gets_no_number),
		cmocka_unit_test(every_message_has_its_answer_in_every_phase),
		cmocka_unit_test(
			what_is_not_the_protocol_ends_the_first_try_and_is_a_loss_later),
		cmocka_unit_test(a_version_of_the_future_is_refused),
		cmocka_unit_test(the_server_lost_while_waiting_is_entered_again_by_number),
		cmocka_unit_test(before_the_first_room_a_host_asks_for_one_again),
		cmocka_unit_test(pauses_grow_to_five_seconds_and_no_further),
		cmocka_unit_test(a_server_that_was_never_reached_is_given_up_after_ten_seconds),
		cmocka_unit_test(a_server_that_never_answers_is_given_up_too),
		cmocka_unit_test(nobody_comes),
		cmocka_unit_test(both_families_are_dialled_at_once_and_the_first_is_preferred),
		cmocka_unit_test(our_address_in_the_other_family_is_asked_for_again),
		cmocka_unit_test(the_other_family_is_taken_after_a_quarter_of_a_second),
		cmocka_unit_test(the_other_family_is_taken_at_once_when_the_first_cannot_be),
		cmocka_unit_test(further_addresses_follow_and_losers_are_closed),
		cmocka_unit_test(who_was_only_asked_must_not_speak_otherwise),
		cmocka_unit_test(the_server_is_not_needed_after_the_introduction),
		cmocka_unit_test(a_wrong_code_is_told_and_the_server_may_read_it),
		cmocka_unit_test(a_rumour_of_a_wrong_code_is_believed_for_want_of_better),
		cmocka_unit_test(later_messages_that_do_not_open_change_nothing),
		cmocka_unit_test(the_peer_leaves_once),
		cmocka_unit_test(a_share_that_cannot_be_ends_the_attempt),
		cmocka_unit_test(a_secret_s_room_is_entered_again_but_not_for_ever),
		cmocka_unit_test(a_secret_s_room_that_expires_is_opened_again),
		cmocka_unit_test(a_wrong_secret_is_final),
		cmocka_unit_test(the_caller_may_stop_in_every_phase),
		cmocka_unit_test(both_tell_what_they_saw_when_the_dials_have_failed),
		cmocka_unit_test(nobody_waits_long_for_an_account),
		cmocka_unit_test(who_dials_on_answers_an_account_once),
		cmocka_unit_test(without_a_server_or_a_peer_nothing_is_told),
		cmocka_unit_test(a_standing_hole_comes_before_the_server),
		cmocka_unit_test(what_the_hole_leads_to_needs_no_word_to_the_server),
		cmocka_unit_test(beside_a_hole_the_server_may_be_missing_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
