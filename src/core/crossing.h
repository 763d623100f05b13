/* SPDX-License-Identifier: MIT */
/*
 * crossing: tells from the kernel's counters how a connection that we dialled was opened.
 *
 * TCP_INFO has no word for it, but the segments differ (RFC 9293 3.5, figures 6 and 7), as the
 * kernel has counted them when the socket has just become ESTABLISHED:
 *
 *	                        in                      out, first sendings only
 *	answered                SYN-ACK                 SYN, ACK
 *	met by the peer's SYN   SYN, ACK                SYN, SYN-ACK
 *	crossed                 SYN, SYN-ACK[, ACK]     SYN, SYN-ACK, ACK
 *
 * The peer's data may be there by the time we look; it and its acknowledgements are counted too.
 */
#ifndef MIDAIR_CORE_CROSSING_H
#define MIDAIR_CORE_CROSSING_H

#include "midair/midair.h"

struct crossing_counts {
	uint32_t segments_in;
	uint32_t segments_out;
	uint32_t data_segments_in;
	uint32_t retransmissions;
};

enum midair_crossing crossing_classify(const struct crossing_counts *counts);

#endif
