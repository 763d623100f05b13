/* SPDX-License-Identifier: MIT */
#include "core/crossing.h"

enum midair_crossing crossing_classify(const struct crossing_counts *counts)
{
	uint32_t sent;

	/* Nothing in is no connection: somebody's counters do not count. */
	if (counts->segments_in == 0 || counts->segments_in < counts->data_segments_in ||
	    counts->segments_out < counts->retransmissions)
		return MIDAIR_CROSSING_UNKNOWN;
	sent = counts->segments_out - counts->retransmissions;
	if (counts->segments_in - counts->data_segments_in == 1)
		return MIDAIR_ANSWERED;
	/* Data that has come may have been acknowledged, and that ACK looks like the crossing's. */
	if (counts->data_segments_in != 0 || sent < 2)
		return MIDAIR_CROSSING_UNKNOWN;
	return sent == 2 ? MIDAIR_MET_BY_PEER : MIDAIR_CROSSED;
}
