/* SPDX-License-Identifier: MIT */
/*
 * Packets. What is rewritten parses to what was asked for, and no checksum changes from right to
 * wrong: each sum over all that a checksum covers (0xffff when it is right) stays what it was.
 * The answers that we build parse, and have right checksums.
 */
#include "core/checksum.h"
#include "core/segment.h"
#include "tests/fuzz/fuzz.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40

struct sums {
	uint16_t ip;	    /* the IPv4 header */
	uint16_t transport; /* TCP or ICMP with its pseudo-header */
	uint16_t quoted_ip; /* the same of the packet inside an ICMP error */
	uint16_t quoted_transport;
};

static bool is_ipv4(const uint8_t *packet)
{
	return packet[0] >> 4 == 4;
}

static size_t ip_header_bytes(const uint8_t *packet)
{
	return is_ipv4(packet) ? (size_t)(packet[0] & 15) * 4 : IPV6_BYTES;
}

static size_t ip_total_bytes(const uint8_t *packet)
{
	if (is_ipv4(packet))
		return (size_t)packet[2] << 8 | packet[3];
	return IPV6_BYTES + ((size_t)packet[4] << 8 | packet[5]);
}

static uint16_t ip_sum(const uint8_t *packet)
{
	return is_ipv4(packet) ? checksum_sum(packet, ip_header_bytes(packet)) : 0;
}

/* The pseudo-header of both families; ICMP for IPv4 has none. */
static uint16_t pseudo_sum(const uint8_t *packet, size_t n_transport)
{
	uint16_t protocol = is_ipv4(packet) ? packet[9] : packet[6];
	uint16_t addresses =
		is_ipv4(packet) ? checksum_sum(packet + 12, 8) : checksum_sum(packet + 8, 32);

	if (protocol == 1)
		return 0;
	return checksum_add(addresses, checksum_add(protocol, (uint16_t)n_transport));
}

static uint16_t transport_sum(const uint8_t *packet, size_t n_transport)
{
	return checksum_add(pseudo_sum(packet, n_transport),
			    checksum_sum(packet + ip_header_bytes(packet), n_transport));
}

/* The packet has been parsed, so its lengths fit. */
static struct sums take_sums(const struct segment *segment, const uint8_t *packet)
{
	size_t n_transport = ip_total_bytes(packet) - ip_header_bytes(packet);
	struct sums sums = {
		.ip = ip_sum(packet),
		.transport = transport_sum(packet, n_transport),
	};
	const uint8_t *quoted = packet + ip_header_bytes(packet) + 8;
	size_t n_quoted, n_there;

	if (segment->kind == SEGMENT_TCP)
		return sums;
	sums.quoted_ip = ip_sum(quoted);
	n_quoted = ip_total_bytes(quoted) - ip_header_bytes(quoted);
	n_there = n_transport - 8 - ip_header_bytes(quoted);
	if (n_quoted > n_there)
		n_quoted = n_there;
	/* without its checksum field a cut-off TCP header cannot be mended */
	if (n_quoted >= 18)
		sums.quoted_transport = transport_sum(quoted, 18);
	return sums;
}

/* One's complement has two zeros. */
static bool is_same_sum(uint16_t a, uint16_t b)
{
	return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

static void check_same_segment(const struct segment *a, const struct segment *b)
{
	FUZZ_CHECK(a->kind == b->kind && a->error == b->error);
	FUZZ_CHECK(midair_endpoint_equal(&a->source, &b->source));
	FUZZ_CHECK(midair_endpoint_equal(&a->destination, &b->destination));
	FUZZ_CHECK(midair_endpoint_equal(&a->about_source, &b->about_source));
	FUZZ_CHECK(midair_endpoint_equal(&a->about_destination, &b->about_destination));
	FUZZ_CHECK(a->sequence == b->sequence && a->acknowledgement == b->acknowledgement);
	FUZZ_CHECK(a->flags == b->flags && a->payload_bytes == b->payload_bytes);
}

/* New bytes for an endpoint, out of those that the input happens to end with. */
static void move_endpoint(struct midair_endpoint *endpoint, const uint8_t *data, size_t size,
			  bool has_port)
{
	size_t n_bytes = endpoint->family == MIDAIR_IPV4 ? 4 : 16;

	for (size_t i = 0; i < n_bytes; i++)
		endpoint->address[i] ^= data[size - 1 - i];
	if (has_port)
		endpoint->port ^= (uint16_t)(data[size - 17] << 8 | data[size - 18]);
}

static void check_rewrite(const struct segment *segment, const uint8_t *data, size_t size)
{
	struct segment wanted = *segment;
	struct segment again;
	struct sums before = take_sums(segment, data);
	struct sums after;
	uint8_t *packet = malloc(size);

	FUZZ_CHECK(packet);
	memcpy(packet, data, size);
	segment_rewrite(segment, packet, size);
	FUZZ_CHECK(segment_parse(&again, packet, size) == 0);
	check_same_segment(segment, &again);

	move_endpoint(&wanted.source, data, size, wanted.kind == SEGMENT_TCP);
	move_endpoint(&wanted.destination, data, size - 1, wanted.kind == SEGMENT_TCP);
	if (wanted.kind == SEGMENT_ICMP_ERROR) {
		move_endpoint(&wanted.about_source, data, size - 2, true);
		move_endpoint(&wanted.about_destination, data, size, true);
	}
	segment_rewrite(&wanted, packet, size);
	FUZZ_CHECK(segment_parse(&again, packet, size) == 0);
	check_same_segment(&wanted, &again);
	after = take_sums(&again, packet);
	FUZZ_CHECK(is_same_sum(before.ip, after.ip));
	FUZZ_CHECK(is_same_sum(before.transport, after.transport));
	FUZZ_CHECK(is_same_sum(before.quoted_ip, after.quoted_ip));
	FUZZ_CHECK(is_same_sum(before.quoted_transport, after.quoted_transport));
	free(packet);
}

static void check_checksums(const struct segment *segment, const uint8_t *packet)
{
	struct sums sums = take_sums(segment, packet);

	FUZZ_CHECK(!is_ipv4(packet) || sums.ip == 0xffff);
	FUZZ_CHECK(sums.transport == 0xffff);
}

static void check_reset(const struct segment *segment)
{
	uint8_t answer[SEGMENT_ANSWER_SIZE];
	size_t n_bytes = segment_build_reset(segment, answer);
	struct segment reset, expected;

	FUZZ_CHECK(segment_answer_reset(segment, &expected) == (n_bytes > 0));
	if (n_bytes == 0)
		return;
	FUZZ_CHECK(n_bytes <= sizeof(answer));
	FUZZ_CHECK(segment_parse(&reset, answer, n_bytes) == 0);
	check_same_segment(&expected, &reset);
	check_checksums(&reset, answer);
	/* nobody answers a RST, or two boxes would never stop */
	FUZZ_CHECK(segment_build_reset(&reset, answer) == 0);
}

static void check_unreachable(const struct segment *segment, const uint8_t *data, size_t size)
{
	struct midair_endpoint box = segment->destination;
	uint8_t answer[SEGMENT_ANSWER_SIZE];
	struct segment error;
	size_t n_bytes;

	box.port = 0;
	n_bytes = segment_build_unreachable(&box, data, size, answer);
	if (n_bytes == 0)
		return;
	FUZZ_CHECK(n_bytes <= sizeof(answer));
	FUZZ_CHECK(segment_parse(&error, answer, n_bytes) == 0);
	FUZZ_CHECK(error.kind == SEGMENT_ICMP_ERROR && error.error == SEGMENT_ERROR_HOST);
	FUZZ_CHECK(midair_endpoint_equal(&error.about_source, &segment->source));
	FUZZ_CHECK(midair_endpoint_equal(&error.about_destination, &segment->destination));
	FUZZ_CHECK(error.sequence == segment->sequence);
	check_checksums(&error, answer);
	FUZZ_CHECK(segment_build_unreachable(&box, answer, n_bytes, answer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment segment;
	char buffer[SEGMENT_TEXT_SIZE];
	int result = segment_parse(&segment, data, size);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_UNSUPPORTED || result == MIDAIR_E_SYNTAX);
	if (result)
		return 0;
	FUZZ_CHECK(size >= IPV4_BYTES + 8);
	FUZZ_CHECK(strlen(segment_format(&segment, buffer)) < sizeof(buffer) - 1);
	check_rewrite(&segment, data, size);
	check_reset(&segment);
	check_unreachable(&segment, data, size);
	return 0;
}
