/* SPDX-License-Identifier: MIT */
/*
 * nat_track: the TCP side of one NAT session, as Linux's conntrack does it where it matters for
 * a simultaneous open.
 *
 * Theory of operation
 *
 *	opener's SYN                 SYN_SENT       may come again with a new number (redial)
 *	a SYN from the other side    SYNS_CROSSED   RFC 5382 REQ-2: simultaneous open
 *	a SYN-ACK                    SYN_RECEIVED
 *	the opener's ACK             ESTABLISHED
 *	a FIN                        CLOSING
 *	a RST before any answer      the session ends at once: the next SYN opens a new one
 *	a RST later                  CLOSED; only the opener's SYN leads out
 *
 * Anything else is INVALID, and is neither translated nor passed on. In particular a SYN-ACK
 * from the opener must carry the number of the opener's own SYN: the socket that sent the SYN
 * is the one that must answer ("SYN, close, listen" fails), unless the box is liberal.
 */
#ifndef MIDAIR_CORE_NAT_TRACK_H
#define MIDAIR_CORE_NAT_TRACK_H

#include "core/nat_table.h"

enum nat_track {
	NAT_TRACK_PASS,
	NAT_TRACK_PASS_LAST, /* pass it on, then end the session */
	NAT_TRACK_INVALID,
};

/* The kinds of segment that the tracker tells apart. */
enum nat_segment_class {
	NAT_SEGMENT_SYN,
	NAT_SEGMENT_SYN_ACK,
	NAT_SEGMENT_ACK,
	NAT_SEGMENT_FIN,
	NAT_SEGMENT_RST,
	NAT_SEGMENT_INVALID, /* flags that no TCP sends */
};

enum nat_segment_class nat_track_classify(const struct segment *segment);

/* Starts a new session, or an old one again, with the SYN that came in this direction. */
void nat_track_open(struct nat_session *session, enum nat_direction direction,
		    const struct segment *segment);

/* True when this SYN opens the session anew: the old connection is over. */
bool nat_track_is_reopening(const struct nat_session *session, enum nat_direction direction,
			    const struct segment *segment);

/* Takes one segment of a session. */
enum nat_track nat_track_step(struct nat_session *session, const struct nat_behavior *behavior,
			      enum nat_direction direction, const struct segment *segment);

/* How long the session lives in its present state without another packet. */
uint64_t nat_track_timeout_ns(const struct nat_session *session,
			      const struct nat_behavior *behavior);

#endif
