/* SPDX-License-Identifier: MIT */
/* wire_trace: what the wire did with each TCP packet, in memory that it shares with its maker. */
#ifndef MIDAIR_LAB_WIRE_TRACE_H
#define MIDAIR_LAB_WIRE_TRACE_H

#include <stdatomic.h>

#include "core/segment.h"
#include "lab/wire_route.h"

/* Packets that a trace holds; later ones are only counted. */
#define WIRE_TRACE_MAX 4096
#define WIRE_NO_RECORD UINT32_MAX

enum wire_fate {
	WIRE_ON_ITS_WAY,
	WIRE_DELIVERED,
	WIRE_LOST,	      /* by the loss of the scenario */
	WIRE_OVERFLOWED,      /* no room: the rate's backlog or the wire's own table */
	WIRE_NOWHERE,	      /* sent to an address that no other end has */
	WIRE_BOX_DROPPED,     /* by the model of a NAT, silently */
	WIRE_BOX_RESET,	      /* the same, answered with RST */
	WIRE_BOX_UNREACHABLE, /* the same, answered with ICMP */
};
#define WIRE_N_FATES (WIRE_BOX_UNREACHABLE + 1)

/* "delivered", "lost", "refused with RST". Static storage. */
const char *wire_fate_name(enum wire_fate fate);

struct wire_record {
	uint64_t sent_ns;     /* CLOCK_MONOTONIC; entered the link (left the box) */
	uint64_t finished_ns; /* came out, or met its fate; 0: not yet */
	uint8_t from;	      /* the end that sent, enum lab_side */
	uint8_t to;	      /* the end where it comes out; WIRE_NO_END for WIRE_NOWHERE */
	bool is_by_box;	      /* the model's own answer, not the host's */
	enum wire_fate fate;
	struct segment segment; /* as it is on the link, between the boxes */
};

struct wire_trace {
	/* From the maker to the wire: how often the model at an end shall have been restarted. */
	_Atomic uint32_t n_restarts[WIRE_ENDS_MAX];
	/* ... and at its other addresses. */
	_Atomic uint32_t n_moves[WIRE_ENDS_MAX];
	_Atomic bool is_cut[WIRE_ENDS_MAX];
	_Atomic uint32_t n_records;
	_Atomic uint32_t n_unrecorded;
	/* Counts by the end that sent and fate, of all packets, whatever they are. */
	_Atomic uint32_t n_fates[WIRE_ENDS_MAX][WIRE_N_FATES];
	/* How much later than due the latest packet was handed on: the machine was busy. */
	_Atomic uint64_t lateness_max_ns;
	struct wire_record records[WIRE_TRACE_MAX];
};

#endif
