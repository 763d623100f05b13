/* SPDX-License-Identifier: MIT */
/* relay_meter: how many bytes a relayed pair may still have forwarded, in all and at once. Pure. */
#ifndef MIDAIR_CORE_RELAY_METER_H
#define MIDAIR_CORE_RELAY_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_meter {
	uint64_t n_left; /* of the pair's life */
	bool is_limited;
	uint32_t kib_per_s; /* 0: no limit */
	uint64_t credit;    /* bytes that may go at once */
	uint64_t at_ms;	    /* when that was so */
};

/* kib: both directions together; 0: no limit. The rate too is that of both. */
void relay_meter_init(struct relay_meter *meter, uint64_t now_ms, uint32_t kib,
		      uint32_t kib_per_s);

/* How many of the wanted bytes may go now. */
size_t relay_meter_allow(struct relay_meter *meter, uint64_t now_ms, size_t wanted);
/* So many have gone, at most what was allowed. */
void relay_meter_count(struct relay_meter *meter, size_t n_bytes);

/* The life's bytes are used up: no wait helps. */
static inline bool relay_meter_is_exhausted(const struct relay_meter *meter)
{
	return meter->is_limited && meter->n_left == 0;
}

/* Nothing is allowed: how long until it is worth while to ask again. */
uint32_t relay_meter_wait_ms(const struct relay_meter *meter);

#endif
