/* SPDX-License-Identifier: MIT */
#include "core/segment.h"

#include <string.h>

#include "core/checksum.h"
#include "core/segment_layout.h"

#define IPV4_FRAGMENT_MASK 0x3fff /* more-fragments bit and the offset */

static int read_ipv4(struct segment_layout *layout, const uint8_t *packet, size_t ip,
		     size_t n_bytes, bool is_quoted)
{
	const uint8_t *header = packet + ip;
	size_t header_bytes = (size_t)(header[0] & 0x0f) * 4;
	size_t n_available = n_bytes - ip;
	size_t n_total;

	if (n_available < IPV4_HEADER_BYTES || header_bytes < IPV4_HEADER_BYTES)
		return MIDAIR_E_SYNTAX;
	n_total = segment_get16(header + 2);
	if (n_total < header_bytes || header_bytes > n_available)
		return MIDAIR_E_SYNTAX;
	if (n_total > n_available) {
		if (!is_quoted)
			return MIDAIR_E_SYNTAX;
		n_total = n_available;
	}
	if (segment_get16(header + 6) & IPV4_FRAGMENT_MASK)
		return MIDAIR_E_UNSUPPORTED;
	layout->family = MIDAIR_IPV4;
	layout->protocol = header[9];
	layout->source = ip + 12;
	layout->address_bytes = 4;
	layout->transport = ip + header_bytes;
	layout->transport_bytes = n_total - header_bytes;
	return 0;
}

static int read_ipv6(struct segment_layout *layout, const uint8_t *packet, size_t ip,
		     size_t n_bytes, bool is_quoted)
{
	const uint8_t *header = packet + ip;
	size_t n_payload;

	if (n_bytes - ip < IPV6_HEADER_BYTES)
		return MIDAIR_E_SYNTAX;
	n_payload = segment_get16(header + 4);
	if (n_payload > n_bytes - ip - IPV6_HEADER_BYTES) {
		if (!is_quoted)
			return MIDAIR_E_SYNTAX;
		n_payload = n_bytes - ip - IPV6_HEADER_BYTES;
	}
	layout->family = MIDAIR_IPV6;
	layout->protocol = header[6];
	layout->source = ip + 8;
	layout->address_bytes = 16;
	layout->transport = ip + IPV6_HEADER_BYTES;
	layout->transport_bytes = n_payload;
	return 0;
}

int segment_layout_read(struct segment_layout *layout, const uint8_t *packet, size_t ip,
			size_t n_bytes, bool is_quoted)
{
	if (ip >= n_bytes)
		return MIDAIR_E_SYNTAX;
	layout->ip = ip;
	switch (packet[ip] >> 4) {
	case 4:
		return read_ipv4(layout, packet, ip, n_bytes, is_quoted);
	case 6:
		return read_ipv6(layout, packet, ip, n_bytes, is_quoted);
	default:
		return MIDAIR_E_UNSUPPORTED;
	}
}

static void read_addresses(const struct segment_layout *layout, const uint8_t *packet,
			   struct midair_endpoint *source, struct midair_endpoint *destination)
{
	*source = (struct midair_endpoint){.family = layout->family};
	*destination = *source;
	memcpy(source->address, packet + layout->source, layout->address_bytes);
	memcpy(destination->address, packet + layout->source + layout->address_bytes,
	       layout->address_bytes);
}

static int parse_tcp(struct segment *segment, const struct segment_layout *layout,
		     const uint8_t *packet)
{
	const uint8_t *header = packet + layout->transport;
	size_t header_bytes;

	if (layout->transport_bytes < TCP_HEADER_BYTES)
		return MIDAIR_E_SYNTAX;
	header_bytes = (size_t)(header[12] >> 4) * 4;
	if (header_bytes < TCP_HEADER_BYTES || header_bytes > layout->transport_bytes)
		return MIDAIR_E_SYNTAX;
	segment->kind = SEGMENT_TCP;
	read_addresses(layout, packet, &segment->source, &segment->destination);
	segment->source.port = segment_get16(header);
	segment->destination.port = segment_get16(header + 2);
	segment->sequence = segment_get32(header + 4);
	segment->acknowledgement = segment_get32(header + 8);
	segment->flags = header[13];
	segment->payload_bytes = (uint16_t)(layout->transport_bytes - header_bytes);
	return 0;
}

static enum segment_error icmpv4_error(uint8_t type, uint8_t code)
{
	if (type == 11)
		return SEGMENT_ERROR_EXPIRED;
	if (type == 12)
		return SEGMENT_ERROR_OTHER;
	if (type != 3)
		return SEGMENT_ERROR_NONE;
	switch (code) {
	case 1:
	case 7:
	case 12:
		return SEGMENT_ERROR_HOST;
	case 2:
		return SEGMENT_ERROR_PROTOCOL;
	case 3:
		return SEGMENT_ERROR_PORT;
	case 4:
		return SEGMENT_ERROR_TOO_BIG;
	case 9:
	case 10:
	case 13:
		return SEGMENT_ERROR_PROHIBITED;
	default:
		return SEGMENT_ERROR_NO_ROUTE;
	}
}

static enum segment_error icmpv6_error(uint8_t type, uint8_t code)
{
	switch (type) {
	case 1:
		break;
	case 2:
		return SEGMENT_ERROR_TOO_BIG;
	case 3:
		return SEGMENT_ERROR_EXPIRED;
	case 4:
		return code == 1 ? SEGMENT_ERROR_PROTOCOL : SEGMENT_ERROR_OTHER;
	default:
		return SEGMENT_ERROR_NONE;
	}
	switch (code) {
	case 1:
	case 5:
	case 6:
		return SEGMENT_ERROR_PROHIBITED;
	case 3:
		return SEGMENT_ERROR_HOST;
	case 4:
		return SEGMENT_ERROR_PORT;
	default:
		return SEGMENT_ERROR_NO_ROUTE;
	}
}

/* Where the quoted packet's fields are. */
static int read_quote(struct segment_layout *quote, const struct segment_layout *layout,
		      const uint8_t *packet)
{
	size_t end = layout->transport + layout->transport_bytes;
	int result;

	if (layout->transport_bytes < ICMP_HEADER_BYTES)
		return MIDAIR_E_SYNTAX;
	result = segment_layout_read(quote, packet, layout->transport + ICMP_HEADER_BYTES, end,
				     true);
	if (result)
		return result;
	if (quote->family != layout->family || quote->protocol != IP_PROTOCOL_TCP)
		return MIDAIR_E_UNSUPPORTED;
	return quote->transport_bytes < ICMP_QUOTE_BYTES ? MIDAIR_E_SYNTAX : 0;
}

static int parse_icmp(struct segment *segment, const struct segment_layout *layout,
		      const uint8_t *packet)
{
	const uint8_t *header = packet + layout->transport;
	struct segment_layout quote;
	int result;

	if (layout->transport_bytes < ICMP_HEADER_BYTES)
		return MIDAIR_E_SYNTAX;
	segment->kind = SEGMENT_ICMP_ERROR;
	segment->error = layout->family == MIDAIR_IPV4 ? icmpv4_error(header[0], header[1])
						       : icmpv6_error(header[0], header[1]);
	if (segment->error == SEGMENT_ERROR_NONE)
		return MIDAIR_E_UNSUPPORTED;
	result = read_quote(&quote, layout, packet);
	if (result)
		return result;
	read_addresses(layout, packet, &segment->source, &segment->destination);
	read_addresses(&quote, packet, &segment->about_source, &segment->about_destination);
	segment->about_source.port = segment_get16(packet + quote.transport);
	segment->about_destination.port = segment_get16(packet + quote.transport + 2);
	segment->sequence = segment_get32(packet + quote.transport + 4);
	return 0;
}

static bool is_icmp(const struct segment_layout *layout)
{
	return layout->protocol ==
	       (layout->family == MIDAIR_IPV4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6);
}

int segment_parse(struct segment *segment, const uint8_t *packet, size_t n_bytes)
{
	struct segment parsed = {.kind = SEGMENT_TCP};
	struct segment_layout layout;
	int result = segment_layout_read(&layout, packet, 0, n_bytes, false);

	if (result)
		return result;
	if (layout.protocol == IP_PROTOCOL_TCP)
		result = parse_tcp(&parsed, &layout, packet);
	else if (is_icmp(&layout))
		result = parse_icmp(&parsed, &layout, packet);
	else
		result = MIDAIR_E_UNSUPPORTED;
	if (!result)
		*segment = parsed;
	return result;
}

static uint16_t address_sum(const struct segment_layout *layout, const uint8_t *packet)
{
	return checksum_sum(packet + layout->source, 2 * layout->address_bytes);
}

/* Writes both addresses and mends the IPv4 header's checksum. */
static void write_addresses(const struct segment_layout *layout, uint8_t *packet,
			    const struct midair_endpoint *source,
			    const struct midair_endpoint *destination)
{
	uint16_t before = address_sum(layout, packet);

	memcpy(packet + layout->source, source->address, layout->address_bytes);
	memcpy(packet + layout->source + layout->address_bytes, destination->address,
	       layout->address_bytes);
	if (layout->family == MIDAIR_IPV4)
		checksum_mend(packet + layout->ip + IPV4_CHECKSUM, before,
			      address_sum(layout, packet));
}

/* A quoted TCP header may end before its checksum. */
static void write_tcp(const struct segment_layout *layout, uint8_t *packet,
		      const struct midair_endpoint *source,
		      const struct midair_endpoint *destination)
{
	uint8_t *header = packet + layout->transport;
	uint16_t before = checksum_add(address_sum(layout, packet), checksum_sum(header, 4));

	write_addresses(layout, packet, source, destination);
	segment_put16(header, source->port);
	segment_put16(header + 2, destination->port);
	if (layout->transport_bytes >= TCP_CHECKSUM + 2)
		checksum_mend(header + TCP_CHECKSUM, before,
			      checksum_add(address_sum(layout, packet),
					   checksum_sum(header, 4)));
}

/* The ICMP checksum covers the quoted packet, and for IPv6 the outer addresses too. */
static uint16_t icmp_sum(const struct segment_layout *layout, const uint8_t *packet)
{
	uint16_t sum = checksum_sum(packet + layout->transport, layout->transport_bytes);

	if (layout->family == MIDAIR_IPV6)
		sum = checksum_add(sum, address_sum(layout, packet));
	return sum;
}

static void write_icmp(const struct segment *segment, const struct segment_layout *layout,
		       uint8_t *packet)
{
	struct segment_layout quote;
	uint16_t before = icmp_sum(layout, packet);

	if (read_quote(&quote, layout, packet))
		return;
	write_addresses(layout, packet, &segment->source, &segment->destination);
	write_tcp(&quote, packet, &segment->about_source, &segment->about_destination);
	checksum_mend(packet + layout->transport + ICMP_CHECKSUM, before,
		      icmp_sum(layout, packet));
}

void segment_rewrite(const struct segment *segment, uint8_t *packet, size_t n_bytes)
{
	struct segment_layout layout;
	struct segment was;

	if (segment_parse(&was, packet, n_bytes) || was.kind != segment->kind)
		return;
	if (was.source.family != segment->source.family ||
	    was.destination.family != segment->destination.family)
		return;
	if (segment_layout_read(&layout, packet, 0, n_bytes, false))
		return;
	if (segment->kind == SEGMENT_TCP)
		write_tcp(&layout, packet, &segment->source, &segment->destination);
	else
		write_icmp(segment, &layout, packet);
}
