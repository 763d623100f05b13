/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/checksum.h"
#include "core/segment.h"
#include "core/segment_layout.h"

#define HOP_LIMIT 64
/* Enough of a quoted packet for IPv6 and a TCP header with some options. */
#define QUOTE_BYTES (IPV6_HEADER_BYTES + TCP_HEADER_BYTES + 40)

static_assert(IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + QUOTE_BYTES <= SEGMENT_ANSWER_SIZE,
	      "the largest answer has room");

/* SEG.LEN: SYN and FIN count (RFC 9293 3.4). */
static uint32_t sequence_length(const struct segment *segment)
{
	return (uint32_t)segment->payload_bytes + ((segment->flags & SEGMENT_SYN) != 0) +
	       ((segment->flags & SEGMENT_FIN) != 0);
}

bool segment_answer_reset(const struct segment *segment, struct segment *reset)
{
	struct segment answer = {
		.kind = SEGMENT_TCP,
		.source = segment->destination,
		.destination = segment->source,
		.flags = SEGMENT_RST,
	};

	if (segment->kind != SEGMENT_TCP || segment->flags & SEGMENT_RST)
		return false;
	if (segment->flags & SEGMENT_ACK) {
		answer.sequence = segment->acknowledgement;
	} else {
		answer.flags |= SEGMENT_ACK;
		answer.acknowledgement = segment->sequence + sequence_length(segment);
	}
	*reset = answer;
	return true;
}

/* Writes an IP header without options; returns its length. The checksum is complete. */
static size_t build_ip(const struct midair_endpoint *source,
		       const struct midair_endpoint *destination, uint8_t protocol,
		       size_t n_payload, uint8_t *out)
{
	if (source->family == MIDAIR_IPV4) {
		memset(out, 0, IPV4_HEADER_BYTES);
		out[0] = 0x45;
		segment_put16(out + 2, (uint16_t)(IPV4_HEADER_BYTES + n_payload));
		out[6] = 0x40; /* do not fragment */
		out[8] = HOP_LIMIT;
		out[9] = protocol;
		memcpy(out + 12, source->address, 4);
		memcpy(out + 16, destination->address, 4);
		segment_put16(out + IPV4_CHECKSUM,
			      (uint16_t)~checksum_sum(out, IPV4_HEADER_BYTES));
		return IPV4_HEADER_BYTES;
	}
	memset(out, 0, 8);
	out[0] = 0x60;
	segment_put16(out + 4, (uint16_t)n_payload);
	out[6] = protocol;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, source->address, 16);
	memcpy(out + 24, destination->address, 16);
	return IPV6_HEADER_BYTES;
}

/* The sum of the pseudo-header: both addresses, the protocol and the length. */
static uint16_t pseudo_sum(const uint8_t *ip, uint8_t protocol, size_t n_payload)
{
	uint16_t sum = ip[0] >> 4 == 4 ? checksum_sum(ip + 12, 8) : checksum_sum(ip + 8, 32);

	return checksum_add(sum, checksum_add(protocol, (uint16_t)n_payload));
}

size_t segment_build_reset(const struct segment *segment, uint8_t out[SEGMENT_ANSWER_SIZE])
{
	struct segment reset;
	size_t n_ip;
	uint8_t *header;
	uint16_t sum;

	if (!segment_answer_reset(segment, &reset))
		return 0;
	n_ip = build_ip(&reset.source, &reset.destination, IP_PROTOCOL_TCP, TCP_HEADER_BYTES,
			out);
	header = out + n_ip;
	memset(header, 0, TCP_HEADER_BYTES);
	segment_put16(header, reset.source.port);
	segment_put16(header + 2, reset.destination.port);
	segment_put32(header + 4, reset.sequence);
	segment_put32(header + 8, reset.acknowledgement);
	header[12] = TCP_HEADER_BYTES / 4 << 4;
	header[13] = reset.flags;
	sum = checksum_add(pseudo_sum(out, IP_PROTOCOL_TCP, TCP_HEADER_BYTES),
			   checksum_sum(header, TCP_HEADER_BYTES));
	segment_put16(header + TCP_CHECKSUM, (uint16_t)~sum);
	return n_ip + TCP_HEADER_BYTES;
}

size_t segment_build_unreachable(const struct midair_endpoint *box, const uint8_t *packet,
				 size_t n_bytes, uint8_t out[SEGMENT_ANSWER_SIZE])
{
	bool is_ipv4 = box->family == MIDAIR_IPV4;
	uint8_t protocol = is_ipv4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6;
	size_t n_quote = n_bytes < QUOTE_BYTES ? n_bytes : QUOTE_BYTES;
	size_t n_icmp = ICMP_HEADER_BYTES + n_quote;
	struct segment about;
	uint8_t *header;
	size_t n_ip;
	uint16_t sum;

	if (segment_parse(&about, packet, n_bytes) || about.source.family != box->family)
		return 0;
	if (about.kind != SEGMENT_TCP || about.flags & SEGMENT_RST)
		return 0;
	n_ip = build_ip(box, &about.source, protocol, n_icmp, out);
	header = out + n_ip;
	memset(header, 0, ICMP_HEADER_BYTES);
	header[0] = is_ipv4 ? 3 : 1;
	header[1] = is_ipv4 ? 1 : 3;
	memcpy(header + ICMP_HEADER_BYTES, packet, n_quote);
	sum = checksum_sum(header, n_icmp);
	if (!is_ipv4)
		sum = checksum_add(sum, pseudo_sum(out, protocol, n_icmp));
	segment_put16(header + ICMP_CHECKSUM, (uint16_t)~sum);
	return n_ip + n_icmp;
}

static const char *const error_names[] = {
	[SEGMENT_ERROR_NONE] = "none",
	[SEGMENT_ERROR_NO_ROUTE] = "net-unreachable",
	[SEGMENT_ERROR_HOST] = "host-unreachable",
	[SEGMENT_ERROR_PROTOCOL] = "protocol-unreachable",
	[SEGMENT_ERROR_PORT] = "port-unreachable",
	[SEGMENT_ERROR_PROHIBITED] = "prohibited",
	[SEGMENT_ERROR_EXPIRED] = "time-exceeded",
	[SEGMENT_ERROR_TOO_BIG] = "too-big",
	[SEGMENT_ERROR_OTHER] = "parameter-problem",
};
static_assert(sizeof(error_names) / sizeof(error_names[0]) == SEGMENT_ERROR_OTHER + 1,
	      "each error has a name");

const char *segment_error_name(enum segment_error error)
{
	return error_names[error];
}

const char *segment_flags_format(uint8_t flags, char buffer[SEGMENT_FLAGS_TEXT_SIZE])
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {
		{SEGMENT_SYN, "SYN"}, {SEGMENT_FIN, "FIN"}, {SEGMENT_RST, "RST"},
		{SEGMENT_PSH, "PSH"}, {SEGMENT_ACK, "ACK"},
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		used += (size_t)snprintf(buffer + used, SEGMENT_FLAGS_TEXT_SIZE - used, "%s%s",
					 used ? "-" : "", names[i].name);
	}
	if (used == 0)
		snprintf(buffer, SEGMENT_FLAGS_TEXT_SIZE, "none");
	return buffer;
}

const char *segment_format(const struct segment *segment, char buffer[SEGMENT_TEXT_SIZE])
{
	bool is_tcp = segment->kind == SEGMENT_TCP;
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	char to[MIDAIR_ENDPOINT_TEXT_SIZE];
	char flags[SEGMENT_FLAGS_TEXT_SIZE];

	midair_endpoint_format(is_tcp ? &segment->source : &segment->about_source, from);
	midair_endpoint_format(is_tcp ? &segment->destination : &segment->about_destination,
			       to);
	if (is_tcp)
		snprintf(buffer, SEGMENT_TEXT_SIZE, "%s > %s %s", from, to,
			 segment_flags_format(segment->flags, flags));
	else
		snprintf(buffer, SEGMENT_TEXT_SIZE, "ICMP %s about %s > %s",
			 segment_error_name(segment->error), from, to);
	return buffer;
}
