/* SPDX-License-Identifier: MIT */
/* stagger: how far apart the runs of one scenario start. Pure. */
#ifndef MIDAIR_LAB_STAGGER_H
#define MIDAIR_LAB_STAGGER_H

#include "core/scenario.h"

/*
 * Between the starts of a scenario's runs, uneven, so that they do not fall on one beat. All runs are
 * behind the same two boxes: where ports have to be guessed, each run has them to itself, since others
 * at the same time take the very ports that come next in order, and a thousand SYNs each.
 */
uint64_t stagger_ns(const struct scenario *scenario);

/* Runs that one network is good for: a box can be full of the dials that nobody has answered
 * (NAT_SESSIONS_MAX), and a thousand of them stay for the mapping's two minutes; and a server forwards
 * for a number of connections of one address only. */
uint32_t stagger_n_together(const struct scenario *scenario);

#endif
