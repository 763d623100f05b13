/* SPDX-License-Identifier: MIT */
/*
 * wire: links between two or more places, with delay, jitter, loss, reordering and rate of their
 * own in each direction between each two of them, and the NATs that the kernel cannot do at the
 * ends. A process of its own.
 */
#ifndef MIDAIR_LAB_WIRE_H
#define MIDAIR_LAB_WIRE_H

#include "core/nat.h"
#include "lab/reason.h"
#include "lab/wire_route.h"
#include "lab/wire_shape.h"
#include "lab/wire_trace.h"

/* The places of the lab, which are the ends of its wire: the two sides that meet, the rendezvous
 * server, and the second uplink of side a. */
enum lab_side { LAB_A, LAB_B, LAB_S, LAB_U };
#define LAB_N_SIDES  2 /* those that meet */
#define LAB_N_PLACES 3 /* with a host of their own */
#define LAB_N_ENDS   4

/* A box at one end that the wire itself plays. */
struct wire_box {
	bool is_present;
	struct nat_behavior behavior;
	struct midair_endpoint external_ipv4;
	struct midair_endpoint external_ipv6;
	/* What it has after wire_move_box(). */
	struct midair_endpoint spare_ipv4;
	struct midair_endpoint spare_ipv6;
};

struct wire_end {
	const char *interface;
	struct wire_addresses addresses;	 /* what is sent to these comes out here */
	struct wire_direction to[WIRE_ENDS_MAX]; /* from here, by the end it goes to */
	struct wire_box box;
	/* Instead of a box and addresses: this end is in the network behind another end's box, where
	 * its host and that end's have these. */
	bool is_inside;
	size_t inside;
	struct wire_addresses inner;
};

struct wire_config {
	struct wire_end ends[WIRE_ENDS_MAX];
	size_t n_ends;
	bool is_isolated; /* hosts behind one box do not reach each other at their inner addresses */
	uint64_t seed;
};

struct wire;

/* Starts a wire between interfaces of the network namespace. Returns 0 or -errno. */
int wire_new(struct wire **wire, const struct wire_config *config, int namespace_fd,
	     struct lab_reason *reason);

/* Ends it; what is in the air is lost. */
struct wire *wire_free(struct wire *wire);

/* Valid until wire_free(). The wire goes on writing. */
const struct wire_trace *wire_trace(const struct wire *wire);

/* The box that the wire plays at this end loses its memory, as one that is switched off and on:
 * before the next packet that comes to it. */
void wire_restart_box(struct wire *wire, size_t end);

/* The same, and it comes back with its spare addresses, as one whose provider gives it others: what
 * is sent to those before is lost. The next move brings them back. */
void wire_move_box(struct wire *wire, size_t end);

/* The end's own link carries nothing, neither way, until it is mended. */
void wire_cut(struct wire *wire, size_t end, bool is_cut);

/* Forgets what was recorded and counted. */
void wire_trace_clear(struct wire *wire);

#endif
