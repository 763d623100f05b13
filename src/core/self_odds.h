/* SPDX-License-Identifier: MIT */
/*
 * self_odds: after how many tries a client of a dead local port connects to itself. Theory of
 * operation
 *
 * connect() without a port (net/ipv4/inet_hashtables.c, __inet_hash_connect()) takes the ports
 * of one parity, that of the range's first port; the other half only when those are all in use.
 * For one destination it walks: each choice goes on from the last one by a random 1 to 8 of
 * those ports (before Linux 5.12: by one), round and round; every ten seconds (a
 * secret hash of time and destination) the walk goes on somewhere else. A choice that is the
 * destination's own port is the self-connection.
 *
 * Let there be n such ports. One round passes the wanted port once and makes n / 4.5 choices
 * (4.5 is the mean step), and it lands on the port with the probability 1 / 4.5, by the renewal
 * theorem. The start lies anywhere in the round. So the number of rounds until the hit is
 * U + G, U uniform in [0, 1), G geometric with p = 2/9: P(rounds <= k + f) =
 * 1 - (1-p)^k + (1-p)^k p f for whole k and 0 <= f < 1. The mean is 1/2 + (1-p)/p = 4 rounds, and
 * a slow client, for whom each choice is a fresh one, has 1 / n for each try: a mean of n.
 * Both agree in the rate: one try in n.
 *
 * bind() with port 0 chooses among the ports of the OTHER parity, each time at random: the
 * geometric distribution with p = 1 / n. With IP_LOCAL_PORT_RANGE both parities are walked, with
 * steps of 1 to 8 ports.
 *
 * The range's last port, when the range holds an odd number, is not among the starts and is
 * reached only past a port in use.
 */
#ifndef MIDAIR_CORE_SELF_ODDS_H
#define MIDAIR_CORE_SELF_ODDS_H

#include "midair/midair.h"

struct self_odds_range {
	uint16_t first;
	uint16_t last;
	uint32_t n_reserved; /* of the ports that the choice may take */
	bool is_reserved;    /* the port itself */
};

/* True when the choice takes ports such as this one. */
bool self_odds_has_parity(uint16_t first_port, uint16_t port, enum midair_port_choice choice);

void self_odds(struct midair_self_odds *odds, const struct self_odds_range *range,
	       uint16_t port, enum midair_port_choice choice);

#endif
