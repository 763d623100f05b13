/* SPDX-License-Identifier: MIT */
/* segment_layout: where the fields of an IP packet are. Shared by segment*.c only. */
#ifndef MIDAIR_CORE_SEGMENT_LAYOUT_H
#define MIDAIR_CORE_SEGMENT_LAYOUT_H

#include "core/segment.h"

#define IP_PROTOCOL_ICMP   1
#define IP_PROTOCOL_TCP	   6
#define IP_PROTOCOL_ICMPV6 58

#define IPV4_HEADER_BYTES 20
#define IPV6_HEADER_BYTES 40
#define TCP_HEADER_BYTES  20
#define ICMP_HEADER_BYTES 8
/* An ICMP error quotes at least this much of the transport header: ports and sequence. */
#define ICMP_QUOTE_BYTES 8

#define IPV4_CHECKSUM 10 /* offset in the IPv4 header */
#define TCP_CHECKSUM  16 /* offset in the TCP header */
#define ICMP_CHECKSUM 2

/* Offsets from the packet's first byte. */
struct segment_layout {
	uint8_t family; /* enum midair_family */
	uint8_t protocol;
	size_t ip;
	size_t source; /* the destination address follows at once */
	size_t address_bytes;
	size_t transport;
	size_t transport_bytes; /* that are there */
};

/* Reads the IP header at offset ip. is_quoted: inside an ICMP error, where the end of the packet
 * is cut off. Returns as segment_parse(). */
int segment_layout_read(struct segment_layout *layout, const uint8_t *packet, size_t ip,
			size_t n_bytes, bool is_quoted);

static inline uint16_t segment_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t segment_get32(const uint8_t *bytes)
{
	return (uint32_t)segment_get16(bytes) << 16 | segment_get16(bytes + 2);
}

static inline void segment_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void segment_put32(uint8_t *bytes, uint32_t value)
{
	segment_put16(bytes, (uint16_t)(value >> 16));
	segment_put16(bytes + 2, (uint16_t)value);
}

#endif
