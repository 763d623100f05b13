/* SPDX-License-Identifier: MIT */
#include "core/redial.h"

#define TOKEN INT64_C(1000000000)

const struct redial_pace redial_meeting = {
	.burst = REDIAL_BURST,
	.rate = REDIAL_RATE,
	.early_ns = REDIAL_EARLY_NS,
	.late_rate = REDIAL_LATE_RATE,
};

const struct redial_pace redial_standing = {
	.burst = REDIAL_STANDING_BURST,
	.rate = REDIAL_STANDING_RATE,
	.early_ns = REDIAL_STANDING_EARLY_NS,
	.late_rate = REDIAL_STANDING_LATE_RATE,
};

static int64_t full(const struct redial *redial)
{
	return TOKEN * redial->pace->burst;
}

void redial_init(struct redial *redial, const struct redial_pace *pace, uint64_t now_ns)
{
	*redial = (struct redial){
		.pace = pace,
		.start_ns = now_ns,
		.filled_ns = now_ns,
		.nanotokens = TOKEN * pace->burst,
	};
}

/* Nanotokens that come back between two instants on the same side of the change of rate. */
static int64_t earned(const struct redial *redial, uint64_t to_ns, uint32_t rate)
{
	uint64_t elapsed_ns = to_ns - redial->filled_ns;
	/* A full bucket after at most 256 / 50 s, or 64 / 5 s: the cap keeps the product in range. */
	uint64_t enough_ns = (uint64_t)full(redial);

	return (int64_t)((elapsed_ns < enough_ns ? elapsed_ns : enough_ns) * rate);
}

static void refill(struct redial *redial, uint64_t now_ns)
{
	uint64_t change_ns = redial->start_ns + redial->pace->early_ns;

	if (redial->filled_ns < change_ns && now_ns > change_ns) {
		redial->nanotokens += earned(redial, change_ns, redial->pace->rate);
		redial->filled_ns = change_ns;
	}
	redial->nanotokens += earned(redial, now_ns,
				     redial->filled_ns < change_ns ? redial->pace->rate
								   : redial->pace->late_rate);
	if (redial->nanotokens > full(redial))
		redial->nanotokens = full(redial);
	redial->filled_ns = now_ns;
}

/* How long until a missing amount has come back: at the early rate while that lasts, then at the
 * late one. At the early rate alone, what is spent ahead of the change would leave too soon. */
static uint64_t wait_ns_for(const struct redial *redial, uint64_t now_ns, uint64_t nanotokens)
{
	const struct redial_pace *pace = redial->pace;
	uint64_t elapsed_ns = now_ns - redial->start_ns;
	uint64_t early_ns = elapsed_ns < pace->early_ns ? pace->early_ns - elapsed_ns : 0;

	if (nanotokens <= early_ns * pace->rate)
		return nanotokens / pace->rate + 1;
	return early_ns + (nanotokens - early_ns * pace->rate) / pace->late_rate + 1;
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
