/* SPDX-License-Identifier: MIT */
/*
 * The NAT model under packets that nobody would send. Input: a line with the NAT's words, then
 * four bytes for each packet: who, ports, flags, what else. Promises: a packet that is not
 * forwarded is untouched; nothing but endpoints changes; inside addresses do not get out of a
 * translating box; who opened a session gets the answer to it; the table keeps its limit.
 */
#include "core/nat.h"
#include "tests/fuzz/fuzz.h"

#define PACKET_BYTES   4
#define PACKETS_MAX    2000
#define BEHAVIOR_BYTES 200

static const struct midair_endpoint external_ipv4 = {
	.address = {192, 0, 2, 1},
	.family = MIDAIR_IPV4,
};
/* IPv6 is filtered, not translated, as at home. */
static const struct midair_endpoint external_ipv6 = {.family = MIDAIR_FAMILY_NONE};

static struct midair_endpoint make_endpoint(uint8_t family, uint8_t network, uint8_t host,
					    uint8_t port)
{
	struct midair_endpoint endpoint = {
		.address = {network, 0, 0, host},
		.family = family,
		.port = (uint16_t)(1000 + port),
	};

	return endpoint;
}

static struct segment make_segment(const uint8_t bytes[PACKET_BYTES], bool is_outbound)
{
	uint8_t family = bytes[0] & 2 ? MIDAIR_IPV6 : MIDAIR_IPV4;
	struct midair_endpoint inner =
		make_endpoint(family, 10, bytes[0] >> 2 & 3, bytes[1] & 15);
	struct midair_endpoint remote =
		make_endpoint(family, 198, bytes[0] >> 4 & 3, bytes[1] >> 4);
	struct midair_endpoint outer = inner;
	struct segment segment = {
		.kind = bytes[3] & 1 ? SEGMENT_ICMP_ERROR : SEGMENT_TCP,
		.flags = bytes[2] & 31,
		.sequence = (bytes[3] & 2) ? 1000 : 1001,
		.acknowledgement = (bytes[3] & 4) ? 1001 : 1002,
		.payload_bytes = bytes[2] >> 5,
	};

	if (family == MIDAIR_IPV4) {
		outer = external_ipv4;
		outer.port = inner.port;
	}
	/* sometimes to the box itself: a hairpin, or a loop */
	if (bytes[0] & 64)
		remote = outer;
	segment.source = is_outbound ? inner : remote;
	segment.destination = is_outbound ? remote : outer;
	if (segment.kind == SEGMENT_ICMP_ERROR) {
		segment.error = SEGMENT_ERROR_HOST;
		segment.about_source = segment.destination;
		segment.about_destination = segment.source;
		segment.source.port = segment.destination.port = 0;
	}
	return segment;
}

static bool is_same_segment(const struct segment *a, const struct segment *b)
{
	return midair_endpoint_equal(&a->source, &b->source) &&
	       midair_endpoint_equal(&a->destination, &b->destination) &&
	       midair_endpoint_equal(&a->about_source, &b->about_source) &&
	       midair_endpoint_equal(&a->about_destination, &b->about_destination);
}

static bool is_inside(const struct midair_endpoint *endpoint)
{
	return endpoint->family == MIDAIR_IPV4 && endpoint->address[0] == 10;
}

/* The answer to a SYN that has just opened a session comes back to its sender. */
static void check_answer(struct nat *nat, uint64_t now_ns, const struct segment *syn,
			 const struct midair_endpoint *inner)
{
	struct segment answer = {
		.kind = SEGMENT_TCP,
		.source = syn->destination,
		.destination = syn->source,
		.flags = SEGMENT_SYN | SEGMENT_ACK,
		.sequence = 5000,
		.acknowledgement = syn->sequence + 1u + syn->payload_bytes,
	};

	FUZZ_CHECK(nat_step(nat, now_ns, NAT_INBOUND, &answer) == NAT_FORWARD);
	FUZZ_CHECK(midair_endpoint_equal(&answer.destination, inner));
	FUZZ_CHECK(midair_endpoint_equal(&answer.source, &syn->destination));
}

static void step(struct nat *nat, const struct nat_behavior *behavior, uint64_t now_ns,
		 const uint8_t bytes[PACKET_BYTES])
{
	bool is_outbound = bytes[0] & 1;
	struct segment before = make_segment(bytes, is_outbound);
	struct segment after = before;
	uint32_t n_before = nat_session_count(nat);
	enum nat_verdict verdict =
		nat_step(nat, now_ns, is_outbound ? NAT_OUTBOUND : NAT_INBOUND, &after);
	bool is_translating = !behavior->is_firewall && !behavior->is_public;

	FUZZ_CHECK(nat_session_count(nat) <= NAT_SESSIONS_MAX);
	FUZZ_CHECK(after.kind == before.kind && after.flags == before.flags);
	FUZZ_CHECK(after.sequence == before.sequence);
	if (verdict != NAT_FORWARD && verdict != NAT_FORWARD_INSIDE) {
		FUZZ_CHECK(is_same_segment(&before, &after));
		FUZZ_CHECK(verdict == NAT_DROP ||
			   (before.kind == SEGMENT_TCP && !(before.flags & SEGMENT_RST)));
		return;
	}
	if (is_translating && verdict == NAT_FORWARD && is_outbound) {
		FUZZ_CHECK(!is_inside(&after.source));
		FUZZ_CHECK(before.kind != SEGMENT_TCP || after.source.port != 0);
	}
	if (!is_outbound && is_translating && after.destination.family == MIDAIR_IPV4)
		FUZZ_CHECK(is_inside(&after.destination));
	if (is_outbound && verdict == NAT_FORWARD && before.kind == SEGMENT_TCP) {
		FUZZ_CHECK(midair_endpoint_equal(&before.destination, &after.destination));
		if (nat_session_count(nat) > n_before && before.flags == SEGMENT_SYN &&
		    bytes[3] & 8)
			check_answer(nat, now_ns, &after, &before.source);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end_of_line = size ? memchr(data, '\n', size) : NULL;
	size_t n_behavior = end_of_line ? (size_t)(end_of_line - data) : 0;
	struct nat_behavior behavior;
	uint64_t now_ns = 1;
	struct nat *nat;

	if (!end_of_line || n_behavior > BEHAVIOR_BYTES ||
	    nat_behavior_parse_bytes(&behavior, (const char *)data, n_behavior))
		return 0;
	nat = malloc(nat_size());
	FUZZ_CHECK(nat);
	nat_init(nat, &behavior, &external_ipv4, &external_ipv6, size);
	for (size_t i = 0; i < PACKETS_MAX; i++) {
		size_t at = n_behavior + 1 + i * PACKET_BYTES;

		if (at + PACKET_BYTES > size)
			break;
		/* from no time at all to half an hour */
		now_ns += (UINT64_C(1) << (data[at + 3] >> 4)) * UINT64_C(60000000) - 60000000;
		step(nat, &behavior, now_ns, data + at);
	}
	free(nat);
	return 0;
}
