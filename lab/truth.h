/* SPDX-License-Identifier: MIT */
/* truth: what `midair check` must say behind a box, where that can be seen from outside. Pure. */
#ifndef MIDAIR_LAB_TRUTH_H
#define MIDAIR_LAB_TRUTH_H

#include <stddef.h>

#include "core/nat.h"
#include "midair/midair.h"

#define TRUTH_TEXT_SIZE 400

/*
 * Compares what was measured. A field that shows is to be right, one that does not is to be
 * unknown or right. Returns the number of wrong fields, which text names: "mapping none, not
 * endpoint-independent; ...".
 *
 * What does not show: a mapping that depends on the destination but keeps the port (it is
 * endpoint-independent for whoever looks); syn_in and reset_closes where a second destination gets
 * a port that the server cannot know; reset_closes where the filter lets other SYNs in anyway, or
 * none; hairpin where neither of two ports inside can be known to the other, or nothing comes in
 * after our own SYN.
 */
size_t truth_compare(const struct nat_behavior *behavior, enum midair_family family,
		     const struct midair_nat *measured, char text[TRUTH_TEXT_SIZE]);

#endif
