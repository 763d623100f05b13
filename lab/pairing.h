/* SPDX-License-Identifier: MIT */
/* pairing: what the two sides of a scenario with a server have agreed on, in memory that both
 * share: a key for each run, or the place where a leaves the code for b. */
#ifndef MIDAIR_LAB_PAIRING_H
#define MIDAIR_LAB_PAIRING_H

#include "lab/network.h"

struct pairing;

/* For so many runs in the network of the scenario. wait_ms: for the other side to come. Returns 0
 * or -errno. */
int pairing_new(struct pairing **pairing, const struct network *network,
		const struct scenario *scenario, uint32_t n_runs, uint32_t wait_ms,
		struct lab_reason *reason);
struct pairing *pairing_free(struct pairing *pairing);

/* Fills in what the side's session of a run needs. False when there is no code yet that b could
 * join with. config points into the pairing. */
bool pairing_configure(const struct pairing *pairing, enum lab_side side, uint32_t run,
		       struct midair_pair_config *config);

/* Side a was given the code. */
void pairing_tell_code(struct pairing *pairing, uint32_t run, const char *code);

#endif
