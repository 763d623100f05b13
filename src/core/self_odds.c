/* SPDX-License-Identifier: MIT */
#include "core/self_odds.h"

/* Steps of 1 to 8 ports have a mean of 9 / 2. */
#define STEP_MEAN   4.5
#define PASS_MISSES (1 - 1 / STEP_MEAN)

bool self_odds_has_parity(uint16_t first_port, uint16_t port, enum midair_port_choice choice)
{
	bool is_first_parity = ((port ^ first_port) & 1) == 0;

	switch (choice) {
	case MIDAIR_CHOICE_CONNECT:
		return is_first_parity;
	case MIDAIR_CHOICE_BIND:
		return !is_first_parity;
	case MIDAIR_CHOICE_RANGE:
		break;
	}
	return true;
}

/* The rounds of the walk after which the hit has happened with this probability. */
static double walk_rounds(double probability)
{
	double n_rounds = 0;
	double missed = 1; /* so far */

	while (1 - missed * PASS_MISSES < probability) {
		missed *= PASS_MISSES;
		n_rounds++;
	}
	return n_rounds + (probability - (1 - missed)) / (missed / STEP_MEAN);
}

/* The tries of independent choices: log(1 - probability) / log(1 - 1/n) is nearly n times the
 * first, whose two values we need. */
#define LOG_OF_HALF	 0.6931
#define LOG_OF_HUNDREDTH 4.6052

static uint32_t rounded_up(double tries)
{
	return tries < 1 ? 1 : (uint32_t)(tries + 0.999);
}

static void set_tries(struct midair_self_odds *odds, enum midair_port_choice choice)
{
	double n = odds->n_candidates;

	if (choice == MIDAIR_CHOICE_BIND) {
		odds->median_tries = rounded_up(n * LOG_OF_HALF);
		odds->mean_tries = rounded_up(n);
		odds->p99_tries = rounded_up(n * LOG_OF_HUNDREDTH);
		return;
	}
	double round_tries = n / STEP_MEAN;

	odds->median_tries = rounded_up(round_tries * walk_rounds(0.5));
	odds->mean_tries = rounded_up(round_tries * 4);
	odds->p99_tries = rounded_up(round_tries * walk_rounds(0.99));
}

static uint32_t n_ports(const struct self_odds_range *range, enum midair_port_choice choice)
{
	uint32_t n = (uint32_t)(range->last - range->first) + 1;

	if (choice == MIDAIR_CHOICE_RANGE || n == 1)
		return n;
	return n / 2;
}

void self_odds(struct midair_self_odds *odds, const struct self_odds_range *range,
	       uint16_t port, enum midair_port_choice choice)
{
	uint32_t n = n_ports(range, choice);

	*odds = (struct midair_self_odds){
		.is_in_range = port >= range->first && port <= range->last,
		.is_reserved = range->is_reserved,
		.has_wrong_parity = range->first != range->last &&
				    !self_odds_has_parity(range->first, port, choice),
		.first_port = range->first,
		.last_port = range->last,
		.n_candidates = n > range->n_reserved ? n - range->n_reserved : 0,
	};
	odds->is_possible = odds->is_in_range && !odds->is_reserved &&
			    !odds->has_wrong_parity && odds->n_candidates > 0;
	if (odds->is_possible)
		set_tries(odds, choice);
}
