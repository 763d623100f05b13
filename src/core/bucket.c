/* SPDX-License-Identifier: MIT */
#include "core/bucket.h"

#define TOKEN_MILLI 1000u
#define MINUTE_MS   60000u

/* A thread may have read the clock a moment before another one that was faster. */
static uint32_t elapsed_since(const struct bucket *bucket, uint64_t now_ms)
{
	uint32_t elapsed_ms = (uint32_t)now_ms - bucket->at_ms;

	return elapsed_ms > UINT32_MAX - MINUTE_MS ? 0 : elapsed_ms;
}

static uint32_t time_for(uint64_t milli, uint32_t per_minute)
{
	uint64_t rate = (uint64_t)per_minute * TOKEN_MILLI;

	return (uint32_t)((milli * MINUTE_MS + rate - 1) / rate);
}

bool bucket_take(struct bucket *bucket, uint64_t now_ms, uint32_t per_minute, uint32_t burst)
{
	uint32_t elapsed_ms = elapsed_since(bucket, now_ms);
	uint64_t earned_milli = (uint64_t)elapsed_ms * per_minute * TOKEN_MILLI / MINUTE_MS;

	if (earned_milli >= bucket->spent_milli) {
		bucket->spent_milli = 0;
		bucket->at_ms = (uint32_t)now_ms;
	} else {
		/* The part of a thousandth that is earned already stays due. */
		bucket->spent_milli -= (uint32_t)earned_milli;
		bucket->at_ms += time_for(earned_milli, per_minute);
	}
	if (burst > BUCKET_BURST_MAX)
		burst = BUCKET_BURST_MAX;
	if (bucket->spent_milli + TOKEN_MILLI > burst * TOKEN_MILLI)
		return false;
	bucket->spent_milli += TOKEN_MILLI;
	return true;
}
