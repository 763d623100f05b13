/* SPDX-License-Identifier: MIT */
#include "lab/wire_shape.h"

#define MILLION	      UINT64_C(1000000)
#define NS_PER_S      UINT64_C(1000000000)
#define BITS_PER_BYTE 8u

void wire_shaper_init(struct wire_shaper *shaper, const struct wire_direction *direction,
		      uint64_t seed)
{
	*shaper = (struct wire_shaper){.direction = *direction};
	random_init(&shaper->random, seed);
}

static bool happens(struct random *random, uint32_t chance_ppm)
{
	return chance_ppm > 0 && random_below(random, MILLION) < chance_ppm;
}

/* When the packet has left at this end. */
static uint64_t departure_ns(struct wire_shaper *shaper, uint64_t now_ns, size_t n_bytes)
{
	uint64_t start_ns = shaper->busy_until_ns > now_ns ? shaper->busy_until_ns : now_ns;
	uint64_t rate = shaper->direction.rate_bit_per_s;

	if (rate == 0)
		return now_ns;
	shaper->busy_until_ns = start_ns + n_bytes * BITS_PER_BYTE * NS_PER_S / rate;
	return shaper->busy_until_ns;
}

enum wire_shape wire_shaper_step(struct wire_shaper *shaper, uint64_t now_ns, size_t n_bytes,
				 uint64_t *due_ns)
{
	const struct wire_direction *direction = &shaper->direction;
	uint64_t left_ns;

	if (happens(&shaper->random, direction->loss_ppm))
		return WIRE_SHAPE_LOSE;
	if (shaper->busy_until_ns > now_ns + WIRE_BACKLOG_NS)
		return WIRE_SHAPE_OVERFLOW;
	left_ns = departure_ns(shaper, now_ns, n_bytes);
	if (happens(&shaper->random, direction->reorder_ppm)) {
		*due_ns = left_ns + direction->delay_ns / 2;
		return WIRE_SHAPE_SEND;
	}
	*due_ns = left_ns + direction->delay_ns;
	if (direction->jitter_ns > 0)
		*due_ns += random_below(&shaper->random, direction->jitter_ns + 1);
	if (*due_ns < shaper->last_due_ns)
		*due_ns = shaper->last_due_ns;
	shaper->last_due_ns = *due_ns;
	return WIRE_SHAPE_SEND;
}
