/* SPDX-License-Identifier: MIT */
#include "core/redial.h"

#define TOKEN INT64_C(1000000000)
#define BURST (TOKEN * REDIAL_BURST)

void redial_init(struct redial *redial, uint64_t now_ns)
{
	*redial = (struct redial){
		.start_ns = now_ns,
		.filled_ns = now_ns,
		.nanotokens = BURST,
	};
}

/* Nanotokens that come back between two instants on the same side of the change of rate. */
static int64_t earned(uint64_t from_ns, uint64_t to_ns, uint32_t rate)
{
	uint64_t elapsed_ns = to_ns - from_ns;
	/* A full bucket after at most 256 / 50 s: the cap keeps the product in range. */
	uint64_t enough_ns = (uint64_t)BURST;

	return (int64_t)((elapsed_ns < enough_ns ? elapsed_ns : enough_ns) * rate);
}

static void refill(struct redial *redial, uint64_t now_ns)
{
	uint64_t change_ns = redial->start_ns + REDIAL_EARLY_NS;

	if (redial->filled_ns < change_ns && now_ns > change_ns) {
		redial->nanotokens += earned(redial->filled_ns, change_ns, REDIAL_RATE);
		redial->filled_ns = change_ns;
	}
	redial->nanotokens +=
		earned(redial->filled_ns, now_ns,
		       redial->filled_ns < change_ns ? REDIAL_RATE : REDIAL_LATE_RATE);
	if (redial->nanotokens > BURST)
		redial->nanotokens = BURST;
	redial->filled_ns = now_ns;
}

/* How long until a missing amount has come back: at the early rate while that lasts, then at the
 * late one. At the early rate alone, what is spent ahead of the change would leave too soon. */
static uint64_t wait_ns_for(const struct redial *redial, uint64_t now_ns, uint64_t nanotokens)
{
	uint64_t elapsed_ns = now_ns - redial->start_ns;
	uint64_t early_ns = elapsed_ns < REDIAL_EARLY_NS ? REDIAL_EARLY_NS - elapsed_ns : 0;

	if (nanotokens <= early_ns * REDIAL_RATE)
		return nanotokens / REDIAL_RATE + 1;
	return early_ns + (nanotokens - early_ns * REDIAL_RATE) / REDIAL_LATE_RATE + 1;
}

/* None at all in half of the cases: two ends that have just missed each other, each in the
 * other's pause, would with two uniform pauses do so again more often than not. */
static uint64_t quick_pause_ns(struct random *random)
{
	return random_below(random, 2) == 0 ? 1
					    : 1 + random_below(random, REDIAL_QUICK_PAUSE_NS);
}

/* Spends a token; returns how long to wait until it is there. */
static uint64_t token_wait_ns(struct redial *redial, uint64_t now_ns, struct random *random)
{
	uint64_t wait_ns;

	refill(redial, now_ns);
	redial->nanotokens -= TOKEN;
	if (redial->nanotokens >= 0)
		return 0;
	wait_ns = wait_ns_for(redial, now_ns, (uint64_t)-redial->nanotokens);
	return wait_ns + random_below(random, wait_ns / 2 + 1);
}

uint64_t redial_pause_ns(struct redial *redial, uint64_t now_ns, struct random *random)
{
	uint64_t pause_ns = quick_pause_ns(random);

	return pause_ns + token_wait_ns(redial, now_ns, random);
}

uint64_t redial_urgent_pause_ns(struct redial *redial, uint64_t now_ns, struct random *random)
{
	return 1 + token_wait_ns(redial, now_ns, random);
}
