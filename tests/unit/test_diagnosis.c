/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/diagnosis.h"
#include "core/plan.h"

#define SAW_MAX 6

/* What a side saw, in the notation of the events. */
struct saw {
	enum midair_event_type type;
	uint8_t path;
	int detail; /* a refusal, a crossing, a result; of a plan the way */
	const char *reason;
};

#define DIAL(path)                                                                             \
	{                                                                                      \
		MIDAIR_EVENT_DIAL, path, 0, NULL                                               \
	}
#define REFUSED(path, by)                                                                      \
	{                                                                                      \
		MIDAIR_EVENT_REFUSED, path, MIDAIR_REFUSED_##by, NULL                          \
	}
#define LANDED(path)                                                                           \
	{                                                                                      \
		MIDAIR_EVENT_LANDED, path, MIDAIR_CROSSED, NULL                                \
	}
#define UNPROVEN(path, result)                                                                 \
	{                                                                                      \
		MIDAIR_EVENT_UNPROVEN, path, result, NULL                                      \
	}
#define PLAN(way, reason)                                                                      \
	{                                                                                      \
		MIDAIR_EVENT_PLAN, 0, MIDAIR_WAY_##way, reason                                 \
	}
#define NOTHING                                                                                \
	{                                                                                      \
		MIDAIR_EVENT_PEER, 0, 0, NULL                                                  \
	}

static const struct {
	const char *name;
	int result;
	bool is_meeting; /* without a server */
	struct saw ours[SAW_MAX];
	struct saw theirs[SAW_MAX]; /* nothing: it has not told */
	const char *code;
	enum midair_side side;
	enum midair_step step;
} rows[] = {
	{"no server",
	 MIDAIR_E_SERVER,
	 false,
	 {{0}},
	 {{0}},
	 "server-unreachable",
	 MIDAIR_SIDE_SERVER,
	 MIDAIR_STEP_SERVER},
	{"a full server",
	 MIDAIR_E_BUSY,
	 false,
	 {{0}},
	 {{0}},
	 "server-busy",
	 MIDAIR_SIDE_SERVER,
	 MIDAIR_STEP_SERVER},
	{"nobody",
	 MIDAIR_E_NO_PEER,
	 false,
	 {{0}},
	 {{0}},
	 "no-peer",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_INTRODUCTION},
	{"a spent code",
	 MIDAIR_E_ROOM_TAKEN,
	 false,
	 {{0}},
	 {{0}},
	 "room-taken",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_INTRODUCTION},
	{"a wrong code, though dials were refused",
	 MIDAIR_E_WRONG_CODE,
	 false,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {{0}},
	 "wrong-code",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_INTRODUCTION},
	{"a peer that never showed that it has the code, though dials were refused",
	 MIDAIR_E_UNCONFIRMED,
	 false,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {{0}},
	 "unconfirmed",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_INTRODUCTION},
	{"it left",
	 MIDAIR_E_PEER_LEFT,
	 false,
	 {DIAL(1)},
	 {{0}},
	 "peer-left",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"another secret",
	 MIDAIR_E_AUTHENTICATION,
	 true,
	 {DIAL(1), LANDED(1)},
	 {{0}},
	 "stranger-answers",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_HANDSHAKE},
	{"a port that is taken",
	 MIDAIR_E_PORT_IN_USE,
	 true,
	 {{0}},
	 {{0}},
	 "this-machine",
	 MIDAIR_SIDE_OURS,
	 MIDAIR_STEP_START},
	{"no memory",
	 -ENOMEM,
	 true,
	 {{0}},
	 {{0}},
	 "this-machine",
	 MIDAIR_SIDE_OURS,
	 MIDAIR_STEP_START},
	{"no route",
	 -ENETUNREACH,
	 true,
	 {REFUSED(1, LOCALLY)},
	 {{0}},
	 "no-route",
	 MIDAIR_SIDE_OURS,
	 MIDAIR_STEP_DIAL},
	{"no way to any address",
	 MIDAIR_E_NO_PATH,
	 false,
	 {REFUSED(1, LOCALLY)},
	 {{0}},
	 "no-route",
	 MIDAIR_SIDE_OURS,
	 MIDAIR_STEP_DIAL},
	{"--once",
	 MIDAIR_E_REFUSED,
	 true,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {{0}},
	 "refused-once",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"ourselves",
	 MIDAIR_E_SELF,
	 true,
	 {DIAL(1), REFUSED(1, BY_SELF)},
	 {{0}},
	 "self-connection",
	 MIDAIR_SIDE_OURS,
	 MIDAIR_STEP_DIAL},
	{"broken later",
	 MIDAIR_E_LOST,
	 false,
	 {DIAL(1), LANDED(1)},
	 {{0}},
	 "lost",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_STREAM},
	{"silent later",
	 MIDAIR_E_PATH_LOST,
	 false,
	 {DIAL(1), LANDED(1)},
	 {{0}},
	 "path-lost",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_STREAM},
	{"only a relay, and none",
	 MIDAIR_E_NO_RELAY,
	 false,
	 {{0}},
	 {{0}},
	 "no-relay",
	 MIDAIR_SIDE_SERVER,
	 MIDAIR_STEP_DIAL},
	/* The plan knows it. */
	{"random and random",
	 MIDAIR_E_NO_DIRECT,
	 false,
	 {DIAL(1), PLAN(NONE, "random-both")},
	 {{0}},
	 "random-both",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"random and sequential",
	 MIDAIR_E_NO_DIRECT,
	 false,
	 {DIAL(1), PLAN(NONE, "random-sequential")},
	 {{0}},
	 "random-sequential",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"neither lets a meeting SYN in",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), PLAN(NONE, "syn-in-refused"), REFUSED(1, BY_RESET)},
	 {{0}},
	 "syn-in-refused",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"one answers it by ICMP",
	 MIDAIR_E_NO_DIRECT,
	 false,
	 {DIAL(1), PLAN(NONE, "syn-in-error")},
	 {{0}},
	 "syn-in-error",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"IPv4 and IPv6",
	 MIDAIR_E_NO_PATH,
	 false,
	 {PLAN(NONE, "no-common-family")},
	 {{0}},
	 "no-common-family",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"a plan that was given up for a better one",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), PLAN(NONE, "random-both"), PLAN(PLAIN, "none")},
	 {{0}},
	 "silence",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_DIAL},
	{"guessed in vain",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), PLAN(BIRTHDAY, "none")},
	 {DIAL(1)},
	 "ports-missed",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	/* What came of the dials. */
	{"silence, and nothing from there",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1)},
	 {{0}},
	 "silence",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_DIAL},
	{"silence on both sides",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1)},
	 {DIAL(1)},
	 "silence",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"RST, and nothing from there",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {{0}},
	 "refused-everywhere",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"RST on both sides",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 "refused-everywhere",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"RST here, silence there",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), REFUSED(1, BY_RESET)},
	 {DIAL(1)},
	 "not-met",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"a firewall",
	 MIDAIR_E_TIMEOUT,
	 true,
	 {DIAL(1), REFUSED(1, BY_FILTER)},
	 {{0}},
	 "filtered",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"a router",
	 MIDAIR_E_TIMEOUT,
	 true,
	 {DIAL(1), REFUSED(1, BY_UNREACHABLE)},
	 {{0}},
	 "unreachable",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"the kernel gave it up",
	 MIDAIR_E_TIMEOUT,
	 true,
	 {DIAL(1), REFUSED(1, BY_SILENCE)},
	 {{0}},
	 "silence",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_DIAL},
	{"addresses of a network that we are not in do not count",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), DIAL(2), REFUSED(2, BY_UNREACHABLE)},
	 {{0}},
	 "silence",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_DIAL},
	{"but of a meeting all of them do",
	 MIDAIR_E_TIMEOUT,
	 true,
	 {DIAL(1), DIAL(2), REFUSED(2, BY_UNREACHABLE)},
	 {{0}},
	 "not-met",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_DIAL},
	{"it never dialled",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1)},
	 {NOTHING},
	 "peer-never-dialled",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"it could not",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1)},
	 {REFUSED(1, LOCALLY)},
	 "peer-never-dialled",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_DIAL},
	{"somebody else answers",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), LANDED(1), UNPROVEN(1, MIDAIR_E_AUTHENTICATION)},
	 {{0}},
	 "stranger-answers",
	 MIDAIR_SIDE_THEIRS,
	 MIDAIR_STEP_HANDSHAKE},
	{"it stood, and broke",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1), LANDED(1), UNPROVEN(1, -ECONNRESET)},
	 {{0}},
	 "handshake-broken",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_HANDSHAKE},
	{"it stood there only",
	 MIDAIR_E_TIMEOUT,
	 false,
	 {DIAL(1)},
	 {DIAL(1), LANDED(1)},
	 "handshake-broken",
	 MIDAIR_SIDE_BOTH,
	 MIDAIR_STEP_HANDSHAKE},
	{"an end that says nothing",
	 -ETIMEDOUT,
	 true,
	 {{0}},
	 {{0}},
	 "unknown",
	 MIDAIR_SIDE_UNKNOWN,
	 MIDAIR_STEP_DIAL},
};

static bool play(struct timeline *timeline, const struct saw saw[SAW_MAX])
{
	uint32_t n = 0;

	for (; n < SAW_MAX && saw[n].type != MIDAIR_EVENT_NONE; n++) {
		struct midair_event event = {
			.type = saw[n].type,
			.time_ns = n,
			.refusal = (enum midair_refusal)saw[n].detail,
			.crossing = (enum midair_crossing)saw[n].detail,
			.way = (enum midair_way)saw[n].detail,
			.reason = saw[n].reason,
			.result = saw[n].type == MIDAIR_EVENT_REFUSED ? -ECONNREFUSED
								      : saw[n].detail,
		};

		if (saw[n].path != 0)
			event.remote = (struct midair_endpoint){
				.family = MIDAIR_IPV4,
				.address = {203, 0, 113, saw[n].path},
				.port = 1314,
			};
		timeline_note(timeline, &event);
	}
	return n > 0;
}

static void what_was_seen_leads_to_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct timeline ours = {0}, theirs = {0};
		struct evidence evidence = {
			.result = rows[i].result,
			.is_pairing = !rows[i].is_meeting,
			.ours = &ours,
		};
		struct midair_verdict verdict;

		play(&ours, rows[i].ours);
		if (play(&theirs, rows[i].theirs))
			evidence.theirs = &theirs;
		diagnose(&verdict, &evidence);
		if (strcmp(verdict.code, rows[i].code) != 0)
			fail_msg("row \"%s\": %s", rows[i].name, verdict.code);
		EXPECT(verdict.side == rows[i].side, rows[i].name);
		EXPECT(verdict.step == rows[i].step, rows[i].name);
		EXPECT(verdict.remedies != 0, rows[i].name);
		EXPECT(verdict.has_theirs == (evidence.theirs != NULL), rows[i].name);
	}
}

/* Of a plan without a way: whose NAT it is, seen from either side. */
static void the_side_is_that_of_the_box(void **state)
{
	static const struct {
		const char *reason;
		const char *boxes[2]; /* ours, theirs; NULL: no report */
		enum midair_side side;
	} boxes[] = {
		{"random-both", {"apdm/random", "apdm/random"}, MIDAIR_SIDE_BOTH},
		{"random-sequential", {"apdm/random", "apdm/sequential:1"}, MIDAIR_SIDE_OURS},
		{"random-sequential", {"apdm/sequential:1", "apdm/random"}, MIDAIR_SIDE_THEIRS},
		{"random-sequential", {NULL, NULL}, MIDAIR_SIDE_BOTH},
		{"syn-in-refused",
		 {"drop/refuse-syn-in", "rst/refuse-syn-in"},
		 MIDAIR_SIDE_BOTH},
		{"syn-in-error", {"icmp/refuse-syn-in", "drop"}, MIDAIR_SIDE_OURS},
		{"syn-in-error", {"rst", "icmp/refuse-syn-in"}, MIDAIR_SIDE_THEIRS},
		{"syn-in-error", {"icmp", "icmp/refuse-syn-in"}, MIDAIR_SIDE_THEIRS},
		{"syn-in-error", {NULL, "icmp/refuse-syn-in"}, MIDAIR_SIDE_THEIRS},
		{"syn-in-error", {NULL, NULL}, MIDAIR_SIDE_BOTH},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(boxes); i++) {
		const struct saw seen[SAW_MAX] = {
			DIAL(1), {MIDAIR_EVENT_PLAN, 0, MIDAIR_WAY_NONE, boxes[i].reason}};
		struct nat_report reports[2];
		struct timeline ours = {0};
		struct evidence evidence = {
			.result = MIDAIR_E_NO_DIRECT, .is_pairing = true, .ours = &ours};
		struct midair_verdict verdict;

		for (int side = 0; side < 2; side++) {
			struct midair_endpoint end = {.family = MIDAIR_IPV4, .port = 1314};
			struct nat_behavior behavior;

			if (boxes[i].boxes[side] == NULL)
				continue;
			assert_int_equal(nat_behavior_parse(&behavior, boxes[i].boxes[side]),
					 0);
			nat_report_of_behavior(&reports[side], &behavior, &end, &end);
			*(side == 0 ? &evidence.our_report : &evidence.their_report) =
				&reports[side];
		}
		play(&ours, seen);
		diagnose(&verdict, &evidence);
		assert_string_equal(verdict.code, boxes[i].reason);
		if (verdict.side != boxes[i].side)
			fail_msg("row %zu, %s: side %s", i, boxes[i].reason,
				 midair_side_name(verdict.side));
	}
}

static void the_behaviour_is_what_was_measured_or_else_seen(void **state)
{
	const struct nat_report ours_report = {
		.family = MIDAIR_IPV4,
		.mapping = REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
		.allocation = REPORT_ALLOCATION_RANDOM,
		.filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
		.reaction = REPORT_REACTION_DROP,
		.syn_in = REPORT_NO,
	};
	static const struct saw seen[SAW_MAX] = {DIAL(1), REFUSED(1, BY_RESET)};
	struct timeline ours = {0};
	const struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT,
		.is_pairing = true,
		.ours = &ours,
		.our_report = &ours_report,
	};
	const struct evidence nothing = {.result = MIDAIR_E_TIMEOUT, .ours = &ours};
	struct midair_verdict verdict;

	(void)state;
	diagnose(&verdict, &nothing);
	assert_string_equal(verdict.behaviour, "");
	play(&ours, seen);
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.behaviour,
			    "ours: mapping address-and-port-dependent, ports random, filtering "
			    "address-and-port-dependent, refuses a SYN that meets its own, "
			    "reaction drop; theirs: reaction reset");
}

static void the_longest_behaviour_has_room(void **state)
{
	const struct nat_report report = {
		.family = MIDAIR_IPV4,
		.mapping = REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
		.allocation = REPORT_ALLOCATION_PRESERVING,
		.filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
		.reaction = REPORT_REACTION_UNREACHABLE,
		.syn_in = REPORT_NO,
	};
	struct timeline ours = {0};
	const struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT,
		.ours = &ours,
		.our_report = &report,
		.their_report = &report,
	};
	struct midair_verdict verdict;
	const char *end;

	(void)state;
	diagnose(&verdict, &evidence);
	end = strrchr(verdict.behaviour, ' ');
	assert_non_null(end);
	assert_string_equal(end, " unreachable");
}

/* Two ends that one NAT translates, and what each of them saw of the other's outer address. */
static void one_router_is_known_by_its_address(void **state)
{
	static const struct saw seen[SAW_MAX] = {DIAL(1)};
	struct nat_report ours_report = {
		.family = MIDAIR_IPV4,
		.mapped = {.family = MIDAIR_IPV4, .address = {203, 0, 113, 1}, .port = 1},
	};
	struct nat_report theirs_report = ours_report;
	struct timeline ours = {0};
	struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT,
		.is_pairing = true,
		.ours = &ours,
		.our_report = &ours_report,
		.their_report = &theirs_report,
	};
	struct midair_verdict verdict;

	(void)state;
	play(&ours, seen);
	theirs_report.mapped.port = 2;
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "one-router");
	assert_int_equal(verdict.side, MIDAIR_SIDE_BOTH);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RELAY) != 0);
	theirs_report.mapped.address[3] = 2;
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "silence");
	evidence.their_report = NULL;
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "silence");
}

static void a_server_that_hears_nothing_tells_of_a_change(void **state)
{
	static const struct saw seen[SAW_MAX] = {DIAL(1), REFUSED(1, BY_RESET)};
	static const struct saw stood[SAW_MAX] = {DIAL(1), LANDED(1)};
	struct timeline ours = {0};
	struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT,
		.is_pairing = true,
		.is_server_silent = true,
		.ours = &ours,
	};
	struct midair_verdict verdict;

	(void)state;
	play(&ours, seen);
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "network-changed");
	assert_int_equal(verdict.side, MIDAIR_SIDE_OURS);
	/* what stood says more */
	play(&ours, stood);
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "handshake-broken");
}

static void what_does_not_apply_is_no_remedy(void **state)
{
	static const struct saw seen[SAW_MAX] = {DIAL(1)};
	struct timeline ours = {0};
	struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT, .is_pairing = true, .ours = &ours};
	struct midair_verdict verdict;

	(void)state;
	play(&ours, seen);
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RELAY) != 0);
	assert_true((verdict.remedies & MIDAIR_REMEDY_IPV6) != 0);
	evidence.is_pairing = false;
	ours.paths[0].family = MIDAIR_IPV6;
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RELAY) == 0);
	assert_true((verdict.remedies & MIDAIR_REMEDY_IPV6) == 0);
}

/* A side that tells nothing of its own network is not one that never dialled. */
static void what_is_held_back_is_not_missing(void **state)
{
	static const struct saw seen[SAW_MAX] = {DIAL(1), REFUSED(1, BY_RESET)};
	static const struct saw told[SAW_MAX] = {NOTHING};
	struct timeline ours = {0}, theirs = {0};
	const struct evidence evidence = {.result = MIDAIR_E_TIMEOUT,
					  .is_pairing = true,
					  .ours = &ours,
					  .theirs = &theirs};
	struct midair_verdict verdict;

	(void)state;
	play(&ours, seen);
	play(&theirs, told);
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "peer-never-dialled");
	theirs.holds_back = true;
	diagnose(&verdict, &evidence);
	assert_string_equal(verdict.code, "refused-everywhere");
	assert_int_equal(verdict.side, MIDAIR_SIDE_THEIRS);
}

/* A server that forwards need not be started: what helps is to allow it, or to try again. */
static void a_relay_that_is_there_is_no_remedy_but_to_allow_it_is(void **state)
{
	static const struct saw seen[SAW_MAX] = {DIAL(1), PLAN(NONE, "random-both")};
	struct timeline ours = {0}, theirs = {0};
	struct evidence evidence = {
		.result = MIDAIR_E_NO_DIRECT, .is_pairing = true, .ours = &ours};
	struct midair_verdict verdict;

	(void)state;
	play(&ours, seen);
	play(&theirs, seen);
	ours.is_direct_only = true;
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RELAY) != 0);
	assert_true((verdict.remedies & MIDAIR_REMEDY_ALLOW_RELAY) == 0);
	evidence.can_relay = true;
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RELAY) == 0);
	assert_true((verdict.remedies & MIDAIR_REMEDY_ALLOW_RELAY) != 0);
	ours.is_direct_only = false;
	theirs.is_direct_only = true;
	evidence.theirs = &theirs;
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_ALLOW_RELAY) != 0);
	theirs.is_direct_only = false;
	diagnose(&verdict, &evidence);
	assert_true((verdict.remedies & MIDAIR_REMEDY_ALLOW_RELAY) == 0);
	assert_true((verdict.remedies & MIDAIR_REMEDY_RETRY) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_leads_to_the_reason),
		cmocka_unit_test(the_side_is_that_of_the_box),
		cmocka_unit_test(the_behaviour_is_what_was_measured_or_else_seen),
		cmocka_unit_test(the_longest_behaviour_has_room),
		cmocka_unit_test(one_router_is_known_by_its_address),
		cmocka_unit_test(a_server_that_hears_nothing_tells_of_a_change),
		cmocka_unit_test(what_does_not_apply_is_no_remedy),
		cmocka_unit_test(what_is_held_back_is_not_missing),
		cmocka_unit_test(a_relay_that_is_there_is_no_remedy_but_to_allow_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
