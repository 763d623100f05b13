/* SPDX-License-Identifier: MIT */
/* wire_shape: when, and whether, a packet comes out at the other end of a link. Pure. */
#ifndef MIDAIR_LAB_WIRE_SHAPE_H
#define MIDAIR_LAB_WIRE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/random.h"

/* One direction of a link. */
struct wire_direction {
	uint64_t delay_ns;
	uint64_t jitter_ns;	 /* uniform in 0..jitter, added to delay; keeps the order */
	uint32_t loss_ppm;	 /* lost, in parts per million */
	uint32_t reorder_ppm;	 /* sent with half of the delay and past those before it */
	uint64_t rate_bit_per_s; /* 0: unlimited */
};

/* With a rate, a packet is dropped when those before it need longer than this to leave. */
#define WIRE_BACKLOG_NS UINT64_C(100000000)

struct wire_shaper {
	struct wire_direction direction;
	struct random random;
	uint64_t busy_until_ns; /* when the last packet has left, at this rate */
	uint64_t last_due_ns;
};

enum wire_shape { WIRE_SHAPE_SEND, WIRE_SHAPE_LOSE, WIRE_SHAPE_OVERFLOW };

void wire_shaper_init(struct wire_shaper *shaper, const struct wire_direction *direction,
		      uint64_t seed);

/* A packet enters at now_ns. SEND: *due_ns is when it comes out. */
enum wire_shape wire_shaper_step(struct wire_shaper *shaper, uint64_t now_ns, size_t n_bytes,
				 uint64_t *due_ns);

#endif
