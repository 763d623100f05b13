/* SPDX-License-Identifier: MIT */
#include "core/nat.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)
#define S  (UINT64_C(1000) * MS)

#define INNER	 "10.0.0.2:1314"
#define OUTER	 "203.0.113.1:1314"
#define PEER	 "198.51.100.2:1314"
#define STRANGER "198.51.100.77:999"

#define SYN	SEGMENT_SYN
#define SYN_ACK (SEGMENT_SYN | SEGMENT_ACK)
#define ACK	SEGMENT_ACK
#define RST	SEGMENT_RST
#define RST_ACK (SEGMENT_RST | SEGMENT_ACK)
#define FIN_ACK (SEGMENT_FIN | SEGMENT_ACK)

/* The host's and the peer's initial sequence numbers. */
#define OURS   1000u
#define THEIRS 5000u

static const struct midair_endpoint no_address = {.family = MIDAIR_FAMILY_NONE};

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint result;

	if (midair_endpoint_parse(&result, text))
		fail_msg("not an endpoint: %s", text);
	return result;
}

static struct nat *new_nat(const char *words)
{
	struct midair_endpoint ipv4 = endpoint("203.0.113.1:1");
	struct nat_behavior behavior;
	struct nat *nat = malloc(nat_size());

	assert_non_null(nat);
	if (nat_behavior_parse(&behavior, words))
		fail_msg("not a behaviour: %s", words);
	nat_init(nat, &behavior, &ipv4, &no_address, 7);
	return nat;
}

static struct segment segment(const char *from, const char *to, uint8_t flags,
			      uint32_t sequence, uint32_t acknowledgement)
{
	return (struct segment){
		.kind = SEGMENT_TCP,
		.source = endpoint(from),
		.destination = endpoint(to),
		.flags = flags,
		.sequence = sequence,
		.acknowledgement = acknowledgement,
	};
}

static enum nat_verdict send_out(struct nat *nat, uint64_t now_ns, const char *from,
				 const char *to, uint8_t flags, uint32_t sequence)
{
	struct segment out = segment(from, to, flags, sequence, THEIRS + 1);

	return nat_step(nat, now_ns, NAT_OUTBOUND, &out);
}

/* The outer port that a SYN got; 0 when it was not let out. */
static uint16_t outer_port(struct nat *nat, const char *from, const char *to)
{
	struct segment out = segment(from, to, SYN, OURS, 0);

	return nat_step(nat, 0, NAT_OUTBOUND, &out) == NAT_FORWARD ? out.source.port : 0;
}

static enum nat_verdict send_in(struct nat *nat, const char *from, const char *to,
				uint8_t flags)
{
	struct segment in = segment(from, to, flags, THEIRS, OURS + 1);

	return nat_step(nat, 1, NAT_INBOUND, &in);
}

static void assert_text(const struct midair_endpoint *actual, const char *expected)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	assert_string_equal(midair_endpoint_format(actual, text), expected);
}

/* ---- what happens to one session ------------------------------------------------------------ */

struct packet {
	char way; /* 'o'ut, 'i'n; 0 ends the story */
	uint8_t flags;
	uint32_t sequence;
	uint32_t acknowledgement;
	enum nat_verdict verdict;
};

#define OUT(flags, sequence, acknowledgement, verdict)                                         \
	{                                                                                      \
		'o', flags, sequence, acknowledgement, verdict                                 \
	}
#define IN(flags, sequence, acknowledgement, verdict)                                          \
	{                                                                                      \
		'i', flags, sequence, acknowledgement, verdict                                 \
	}

static const struct {
	const char *row;
	const char *words;
	struct packet packets[12];
} stories[] = {
	{"an ordinary connection, both ways closed",
	 "drop",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN_ACK, THEIRS, OURS + 1, NAT_FORWARD),
		 OUT(ACK, OURS + 1, THEIRS + 1, NAT_FORWARD),
		 IN(FIN_ACK, THEIRS + 1, OURS + 1, NAT_FORWARD),
		 OUT(FIN_ACK, OURS + 1, THEIRS + 2, NAT_FORWARD),
		 IN(ACK, THEIRS + 2, OURS + 2, NAT_FORWARD),
		 OUT(SYN, OURS + 900, 0, NAT_FORWARD),
		 IN(SYN_ACK, THEIRS + 900, OURS + 901, NAT_FORWARD),
	 }},
	{"a simultaneous open, their SYN-ACK first",
	 "rst",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 IN(SYN_ACK, THEIRS, OURS + 1, NAT_FORWARD),
		 OUT(SYN_ACK, OURS, THEIRS + 1, NAT_FORWARD),
		 OUT(ACK, OURS + 1, THEIRS + 1, NAT_FORWARD),
		 IN(ACK, THEIRS + 1, OURS + 1, NAT_FORWARD),
	 }},
	{"a simultaneous open, our SYN-ACK first",
	 "rst",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(SYN_ACK, OURS, THEIRS + 1, NAT_FORWARD),
		 IN(ACK, THEIRS + 1, OURS + 1, NAT_FORWARD),
		 OUT(ACK, OURS + 1, THEIRS + 1, NAT_FORWARD),
	 }},
	{"a refusal ends the session at once, and the next SYN opens it again",
	 "drop",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(RST_ACK, 0, OURS + 1, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_DROP),
		 OUT(SYN, OURS + 70000, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
	 }},
	{"keep-on-reset: the peer's SYN still comes in after a refusal",
	 "drop/keep-on-reset",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(RST_ACK, 0, OURS + 1, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
	 }},
	{"keep-on-reset: a redial is let out although the peer's SYN came before",
	 "drop/keep-on-reset",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(RST_ACK, 0, THEIRS + 1, NAT_FORWARD),
		 OUT(SYN, OURS + 70000, 0, NAT_FORWARD),
		 IN(SYN, THEIRS + 900, 0, NAT_FORWARD),
	 }},
	{"a reset after an answer closes: only our SYN opens it again",
	 "rst",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(SYN_ACK, OURS, THEIRS + 1, NAT_FORWARD),
		 IN(RST, THEIRS + 1, 0, NAT_FORWARD),
		 IN(SYN, THEIRS + 900, 0, NAT_ANSWER_RESET),
		 OUT(SYN, OURS + 70000, 0, NAT_FORWARD),
		 IN(SYN, THEIRS + 900, 0, NAT_FORWARD),
	 }},
	{"a blind reset is kept out, and the session lives on",
	 "drop",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(RST_ACK, 0, OURS + 77, NAT_DROP),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 IN(RST, THEIRS + 1000000, 0, NAT_DROP),
		 IN(SYN_ACK, THEIRS, OURS + 1, NAT_FORWARD),
		 IN(RST_ACK, THEIRS + 1000000, OURS + 77, NAT_DROP),
	 }},
	{"liberal: a blind reset passes",
	 "drop/liberal",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(RST_ACK, 0, OURS + 77, NAT_FORWARD),
	 }},
	{"SYN, close, listen: the listener's SYN-ACK has a new number and stays in",
	 "drop",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(SYN_ACK, OURS + 70000, THEIRS + 1, NAT_DROP),
	 }},
	{"SYN, close, listen: a liberal box lets it out",
	 "drop/liberal",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(SYN_ACK, OURS + 70000, THEIRS + 1, NAT_FORWARD),
	 }},
	{"a redial with a new number is let out while nobody has answered",
	 "drop",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 OUT(SYN, OURS + 70000, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_FORWARD),
		 OUT(SYN_ACK, OURS + 70000, THEIRS + 1, NAT_FORWARD),
	 }},
	{"refuse-syn-in: their SYN is refused, their SYN-ACK is not",
	 "rst/refuse-syn-in",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN, THEIRS, 0, NAT_ANSWER_RESET),
		 IN(SYN_ACK, THEIRS, OURS + 1, NAT_FORWARD),
		 OUT(ACK, OURS + 1, THEIRS + 1, NAT_FORWARD),
	 }},
	{"a SYN-ACK to a number that was never sent",
	 "rst",
	 {
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN_ACK, THEIRS, OURS + 77, NAT_ANSWER_RESET),
		 IN(SYN_ACK, THEIRS, OURS + 1, NAT_FORWARD),
	 }},
	{"without a session only a SYN leaves",
	 "rst",
	 {
		 OUT(SYN_ACK, OURS, THEIRS + 1, NAT_DROP),
		 OUT(ACK, OURS, THEIRS + 1, NAT_DROP),
		 OUT(RST, OURS, 0, NAT_DROP),
		 OUT(FIN_ACK, OURS, THEIRS + 1, NAT_DROP),
		 OUT(SYN, OURS, 0, NAT_FORWARD),
	 }},
	{"unsolicited: dropped",
	 "drop",
	 {
		 IN(SYN, THEIRS, 0, NAT_DROP),
		 IN(SYN_ACK, THEIRS, 1, NAT_DROP),
		 IN(RST, THEIRS, 0, NAT_DROP),
	 }},
	{"unsolicited: reset, but for a reset",
	 "rst",
	 {
		 IN(SYN, THEIRS, 0, NAT_ANSWER_RESET),
		 IN(SYN_ACK, THEIRS, 1, NAT_ANSWER_RESET),
		 IN(ACK, THEIRS, 1, NAT_ANSWER_RESET),
		 IN(RST, THEIRS, 0, NAT_DROP),
		 IN(RST_ACK, THEIRS, 1, NAT_DROP),
	 }},
	{"unsolicited: unreachable, but for a reset",
	 "icmp",
	 {
		 IN(SYN, THEIRS, 0, NAT_ANSWER_UNREACHABLE),
		 IN(ACK, THEIRS, 1, NAT_ANSWER_UNREACHABLE),
		 IN(RST, THEIRS, 0, NAT_DROP),
	 }},
	{"flags that no TCP sends open nothing",
	 "rst",
	 {
		 OUT(SYN | RST, OURS, 0, NAT_DROP),
		 OUT(SYN | SEGMENT_FIN, OURS, 0, NAT_DROP),
		 OUT(0, OURS, 0, NAT_DROP),
		 OUT(SYN, OURS, 0, NAT_FORWARD),
		 IN(SYN | SEGMENT_FIN, THEIRS, 0, NAT_ANSWER_RESET),
	 }},
};

static void each_story_goes_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(stories); i++) {
		struct nat *nat = new_nat(stories[i].words);

		for (size_t k = 0; k < N_ITEMS(stories[i].packets); k++) {
			const struct packet *packet = &stories[i].packets[k];
			bool is_out = packet->way == 'o';
			struct segment now = segment(is_out ? INNER : PEER,
						     is_out ? PEER : OUTER, packet->flags,
						     packet->sequence, packet->acknowledgement);

			if (!packet->way)
				break;
			if (nat_step(nat, k * MS, is_out ? NAT_OUTBOUND : NAT_INBOUND, &now) !=
			    packet->verdict)
				fail_msg("story \"%s\": packet %zu", stories[i].row, k + 1);
		}
		free(nat);
	}
}

/* ---- mapping, filtering, allocation ----------------------------------------------------------- */

static void endpoints_are_rewritten_on_the_way(void **state)
{
	struct nat *nat = new_nat("eim");
	struct segment out = segment(INNER, PEER, SYN, OURS, 0);
	struct segment in = segment(PEER, OUTER, SYN_ACK, THEIRS, OURS + 1);

	(void)state;
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &out), NAT_FORWARD);
	assert_text(&out.source, OUTER);
	assert_text(&out.destination, PEER);
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &in), NAT_FORWARD);
	assert_text(&in.source, PEER);
	assert_text(&in.destination, INNER);
	assert_int_equal(nat_session_count(nat), 1);
	free(nat);
}

static void a_refused_segment_is_untouched(void **state)
{
	struct nat *nat = new_nat("rst");
	struct segment in = segment(PEER, OUTER, SYN, THEIRS, 0);
	struct segment before = in;

	(void)state;
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &in), NAT_ANSWER_RESET);
	assert_memory_equal(&in, &before, sizeof(in));
	free(nat);
}

/* Three destinations: another port, another address. */
static const struct {
	const char *words;
	bool same_for_port, same_for_address;
} mappings[] = {
	{"eim/random", true, true},
	{"adm/random", true, false},
	{"apdm/random", false, false},
	{"eim/sequential:1", true, true},
	{"apdm/sequential:1", false, false},
	/* the remote tells the sessions apart, so the port can be kept */
	{"apdm/preserve", true, true},
};

static void a_mapping_is_used_again_as_its_kind_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(mappings); i++) {
		struct nat *nat = new_nat(mappings[i].words);
		uint16_t first = outer_port(nat, INNER, PEER);
		uint16_t port = outer_port(nat, INNER, "198.51.100.2:99");
		uint16_t address = outer_port(nat, INNER, "198.51.100.3:1314");

		EXPECT(first != 0, mappings[i].words);
		EXPECT((first == port) == mappings[i].same_for_port, mappings[i].words);
		EXPECT((first == address) == mappings[i].same_for_address, mappings[i].words);
		free(nat);
	}
}

static void a_mapping_ends_with_its_last_session(void **state)
{
	struct nat *nat = new_nat("eim/sequential:1");
	uint16_t first = outer_port(nat, INNER, PEER);
	uint16_t second = outer_port(nat, INNER, STRANGER);
	struct segment reset = segment(PEER, OUTER, RST_ACK, 0, OURS + 1);

	(void)state;
	assert_int_equal(first, second);
	reset.destination.port = first;
	assert_int_equal(nat_step(nat, 1, NAT_INBOUND, &reset), NAT_FORWARD);
	assert_int_equal(outer_port(nat, INNER, PEER), first);
	reset.source = endpoint(STRANGER);
	reset.destination = endpoint(OUTER);
	reset.destination.port = first;
	assert_int_equal(nat_step(nat, 2, NAT_INBOUND, &reset), NAT_FORWARD);
	reset.source = endpoint(PEER);
	reset.destination = endpoint(OUTER);
	reset.destination.port = first;
	assert_int_equal(nat_step(nat, 3, NAT_INBOUND, &reset), NAT_FORWARD);
	assert_int_equal(nat_session_count(nat), 0);
	assert_int_equal(outer_port(nat, INNER, PEER), first + 1);
	free(nat);
}

static const struct {
	const char *words;
	enum nat_verdict other_port, other_address;
} filters[] = {
	{"eif/rst", NAT_FORWARD, NAT_FORWARD},
	{"adf/rst", NAT_FORWARD, NAT_ANSWER_RESET},
	{"apdf/rst", NAT_ANSWER_RESET, NAT_ANSWER_RESET},
	{"firewall/eif/rst", NAT_FORWARD, NAT_FORWARD},
	{"firewall/adf/rst", NAT_FORWARD, NAT_ANSWER_RESET},
	{"firewall/apdf/rst", NAT_ANSWER_RESET, NAT_ANSWER_RESET},
};

static void a_new_remote_comes_in_as_the_filter_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(filters); i++) {
		struct nat *nat = new_nat(filters[i].words);
		const char *outer = strncmp(filters[i].words, "fire", 4) ? OUTER : INNER;

		assert_int_equal(send_in(nat, PEER, outer, SYN), NAT_ANSWER_RESET);
		assert_int_equal(outer_port(nat, INNER, PEER), 1314);
		EXPECT(send_in(nat, "198.51.100.2:4000", outer, SYN) == filters[i].other_port,
		       filters[i].words);
		EXPECT(send_in(nat, "198.51.100.3:1314", outer, SYN) ==
			       filters[i].other_address,
		       filters[i].words);
		assert_int_equal(send_in(nat, PEER, outer, SYN), NAT_FORWARD);
		free(nat);
	}
}

static void an_admitted_connection_goes_through_and_crosses(void **state)
{
	struct nat *nat = new_nat("eif/drop");

	(void)state;
	assert_int_equal(outer_port(nat, INNER, PEER), 1314);
	assert_int_equal(send_in(nat, STRANGER, OUTER, SYN), NAT_FORWARD);
	assert_int_equal(send_out(nat, 2, INNER, STRANGER, SYN_ACK, OURS + 500), NAT_FORWARD);
	assert_int_equal(send_in(nat, STRANGER, OUTER, ACK), NAT_FORWARD);
	/* and one that crosses our own SYN */
	assert_int_equal(send_in(nat, "198.51.100.78:5", OUTER, SYN), NAT_FORWARD);
	assert_int_equal(send_out(nat, 2, INNER, "198.51.100.78:5", SYN, OURS), NAT_FORWARD);
	assert_int_equal(send_out(nat, 2, INNER, "198.51.100.78:5", SYN_ACK, OURS),
			 NAT_FORWARD);
	free(nat);
}

static void sequential_ports_differ_by_the_delta_and_wrap(void **state)
{
	struct nat *nat = new_nat("apdm/sequential:1000");
	uint16_t last = outer_port(nat, INNER, "198.51.100.2:1");
	bool has_wrapped = false;

	(void)state;
	for (uint32_t port = 2; port < 200; port++) {
		struct segment out = segment(INNER, PEER, SYN, OURS, 0);
		uint32_t expected = last + 1000u;

		out.destination.port = (uint16_t)port;
		assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &out), NAT_FORWARD);
		if (expected > 65535) {
			expected -= 65536 - NAT_PORT_MIN;
			has_wrapped = true;
		}
		/* after the wrap a port may be taken, and the next step is used */
		if (!has_wrapped)
			assert_int_equal(out.source.port, expected);
		assert_true(out.source.port >= NAT_PORT_MIN);
		last = out.source.port;
	}
	assert_true(has_wrapped);
	free(nat);
}

static void other_hosts_take_ports_in_between(void **state)
{
	struct nat *nat = new_nat("apdm/sequential:2/background:100");
	struct segment out = segment(INNER, "198.51.100.2:2", SYN, OURS, 0);
	uint16_t first = outer_port(nat, INNER, "198.51.100.2:1");
	int32_t distance;

	(void)state;
	assert_int_equal(nat_step(nat, S, NAT_OUTBOUND, &out), NAT_FORWARD);
	distance = out.source.port - first;
	if (distance < 0)
		distance += 65536 - (int32_t)NAT_PORT_MIN;
	/* our own, and about a hundred others */
	assert_int_equal(distance % 2, 0);
	assert_in_range(distance, 2 * 70, 2 * 140);
	/* after a long rest it is anywhere, and found at once */
	out = segment(INNER, "198.51.100.2:3", SYN, OURS, 0);
	assert_int_equal(nat_step(nat, UINT64_MAX / 4, NAT_OUTBOUND, &out), NAT_FORWARD);
	free(nat);
}

static void two_hosts_never_share_an_outer_endpoint(void **state)
{
	static const char *const words[] = {"eim", "eim/random", "adm", "apdm",
					    "apdm/sequential:1"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(words); i++) {
		struct nat *nat = new_nat(words[i]);
		uint16_t one = outer_port(nat, "10.0.0.2:1314", PEER);
		uint16_t two = outer_port(nat, "10.0.0.3:1314", PEER);

		EXPECT(one != 0 && two != 0 && one != two, words[i]);
		free(nat);
	}
}

static void a_full_table_drops_new_syns_only(void **state)
{
	struct nat *nat = new_nat("apdm/eif/random/rst");
	struct segment out = segment(INNER, PEER, SYN, OURS, 0);
	uint16_t first = outer_port(nat, INNER, PEER);
	struct segment in = segment(PEER, OUTER, SYN_ACK, THEIRS, OURS + 1);

	(void)state;
	for (uint32_t i = 1; i < NAT_SESSIONS_MAX; i++) {
		out = segment(INNER, PEER, SYN, OURS, 0);
		out.destination.port = (uint16_t)(2000 + i);
		assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &out), NAT_FORWARD);
	}
	assert_int_equal(nat_session_count(nat), NAT_SESSIONS_MAX);
	assert_int_equal(send_out(nat, 1, INNER, STRANGER, SYN, OURS), NAT_DROP);
	in.destination.port = first;
	assert_int_equal(nat_step(nat, 1, NAT_INBOUND, &in), NAT_FORWARD);
	/* no answer inward either: a RST would be a lie about the mapping */
	in = segment(STRANGER, OUTER, SYN, THEIRS, 0);
	in.destination.port = first;
	assert_int_equal(nat_step(nat, 1, NAT_INBOUND, &in), NAT_DROP);
	/* and all but the answered one end in time */
	assert_int_equal(send_out(nat, 120 * S, INNER, STRANGER, SYN, OURS), NAT_FORWARD);
	assert_int_equal(nat_session_count(nat), 1);
	free(nat);
}

static void when_every_port_is_taken_a_syn_is_dropped(void **state)
{
	struct nat *nat = new_nat("apdm/sequential:32256");
	uint32_t n_forwarded = 0;

	(void)state;
	/* 32,256 is half of the allocated range: the steps reach two ports only. */
	for (uint16_t port = 1; port <= 4; port++) {
		struct segment out = segment(INNER, PEER, SYN, OURS, 0);

		out.source.port = (uint16_t)(4000 + port);
		n_forwarded += nat_step(nat, 0, NAT_OUTBOUND, &out) == NAT_FORWARD;
	}
	assert_int_equal(n_forwarded, 2);
	free(nat);
}

/* ---- time, families, errors, hairpin -------------------------------------------------------- */

static void a_mapping_without_an_answer_ends_in_time(void **state)
{
	static const struct {
		const char *words;
		uint64_t timeout_ns;
	} rows[] = {{"drop", 120 * S}, {"drop/syn-timeout:2s", 2 * S}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		for (int is_late = 0; is_late <= 1; is_late++) {
			struct nat *nat = new_nat(rows[i].words);
			struct segment in = segment(PEER, OUTER, SYN, THEIRS, 0);
			uint64_t end_ns = 5 * S + rows[i].timeout_ns;
			enum nat_verdict verdict;

			send_out(nat, 4 * S, INNER, PEER, SYN, OURS);
			/* a retransmission keeps it alive */
			send_out(nat, 5 * S, INNER, PEER, SYN, OURS);
			verdict =
				nat_step(nat, is_late ? end_ns : end_ns - 1, NAT_INBOUND, &in);
			EXPECT(verdict == (is_late ? NAT_DROP : NAT_FORWARD), rows[i].words);
			free(nat);
		}
	}
}

static void an_established_connection_outlives_the_syn_timeout(void **state)
{
	struct nat *nat = new_nat("drop/syn-timeout:2s/established-timeout:1h");
	struct segment in = segment(PEER, OUTER, ACK, THEIRS + 1, OURS + 1);

	(void)state;
	send_out(nat, 0, INNER, PEER, SYN, OURS);
	send_in(nat, PEER, OUTER, SYN_ACK);
	assert_int_equal(send_out(nat, 2, INNER, PEER, ACK, OURS + 1), NAT_FORWARD);
	assert_int_equal(nat_step(nat, 3599 * S, NAT_INBOUND, &in), NAT_FORWARD);
	in = segment(PEER, OUTER, ACK, THEIRS + 1, OURS + 1);
	assert_int_equal(nat_step(nat, (3599 + 3601) * S, NAT_INBOUND, &in), NAT_DROP);
	free(nat);
}

static void a_public_host_has_no_box(void **state)
{
	struct nat *nat = new_nat("public");

	(void)state;
	assert_int_equal(send_in(nat, PEER, INNER, SYN), NAT_FORWARD);
	assert_int_equal(send_out(nat, 0, INNER, PEER, SYN_ACK, OURS), NAT_FORWARD);
	assert_int_equal(nat_session_count(nat), 0);
	free(nat);
}

static void ipv6_behind_a_nat_without_an_outer_address_is_filtered(void **state)
{
	struct nat *nat = new_nat("apdm/random/rst");
	struct segment out =
		segment("[2001:db8::2]:1314", "[2001:db8:1::2]:1314", SYN, OURS, 0);
	struct segment in =
		segment("[2001:db8:1::2]:1314", "[2001:db8::2]:1314", SYN, THEIRS, 0);

	(void)state;
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &in), NAT_ANSWER_RESET);
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &out), NAT_FORWARD);
	assert_text(&out.source, "[2001:db8::2]:1314");
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &in), NAT_FORWARD);
	free(nat);
}

static void a_packet_to_nobodys_address_is_dropped(void **state)
{
	struct nat *nat = new_nat("rst");

	(void)state;
	assert_int_equal(send_in(nat, PEER, "203.0.113.9:1314", SYN), NAT_DROP);
	free(nat);
}

static struct segment error_about(const char *source, const char *destination)
{
	return (struct segment){
		.kind = SEGMENT_ICMP_ERROR,
		.error = SEGMENT_ERROR_HOST,
		.source = endpoint("192.0.2.254:1"),
		.destination = endpoint(source),
		.about_source = endpoint(source),
		.about_destination = endpoint(destination),
	};
}

static void an_error_about_our_packet_comes_in_translated(void **state)
{
	struct nat *nat = new_nat("rst/random");
	struct segment out = segment(INNER, PEER, SYN, OURS, 0);
	struct segment error = error_about(OUTER, PEER);

	(void)state;
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &error), NAT_DROP);
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &out), NAT_FORWARD);
	error.about_source = out.source;
	assert_int_equal(nat_step(nat, 0, NAT_INBOUND, &error), NAT_FORWARD);
	assert_text(&error.about_source, INNER);
	assert_text(&error.about_destination, PEER);
	assert_int_equal(error.destination.port, 0);
	/* RFC 5382 REQ-10: it ends nothing */
	assert_int_equal(nat_session_count(nat), 1);
	free(nat);
}

static void an_error_about_their_packet_goes_out_translated(void **state)
{
	struct nat *nat = new_nat("rst");
	struct segment error = error_about(PEER, INNER);

	(void)state;
	error.source = endpoint("10.0.0.2:1");
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &error), NAT_DROP);
	send_out(nat, 0, INNER, PEER, SYN, OURS);
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &error), NAT_FORWARD);
	assert_text(&error.about_destination, OUTER);
	assert_int_equal(error.source.address[0], 203);
	free(nat);
}

static void hairpin_joins_two_inner_hosts(void **state)
{
	struct nat *nat = new_nat("hairpin/drop");
	struct segment one = segment("10.0.0.2:1314", "203.0.113.1:1315", SYN, OURS, 0);
	struct segment two = segment("10.0.0.3:1315", "203.0.113.1:1314", SYN, THEIRS, 0);

	(void)state;
	/* the filter holds for inner hosts too: the first SYN only opens the way */
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &one), NAT_DROP);
	assert_int_equal(nat_step(nat, 0, NAT_OUTBOUND, &two), NAT_FORWARD_INSIDE);
	assert_text(&two.source, "203.0.113.1:1315");
	assert_text(&two.destination, "10.0.0.2:1314");
	free(nat);
}

static void without_hairpin_inner_hosts_do_not_meet(void **state)
{
	struct nat *nat = new_nat("rst");

	(void)state;
	assert_int_equal(send_out(nat, 0, "10.0.0.2:1314", "203.0.113.1:1315", SYN, OURS),
			 NAT_DROP);
	assert_int_equal(nat_session_count(nat), 0);
	free(nat);
}

/* Whatever comes, the table stays whole: the sanitizers watch, and it empties in time. */
static void random_packets_leave_the_table_whole(void **state)
{
	static const char *const words[] = {"eim/eif/random/rst", "apdm/adf/sequential:3/icmp",
					    "adm/hairpin/rst/syn-timeout:30ms", "firewall/eif",
					    "apdm/eif/preserve/keep-on-reset/liberal"};
	static const uint8_t flags[] = {SYN, SYN_ACK, ACK, RST, RST_ACK, FIN_ACK, 0};
	struct random random;

	(void)state;
	random_init(&random, 3);
	for (size_t i = 0; i < N_ITEMS(words); i++) {
		struct nat *nat = new_nat(words[i]);
		uint64_t now_ns = 0;

		for (int k = 0; k < 20000; k++) {
			bool is_out = random_below(&random, 2);
			struct segment any =
				segment(is_out ? INNER : PEER, is_out ? PEER : OUTER,
					flags[random_below(&random, 7)],
					(uint32_t)random_below(&random, 4),
					(uint32_t)random_below(&random, 4));

			any.source.port = (uint16_t)(1310 + random_below(&random, 40));
			any.destination.port = (uint16_t)(1310 + random_below(&random, 40));
			if (is_out && random_below(&random, 8) == 0)
				any.destination.address[0] = 203;
			now_ns += random_below(&random, 20 * MS);
			nat_step(nat, now_ns, is_out ? NAT_OUTBOUND : NAT_INBOUND, &any);
			assert_true(nat_session_count(nat) <= NAT_SESSIONS_MAX);
		}
		send_out(nat, now_ns + 1000000 * S, INNER, STRANGER, SYN, OURS);
		assert_int_equal(nat_session_count(nat), 1);
		free(nat);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_story_goes_as_told),
		cmocka_unit_test(endpoints_are_rewritten_on_the_way),
		cmocka_unit_test(a_refused_segment_is_untouched),
		cmocka_unit_test(a_mapping_is_used_again_as_its_kind_says),
		cmocka_unit_test(a_mapping_ends_with_its_last_session),
		cmocka_unit_test(a_new_remote_comes_in_as_the_filter_says),
		cmocka_unit_test(an_admitted_connection_goes_through_and_crosses),
		cmocka_unit_test(sequential_ports_differ_by_the_delta_and_wrap),
		cmocka_unit_test(other_hosts_take_ports_in_between),
		cmocka_unit_test(two_hosts_never_share_an_outer_endpoint),
		cmocka_unit_test(a_full_table_drops_new_syns_only),
		cmocka_unit_test(when_every_port_is_taken_a_syn_is_dropped),
		cmocka_unit_test(a_mapping_without_an_answer_ends_in_time),
		cmocka_unit_test(an_established_connection_outlives_the_syn_timeout),
		cmocka_unit_test(a_public_host_has_no_box),
		cmocka_unit_test(ipv6_behind_a_nat_without_an_outer_address_is_filtered),
		cmocka_unit_test(a_packet_to_nobodys_address_is_dropped),
		cmocka_unit_test(an_error_about_our_packet_comes_in_translated),
		cmocka_unit_test(an_error_about_their_packet_goes_out_translated),
		cmocka_unit_test(hairpin_joins_two_inner_hosts),
		cmocka_unit_test(without_hairpin_inner_hosts_do_not_meet),
		cmocka_unit_test(random_packets_leave_the_table_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
