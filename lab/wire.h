/* SPDX-License-Identifier: MIT */
/*
 * wire: a link between two places, with delay, jitter, loss, reordering and rate in each
 * direction, and the NATs that the kernel cannot do at its ends. A process of its own.
 */
#ifndef MIDAIR_LAB_WIRE_H
#define MIDAIR_LAB_WIRE_H

#include "core/nat.h"
#include "lab/reason.h"
#include "lab/wire_shape.h"
#include "lab/wire_trace.h"

enum lab_side { LAB_A, LAB_B };
#define LAB_N_SIDES 2

/* A box at one end that the wire itself plays. */
struct wire_box {
	bool is_present;
	struct nat_behavior behavior;
	struct midair_endpoint external_ipv4;
	struct midair_endpoint external_ipv6;
};

struct wire_config {
	const char *interfaces[LAB_N_SIDES];
	struct wire_direction directions[LAB_N_SIDES]; /* by the side that sends */
	struct wire_box boxes[LAB_N_SIDES];
	uint64_t seed;
};

struct wire;

/* Starts a wire between two interfaces of the network namespace. Returns 0 or -errno. */
int wire_new(struct wire **wire, const struct wire_config *config, int namespace_fd,
	     struct lab_reason *reason);

/* Ends it; what is in the air is lost. */
struct wire *wire_free(struct wire *wire);

/* Valid until wire_free(). The wire goes on writing. */
const struct wire_trace *wire_trace(const struct wire *wire);

/* Forgets what was recorded and counted. */
void wire_trace_clear(struct wire *wire);

#endif
