/* SPDX-License-Identifier: MIT */
#include "core/relay_meter.h"

#define KIB 1024u
/* What an idle pair may send at once: a quarter of a second's bytes, and not less than a record of
 * TLS and its neighbours. */
#define BURST_DIVISOR 4u
#define BURST_LEAST   (64u * KIB)
/* Less is not moved, so that a slow rate does not become many small system calls. */
#define MORSEL (16u * KIB)

static uint64_t burst(const struct relay_meter *meter)
{
	uint64_t bytes = (uint64_t)meter->kib_per_s * KIB / BURST_DIVISOR;

	return bytes < BURST_LEAST ? BURST_LEAST : bytes;
}

void relay_meter_init(struct relay_meter *meter, uint64_t now_ms, uint32_t kib,
		      uint32_t kib_per_s)
{
	*meter = (struct relay_meter){
		.n_left = (uint64_t)kib * KIB,
		.is_limited = kib != 0,
		.kib_per_s = kib_per_s,
		.at_ms = now_ms,
	};
	meter->credit = burst(meter);
}

static void earn(struct relay_meter *meter, uint64_t now_ms)
{
	uint64_t elapsed_ms = now_ms > meter->at_ms ? now_ms - meter->at_ms : 0;

	/* Beyond this the bucket is full anyway, and the product stays small. */
	if (elapsed_ms > 1000u * BURST_LEAST)
		elapsed_ms = 1000u * BURST_LEAST;
	meter->credit += elapsed_ms * meter->kib_per_s * KIB / 1000u;
	if (meter->credit > burst(meter))
		meter->credit = burst(meter);
	meter->at_ms = now_ms;
}

size_t relay_meter_allow(struct relay_meter *meter, uint64_t now_ms, size_t wanted)
{
	if (meter->is_limited && wanted > meter->n_left)
		wanted = (size_t)meter->n_left;
	if (meter->kib_per_s == 0)
		return wanted;
	earn(meter, now_ms);
	if (meter->credit < MORSEL)
		return 0;
	return wanted < meter->credit ? wanted : (size_t)meter->credit;
}

void relay_meter_count(struct relay_meter *meter, size_t n_bytes)
{
	if (meter->is_limited)
		meter->n_left -= n_bytes < meter->n_left ? n_bytes : meter->n_left;
	if (meter->kib_per_s != 0)
		meter->credit -= n_bytes < meter->credit ? n_bytes : meter->credit;
}

uint32_t relay_meter_wait_ms(const struct relay_meter *meter)
{
	uint64_t missing = meter->credit < MORSEL ? MORSEL - meter->credit : 0;

	if (meter->kib_per_s == 0)
		return 0;
	return (uint32_t)((missing * 1000u + (uint64_t)meter->kib_per_s * KIB - 1) /
			  ((uint64_t)meter->kib_per_s * KIB));
}
