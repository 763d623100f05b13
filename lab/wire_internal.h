/* SPDX-License-Identifier: MIT */
/* wire_internal: the state of a running wire, shared by wire.c (process), wire_loop.c (time) and
 * wire_path.c (a packet's way). */
#ifndef MIDAIR_LAB_WIRE_INTERNAL_H
#define MIDAIR_LAB_WIRE_INTERNAL_H

#include "lab/wire.h"
#include "lab/wire_queue.h"

/* Where the IP packet begins in a frame. */
#define WIRE_ETHERNET_BYTES 14

struct wire_state {
	struct wire_routes routes;
	size_t box_ends[WIRE_ENDS_MAX]; /* whose box an end is behind; its own */
	struct wire_addresses inner[WIRE_ENDS_MAX];
	bool is_isolated;
	int port_fds[WIRE_ENDS_MAX];
	struct wire_box boxes[WIRE_ENDS_MAX];
	struct nat *models[WIRE_ENDS_MAX]; /* NULL where no box is present */
	struct wire_shaper shapers[WIRE_ENDS_MAX][WIRE_ENDS_MAX]; /* from, to */
	struct wire_queue *queue;
	struct wire_trace *trace;
	uint32_t n_restarts[WIRE_ENDS_MAX]; /* done */
	uint32_t n_moves[WIRE_ENDS_MAX];
};

/* A frame came in from the end's interface at now_ns. */
void wire_path_enter(struct wire_state *state, size_t from, const uint8_t *frame,
		     size_t n_bytes, uint64_t now_ns);

/* The packet has come to the other end; the path keeps nothing of it. */
void wire_path_leave(struct wire_state *state, struct wire_packet *packet, uint64_t now_ns);

/* Moves packets until the process is killed. Returns only on failure. */
int wire_loop_run(struct wire_state *state);

#endif
