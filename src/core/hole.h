/* SPDX-License-Identifier: MIT */
/*
 * hole: a standing hole between two hosts that have met, and its text. The public half is in
 * midair.h.
 *
 *	midair-hole-1 a 192.168.1.2:40112 203.0.113.7:51820 <64 hexadecimal digits>
 *
 * the role, our local end, the peer as we saw it, the key.
 */
#ifndef MIDAIR_CORE_HOLE_H
#define MIDAIR_CORE_HOLE_H

#include <stdbool.h>

#include "midair/midair.h"

/* Two ends of one family with their ports, a peer that can be dialled, and a role. */
bool hole_is_sound(const struct midair_hole *hole);

#endif
