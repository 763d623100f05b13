/* SPDX-License-Identifier: MIT */
/*
 * segment: what a NAT sees of a packet. Reads IPv4 and IPv6 packets that carry TCP, or an ICMP
 * error about TCP, rewrites their endpoints in place with the checksums, and builds the two
 * answers a box gives to an unwanted SYN. Pure; every byte of a packet is hostile.
 */
#ifndef MIDAIR_CORE_SEGMENT_H
#define MIDAIR_CORE_SEGMENT_H

#include "midair/midair.h"

#define SEGMENT_FIN 0x01u
#define SEGMENT_SYN 0x02u
#define SEGMENT_RST 0x04u
#define SEGMENT_PSH 0x08u
#define SEGMENT_ACK 0x10u

enum segment_kind {
	SEGMENT_TCP,
	SEGMENT_ICMP_ERROR, /* source: the sender of the error; about_*: the packet it is about */
};

/* What an ICMP error tells the sender of the quoted packet, for both families. */
enum segment_error {
	SEGMENT_ERROR_NONE,
	SEGMENT_ERROR_NO_ROUTE,	  /* v4 3/0 and others of type 3, v6 1/0 */
	SEGMENT_ERROR_HOST,	  /* v4 3/1, v6 1/3 */
	SEGMENT_ERROR_PROTOCOL,	  /* v4 3/2, v6 4/1 */
	SEGMENT_ERROR_PORT,	  /* v4 3/3, v6 1/4 */
	SEGMENT_ERROR_PROHIBITED, /* v4 3/9, 3/10, 3/13; v6 1/1, 1/5, 1/6 */
	SEGMENT_ERROR_EXPIRED,	  /* time exceeded: v4 11, v6 3 */
	SEGMENT_ERROR_TOO_BIG,	  /* not fatal: v4 3/4, v6 2 */
	SEGMENT_ERROR_OTHER,	  /* parameter problem */
};

struct segment {
	enum segment_kind kind;
	/* ICMP errors have no ports: 0 */
	struct midair_endpoint source;
	struct midair_endpoint destination;
	uint32_t sequence; /* of an ICMP error: the quoted segment's */
	uint32_t acknowledgement;
	uint8_t flags;
	uint16_t payload_bytes;
	/* SEGMENT_ICMP_ERROR: the endpoints inside, as the complaining box saw them */
	enum segment_error error;
	struct midair_endpoint about_source;
	struct midair_endpoint about_destination;
};

/* Largest packet that segment_build_*() writes: IPv6 error with the quoted headers. */
#define SEGMENT_ANSWER_SIZE 160

/* Returns 0; MIDAIR_E_UNSUPPORTED for a packet of another kind (UDP, fragments, extension
 * headers, ICMP that is no error about TCP); MIDAIR_E_SYNTAX for a broken one (truncated,
 * lengths that contradict). Bytes past the IP length are padding and ignored. */
int segment_parse(struct segment *segment, const uint8_t *packet, size_t n_bytes);

/* Writes the segment's endpoints back into the packet it was parsed from, and mends the IP, TCP
 * and ICMP checksums (of the quoted packet too). The packet must be the parsed one, and the
 * endpoints of its family; nothing is written otherwise. */
void segment_rewrite(const struct segment *segment, uint8_t *packet, size_t n_bytes);

/* The RST that RFC 9293 3.10.7.1 owes to this segment (none for a RST): endpoints, flags and
 * numbers only. False for no answer. */
bool segment_answer_reset(const struct segment *segment, struct segment *reset);

/* The same as a packet. Returns the length, 0 for no answer. */
size_t segment_build_reset(const struct segment *segment, uint8_t out[SEGMENT_ANSWER_SIZE]);

/* ICMP host unreachable (v4 type 3 code 1, v6 type 1 code 3) from box about packet. Returns the
 * length; 0 for no answer: about an ICMP error or a RST, or not the box's family. */
size_t segment_build_unreachable(const struct midair_endpoint *box, const uint8_t *packet,
				 size_t n_bytes, uint8_t out[SEGMENT_ANSWER_SIZE]);

/* "SYN", "SYN-ACK", "RST-ACK", "FIN-ACK", "none", ... Returns buffer. */
#define SEGMENT_FLAGS_TEXT_SIZE 24
const char *segment_flags_format(uint8_t flags, char buffer[SEGMENT_FLAGS_TEXT_SIZE]);

#define SEGMENT_TEXT_SIZE 256
/* "192.0.2.1:1314 > 198.51.100.2:1314 SYN-ACK" for traces. Returns buffer. */
const char *segment_format(const struct segment *segment, char buffer[SEGMENT_TEXT_SIZE]);

/* "host-unreachable", ... Static storage. */
const char *segment_error_name(enum segment_error error);

#endif
