/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/plan.h"
#include "core/random.h"
#include "core/timeline.h"

#define MS     INT64_C(1000000)
#define ROUNDS 2000

static struct midair_endpoint endpoint(uint8_t last, uint16_t port)
{
	return (struct midair_endpoint){
		.family = MIDAIR_IPV4, .address = {203, 0, 113, last}, .port = port};
}

static void note(struct timeline *timeline, enum midair_event_type type, int64_t time_ns,
		 const struct midair_endpoint *remote, enum midair_refusal refusal, int result)
{
	timeline_note(timeline, &(struct midair_event){
					.type = type,
					.time_ns = time_ns,
					.remote = *remote,
					.refusal = refusal,
					.result = result,
				});
}

static void thousand_refusals_of_a_kind_are_one_entry(void **state)
{
	struct timeline timeline = {0};
	struct midair_endpoint peer = endpoint(1, 1314);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		note(&timeline, MIDAIR_EVENT_DIAL, i * MS, &peer, 0, 0);
		note(&timeline, MIDAIR_EVENT_REFUSED, i * MS + 5, &peer,
		     MIDAIR_REFUSED_BY_RESET, -ECONNREFUSED);
	}
	note(&timeline, MIDAIR_EVENT_REFUSED, 1000 * MS, &peer, MIDAIR_REFUSED_BY_FILTER,
	     -EACCES);
	assert_int_equal(timeline.n_entries, 3);
	assert_int_equal(timeline.n_paths, 1);
	assert_int_equal(timeline.entries[1].count, 1000);
	assert_true(timeline.entries[1].first_ns == 5);
	assert_true(timeline.entries[1].last_ns == 999 * MS + 5);
	assert_int_equal(timeline_count(&timeline, TIMELINE_REFUSED, 0, TIMELINE_ANY), 1001);
	assert_int_equal(timeline_count(&timeline, TIMELINE_REFUSED, TIMELINE_ANY,
					MIDAIR_REFUSED_BY_FILTER),
			 1);
}

static void a_count_stays_at_its_end(void **state)
{
	struct timeline timeline = {0};
	struct midair_endpoint peer = endpoint(1, 1314);

	(void)state;
	for (int i = 0; i < 70000; i++)
		note(&timeline, MIDAIR_EVENT_DIAL, i, &peer, 0, 0);
	assert_int_equal(timeline.entries[0].count, UINT16_MAX);
}

static void a_tuple_that_is_in_use_is_nobodys_refusal(void **state)
{
	struct timeline timeline = {0};
	struct midair_endpoint peer = endpoint(1, 1314);

	(void)state;
	note(&timeline, MIDAIR_EVENT_REFUSED, 0, &peer, MIDAIR_REFUSED_LOCALLY, -EADDRNOTAVAIL);
	assert_int_equal(timeline.n_entries, 0);
	note(&timeline, MIDAIR_EVENT_REFUSED, 0, &peer, MIDAIR_REFUSED_LOCALLY, -ENETUNREACH);
	assert_int_equal(timeline.n_entries, 1);
}

static void what_does_not_fit_is_counted_and_the_end_always_fits(void **state)
{
	struct timeline timeline = {0};
	struct midair_endpoint none = {0};

	(void)state;
	for (uint8_t i = 0; i < 100; i++) {
		struct midair_endpoint peer = endpoint(i, 1314);

		note(&timeline, MIDAIR_EVENT_DIAL, i, &peer, 0, 0);
		note(&timeline, MIDAIR_EVENT_LANDED, i, &peer, 0, 0);
		note(&timeline, MIDAIR_EVENT_REFUSED, i, &peer, MIDAIR_REFUSED_BY_RESET, 0);
	}
	assert_int_equal(timeline.n_paths, TIMELINE_PATHS_MAX);
	assert_int_equal(timeline.n_entries, TIMELINE_ENTRIES_MAX - 1);
	assert_true(timeline.n_left_out > 0);
	assert_int_equal(timeline_result(&timeline), 0);
	note(&timeline, MIDAIR_EVENT_FAILED, 200, &none, 0, MIDAIR_E_TIMEOUT);
	assert_int_equal(timeline.n_entries, TIMELINE_ENTRIES_MAX);
	assert_int_equal(timeline_count(&timeline, TIMELINE_FAILED, TIMELINE_NO_PATH,
					MIDAIR_E_TIMEOUT),
			 1);
	assert_int_equal(timeline_result(&timeline), MIDAIR_E_TIMEOUT);
}

static void an_error_of_the_system_is_no_result(void **state)
{
	struct timeline timeline = {0};
	struct midair_endpoint none = {0};

	(void)state;
	note(&timeline, MIDAIR_EVENT_FAILED, 1, &none, 0, -ENOMEM);
	assert_int_equal(timeline_result(&timeline), 0);
}

static void the_latest_plan_is_remembered(void **state)
{
	struct timeline timeline = {0};

	(void)state;
	timeline_note(&timeline,
		      &(struct midair_event){.type = MIDAIR_EVENT_PLAN, .reason = "none"});
	timeline_note(&timeline, &(struct midair_event){.type = MIDAIR_EVENT_PLAN,
							.way = MIDAIR_WAY_NONE,
							.reason = "syn-in-refused",
							.is_sure = true});
	assert_true(timeline.has_plan && timeline.is_sure);
	assert_int_equal(timeline.way, MIDAIR_WAY_NONE);
	assert_int_equal(timeline.reason, PLAN_REASON_SYN_IN_REFUSED);
}

static struct midair_endpoint parsed(const char *text)
{
	struct midair_endpoint endpoint;

	assert_int_equal(midair_endpoint_parse(&endpoint, text), 0);
	return endpoint;
}

/* Refused, met by silence, or landed: what the other side learns is the same. */
static void what_a_private_address_does_is_not_told(void **state)
{
	static const char *const private[] = {
		"10.1.2.3:22",	      "172.16.0.1:22",	"192.168.1.1:22", "100.64.0.1:22",
		"169.254.169.254:80", "[fd00::7]:1314", "[fe80::1%1]:22",
	};
	static const enum midair_event_type types[] = {
		MIDAIR_EVENT_DIAL,     MIDAIR_EVENT_REFUSED,	   MIDAIR_EVENT_LANDED,
		MIDAIR_EVENT_UNPROVEN, MIDAIR_EVENT_AUTHENTICATED,
	};
	struct midair_endpoint peer = endpoint(1, 1314), none = {0};
	struct timeline without = {0}, silent = {0}, loud = {0};

	(void)state;
	timeline_note_told(&without,
			   &(struct midair_event){.type = MIDAIR_EVENT_DIAL, .remote = peer});
	for (size_t i = 0; i < N_ITEMS(private); i++) {
		struct midair_endpoint remote = parsed(private[i]);

		timeline_note_told(&silent, &(struct midair_event){.type = MIDAIR_EVENT_DIAL,
								   .remote = remote});
		for (size_t k = 0; k < 100 * N_ITEMS(types); k++)
			timeline_note_told(&loud, &(struct midair_event){
							  .type = types[k % N_ITEMS(types)],
							  .time_ns = (int64_t)k,
							  .remote = remote,
							  .refusal = MIDAIR_REFUSED_BY_RESET,
						  });
	}
	assert_memory_equal(&silent, &loud, sizeof(silent));
	assert_true(silent.holds_back);
	assert_false(without.holds_back);
	assert_int_equal(loud.n_entries + loud.n_paths + loud.n_left_out, 0);
	/* what does not hang on an address, and where the server saw the peer, is told as ever */
	note(&silent, MIDAIR_EVENT_FAILED, 1, &none, 0, MIDAIR_E_TIMEOUT);
	peer = parsed(private[0]);
	timeline_note_told(&loud,
			   &(struct midair_event){.type = MIDAIR_EVENT_PEER, .remote = peer});
	assert_int_equal(loud.n_entries, 1);
	assert_int_equal(loud.n_paths, 0);
	assert_int_equal(timeline_result(&silent), MIDAIR_E_TIMEOUT);
}

static void this_machine_is_no_network(void **state)
{
	struct midair_endpoint ourselves = parsed("127.0.0.1:22");
	struct timeline told = {0};

	(void)state;
	timeline_note_told(&told, &(struct midair_event){.type = MIDAIR_EVENT_DIAL,
							 .remote = ourselves});
	assert_int_equal(told.n_paths, 1);
	assert_false(told.holds_back);
}

/* ---- two clocks ---------------------------------------------------------------------------- */

static const struct {
	const char *name;
	/* Theirs is ahead by skew: their time = ours + skew. Ours to them takes there_ns. */
	int64_t skew_ns;
	int64_t there_ns;
	int64_t back_ns;
	int64_t they_tell_ns; /* on our clock */
} clocks[] = {
	{"alike", 0, 20 * MS, 20 * MS, 0},
	{"theirs ahead", 3600000 * MS, 20 * MS, 20 * MS, 5 * MS},
	{"theirs behind", -86400000 * MS, 50 * MS, 50 * MS, -5 * MS},
	{"unequal ways", 77 * MS, 1 * MS, 99 * MS, 0},
	{"one way takes nothing", -1 * MS, 0, 200 * MS, 0},
	{"no distance", 12 * MS, 0, 0, 0},
	{"they tell late", 12 * MS, 10 * MS, 10 * MS, 400 * MS},
};

static void skewed_clocks_are_compared_within_the_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(clocks); i++) {
		int64_t there_ns = clocks[i].there_ns, back_ns = clocks[i].back_ns;
		const struct timeline ours = {
			.has_told = true,
			.told_ns = 7 * MS,
			.has_heard = true,
			.heard_ns = 7 * MS + clocks[i].they_tell_ns + back_ns,
		};
		const struct timeline theirs = {
			.has_told = true,
			.told_ns = 7 * MS + clocks[i].they_tell_ns + clocks[i].skew_ns,
			.has_heard = true,
			.heard_ns = 7 * MS + there_ns + clocks[i].skew_ns,
		};
		struct timeline_clock clock;
		int64_t wrong_ns;

		timeline_align(&ours, &theirs, &clock);
		EXPECT(clock.is_known, clocks[i].name);
		EXPECT(clock.error_ns == (there_ns + back_ns) / 2, clocks[i].name);
		wrong_ns = clock.offset_ns + clocks[i].skew_ns;
		EXPECT(wrong_ns <= clock.error_ns && -wrong_ns <= clock.error_ns,
		       clocks[i].name);
		/* Equal ways leave no error at all. */
		EXPECT(there_ns != back_ns || wrong_ns == 0, clocks[i].name);
	}
}

static void clocks_that_cannot_be_compared_are_said_to_be(void **state)
{
	struct timeline ours = {.has_told = true, .told_ns = 5};
	struct timeline theirs = {.has_told = true, .has_heard = true, .heard_ns = 3};
	struct timeline_clock clock;

	(void)state;
	timeline_align(&ours, &theirs, &clock);
	assert_false(clock.is_known);
	assert_int_equal(clock.offset_ns, 5);
	/* A lie: heard before it was told. */
	ours.has_heard = true;
	ours.heard_ns = 10;
	theirs.heard_ns = -100;
	timeline_align(&ours, &theirs, &clock);
	assert_false(clock.is_known);
}

static void both_sides_come_in_order_of_time(void **state)
{
	struct timeline ours = {.has_told = true, .has_heard = true, .heard_ns = 20 * MS};
	struct timeline theirs = {.has_told = true, .has_heard = true, .heard_ns = 20 * MS};
	struct midair_moment moments[TIMELINE_MOMENTS_MAX];
	struct midair_endpoint peer = endpoint(1, 1314), us = endpoint(2, 1315);
	char line[MIDAIR_MOMENT_TEXT_SIZE];
	uint32_t n;

	(void)state;
	note(&ours, MIDAIR_EVENT_DIAL, 1 * MS, &peer, 0, 0);
	note(&ours, MIDAIR_EVENT_REFUSED, 41 * MS, &peer, MIDAIR_REFUSED_BY_RESET, 0);
	note(&ours, MIDAIR_EVENT_REFUSED, 90 * MS, &peer, MIDAIR_REFUSED_BY_RESET, 0);
	note(&theirs, MIDAIR_EVENT_DIAL, 2 * MS, &us, 0, 0);
	note(&theirs, MIDAIR_EVENT_FAILED, 99 * MS, &us, 0, MIDAIR_E_TIMEOUT);
	n = timeline_merge(&ours, &theirs, moments);
	assert_int_equal(n, 4);
	for (uint32_t i = 1; i < n; i++)
		assert_true(moments[i - 1].time_ns <= moments[i].time_ns);
	assert_false(moments[0].is_theirs);
	assert_true(moments[1].is_theirs);
	assert_string_equal(midair_moment_format(&moments[1], line),
			    "theirs       2.000 ms dial 203.0.113.2:1315");
	assert_string_equal(
		midair_moment_format(&moments[2], line),
		"ours        41.000 ms refused 203.0.113.1:1314 reset, 2 times until "
		"90.000 ms");
	assert_string_equal(midair_moment_format(&moments[3], line),
			    "theirs      99.000 ms failed timeout");
	assert_int_equal(timeline_merge(&ours, NULL, moments), 2);
}

/* ---- bytes --------------------------------------------------------------------------------- */

static void random_event(struct random *random, struct midair_event *event)
{
	static const enum midair_event_type types[] = {
		MIDAIR_EVENT_SERVER,	MIDAIR_EVENT_PEER,     MIDAIR_EVENT_PLAN,
		MIDAIR_EVENT_DIAL,	MIDAIR_EVENT_REFUSED,  MIDAIR_EVENT_LANDED,
		MIDAIR_EVENT_UNPROVEN,	MIDAIR_EVENT_STRANGER, MIDAIR_EVENT_FAILED,
		MIDAIR_EVENT_CANDIDATE, MIDAIR_EVENT_RELAY,
	};

	*event = (struct midair_event){
		.type = types[random_below(random, N_ITEMS(types))],
		/* whole microseconds, since that is what is sent */
		.time_ns = (int64_t)random_below(random, 40000000) * 1000,
		.remote = endpoint((uint8_t)random_below(random, 40),
				   (uint16_t)(1 + random_below(random, 2))),
		.refusal =
			(enum midair_refusal)random_below(random, MIDAIR_REFUSED_LOCALLY + 1),
		.crossing = (enum midair_crossing)random_below(random, MIDAIR_CAUGHT + 1),
		.way = (enum midair_way)random_below(random, MIDAIR_WAY_NONE + 1),
		.reason = plan_reason_name(
			(enum plan_reason)random_below(random, PLAN_REASON_NO_FAMILY + 1)),
		.result = (int)random_below(random, 30) - 2,
	};
	if (random_below(random, 2) == 0)
		event->remote.family = MIDAIR_IPV6;
}

static void what_is_told_is_what_was_noted_whatever_it_was(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 5);
	for (int round = 0; round < ROUNDS; round++) {
		struct timeline timeline = {.has_told = true,
					    .has_heard = true,
					    .heard_ns = MS,
					    .is_direct_only = round % 2 == 1,
					    .holds_back = round % 3 == 1};
		struct timeline read = {0};
		uint8_t bytes[TIMELINE_BYTES];
		uint64_t n = random_below(&random, 300);
		struct midair_event event;
		int64_t time_ns = 0;

		for (uint64_t i = 0; i < n; i++) {
			random_event(&random, &event);
			time_ns += event.time_ns / 1000;
			event.time_ns = time_ns / 1000 * 1000;
			timeline_note(&timeline, &event);
		}
		assert_true(timeline.n_entries <= TIMELINE_ENTRIES_MAX);
		assert_true(timeline.n_paths <= TIMELINE_PATHS_MAX);
		assert_int_equal(timeline_encode(&timeline, bytes), TIMELINE_BYTES);
		assert_true(timeline_decode(&read, bytes, sizeof(bytes)));
		assert_memory_equal(&read, &timeline, sizeof(read));
	}
}

static void times_beyond_the_scale_are_at_its_end(void **state)
{
	struct timeline timeline = {.has_told = true, .told_ns = 3600 * 1000 * MS};
	struct timeline read;
	uint8_t bytes[TIMELINE_BYTES];
	struct midair_endpoint peer = endpoint(1, 1314);

	(void)state;
	note(&timeline, MIDAIR_EVENT_DIAL, 0, &peer, 0, 0);
	note(&timeline, MIDAIR_EVENT_DIAL, 86400 * 1000 * MS, &peer, 0, 0);
	assert_int_equal(timeline_encode(&timeline, bytes), TIMELINE_BYTES);
	assert_true(timeline_decode(&read, bytes, sizeof(bytes)));
	assert_true(read.entries[0].first_ns == INT32_MIN * INT64_C(1000));
	assert_true(read.entries[0].last_ns == INT32_MAX * INT64_C(1000));
}

static void without_a_message_there_is_nothing_to_tell(void **state)
{
	const struct timeline timeline = {0};
	uint8_t bytes[TIMELINE_BYTES];

	(void)state;
	assert_int_equal(timeline_encode(&timeline, bytes), 0);
}

static const struct {
	const char *name;
	bool is_read;
	uint32_t n_entries;
	uint32_t n_left_out;
	size_t size;
	uint8_t bytes[64];
} messages[] = {
	{"nothing", false, 0, 0, 0, {0}},
	{"no timeline", false, 0, 0, 4, {2, 2, 1, 1}},
	{"a head alone", true, 0, 0, 14, {16, 12}},
	{"an unknown field before it", true, 0, 0, 18, {99, 2, 1, 1, 16, 12}},
	{"a head that is cut", false, 0, 0, 13, {16, 12}},
	{"a short head", false, 0, 0, 13, {16, 11}},
	{"two heads", false, 0, 0, 28, {16, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 12}},
	{"a path of no address",
	 false,
	 0,
	 0,
	 23,
	 {16, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 7, 4, 0, 1}},
	{"an entry", true, 1, 0, 29, {16, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0, 0, 0, 18,
				      13, 0,  0, 0, 1, 0, 0, 0, 2, 7, 255, 0, 0, 1}},
	{"an entry that is cut", false, 0, 0, 28, {16, 12, 0, 0, 0,  0,	  0, 0, 0, 0,
						   0,  0,  0, 0, 18, 12,  0, 0, 0, 1,
						   0,  0,  0, 2, 7,  255, 0, 0}},
	{"a later kind", true, 0, 1, 29, {16, 12, 0, 0, 0, 0, 0, 0, 0, 0,  0,	0, 0, 0, 18,
					  13, 0,  0, 0, 1, 0, 0, 0, 2, 99, 255, 0, 0, 1}},
	{"of a path that was not told", true, 0, 1, 29, {16, 12, 0, 0, 0,  0,  0, 0, 0, 0,
							 0,  0,	 0, 0, 18, 13, 0, 0, 0, 1,
							 0,  0,	 0, 2, 7,  3,  0, 0, 1}},
	{"that ended before it began", true, 0, 1, 29, {16, 12, 0, 0, 0,  0,   0, 0, 0, 0,
							0,  0,	0, 0, 18, 13,  0, 0, 0, 3,
							0,  0,	0, 2, 7,  255, 0, 0, 1}},
	{"an unknown refusal", true, 0, 1, 29, {16, 12, 0, 0, 0,  0,   0,  0, 0, 0,
						0,  0,	0, 0, 18, 13,  0,  0, 0, 1,
						0,  0,	0, 2, 8,  255, 77, 0, 1}},
	{"an unknown plan", true, 0, 1, 29, {16, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,	  0,   0, 0, 18,
					     13, 0,  0, 0, 1, 0, 0, 0, 2, 6, 255, 200, 0, 1}},
};

static void what_the_other_side_tells_is_read_with_care(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(messages); i++) {
		struct timeline timeline = {.n_paths = 9};
		bool is_read = timeline_decode(&timeline, messages[i].bytes, messages[i].size);

		EXPECT(is_read == messages[i].is_read, messages[i].name);
		if (!is_read) {
			EXPECT(timeline.n_paths == 9, messages[i].name);
			continue;
		}
		EXPECT(timeline.n_entries == messages[i].n_entries, messages[i].name);
		EXPECT(timeline.n_left_out == messages[i].n_left_out, messages[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousand_refusals_of_a_kind_are_one_entry),
		cmocka_unit_test(a_count_stays_at_its_end),
		cmocka_unit_test(a_tuple_that_is_in_use_is_nobodys_refusal),
		cmocka_unit_test(what_does_not_fit_is_counted_and_the_end_always_fits),
		cmocka_unit_test(an_error_of_the_system_is_no_result),
		cmocka_unit_test(what_a_private_address_does_is_not_told),
		cmocka_unit_test(this_machine_is_no_network),
		cmocka_unit_test(the_latest_plan_is_remembered),
		cmocka_unit_test(skewed_clocks_are_compared_within_the_error),
		cmocka_unit_test(clocks_that_cannot_be_compared_are_said_to_be),
		cmocka_unit_test(both_sides_come_in_order_of_time),
		cmocka_unit_test(what_is_told_is_what_was_noted_whatever_it_was),
		cmocka_unit_test(times_beyond_the_scale_are_at_its_end),
		cmocka_unit_test(without_a_message_there_is_nothing_to_tell),
		cmocka_unit_test(what_the_other_side_tells_is_read_with_care),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
