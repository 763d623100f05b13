/* SPDX-License-Identifier: MIT */
/* bucket: a token bucket. All zeros is a full one, so that fresh memory is ready for use. */
#ifndef MIDAIR_CORE_BUCKET_H
#define MIDAIR_CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint32_t spent_milli; /* thousandths of a token that are missing */
	uint32_t at_ms;	      /* when that was so; wraps after 49 days, which only delays */
};

/* At most BUCKET_BURST_MAX tokens, so that thousandths fit. */
#define BUCKET_BURST_MAX 1000000u

/* Takes a token from a bucket of burst tokens that gets per_minute new ones. False: empty. */
bool bucket_take(struct bucket *bucket, uint64_t now_ms, uint32_t per_minute, uint32_t burst);

#endif
