/* SPDX-License-Identifier: MIT */
/*
 * redial: how soon a refused dial is sent again, and how often at most.
 *
 * Theory of operation
 *
 * When a NAT answers an unsolicited SYN with RST, two ends meet only if both have a SYN out at
 * one moment, so the pause between a refusal and the next SYN must be short against the round
 * trip. It must be random as well: two ends with equal pauses can miss each other for ever when
 * the round trip is shorter than the pause (phase lock). REDIAL_QUICK_PAUSE_NS bounds it; half
 * of the pauses are none at all, and after an ICMP error every one: its NAT keeps the mapping, so
 * a SYN of the peer's that comes in the pause would reach a host without a socket, and the RST
 * that this host's kernel sends spoils the NAT's idea of the connection for good.
 *
 * A pause of 0.2 ms alone would be a SYN storm where the refusal comes from the same switch.
 * So every redial spends a token. A session starts with REDIAL_BURST tokens: the side that
 * comes later, which is the one the other waits for, is quick for as long as it needs to be.
 * Tokens come back at REDIAL_RATE a second for REDIAL_EARLY_NS, then at REDIAL_LATE_RATE.
 * The bucket belongs to the session, whatever the number of the peer's addresses.
 * In all: at most 256 + 200 t SYNs in the first t <= 10 s, and 50 a second after that. A standing
 * hole may be dialled for hours where nobody is: 64 + 50 t SYNs in the first t <= 2 s, and 5 a second
 * after that, which whoever comes later meets within its own first second. Where the
 * bucket is empty the wait for a token is stretched by up to a half at random, for the same
 * reason: two empty buckets of one rate would keep step.
 */
#ifndef MIDAIR_CORE_REDIAL_H
#define MIDAIR_CORE_REDIAL_H

#include <stdint.h>

#include "core/random.h"

#define REDIAL_QUICK_PAUSE_NS UINT64_C(200000)
#define REDIAL_BURST	      256u
#define REDIAL_RATE	      200u
#define REDIAL_EARLY_NS	      UINT64_C(10000000000)
#define REDIAL_LATE_RATE      50u

#define REDIAL_STANDING_BURST	  64u
#define REDIAL_STANDING_RATE	  50u
#define REDIAL_STANDING_EARLY_NS  UINT64_C(2000000000)
#define REDIAL_STANDING_LATE_RATE 5u

struct redial_pace {
	uint32_t burst;
	uint32_t rate;	    /* a second */
	uint64_t early_ns;  /* for so long */
	uint32_t late_rate; /* then */
};

extern const struct redial_pace redial_meeting;
extern const struct redial_pace redial_standing;

struct redial {
	const struct redial_pace *pace;
	uint64_t start_ns;
	uint64_t filled_ns; /* up to when tokens were counted */
	int64_t nanotokens; /* a token is 1e9; below zero: spent ahead, waiting to come back */
};

void redial_init(struct redial *redial, const struct redial_pace *pace, uint64_t now_ns);

/* Spends one token for a redial that becomes possible now; returns the pause before it, at least
 * 1 ns. */
uint64_t redial_pause_ns(struct redial *redial, uint64_t now_ns, struct random *random);

/* The same without the quick pause; the wait for a token remains. */
uint64_t redial_urgent_pause_ns(struct redial *redial, uint64_t now_ns, struct random *random);

#endif
