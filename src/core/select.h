/* SPDX-License-Identifier: MIT */
/* select: which rows of the socket table are wanted. */
#ifndef MIDAIR_CORE_SELECT_H
#define MIDAIR_CORE_SELECT_H

#include "midair/midair.h"

/* The states to ask the kernel for, by the flags of midair_table_open() or the selection. */
uint32_t select_states(uint32_t flags, const struct midair_selection *selection);

/* Whether prefix has the address of endpoint. */
bool select_prefix_has(const struct midair_prefix *prefix,
		       const struct midair_endpoint *endpoint);

/* Everything that a row shows by itself: not its process, not is_shared. */
bool select_row(const struct midair_selection *selection, const struct midair_row *row);

/* True when the owner matters, and whether this is the wanted one (pid 0: none is known). */
bool select_needs_owner(const struct midair_selection *selection);
bool select_owner(const struct midair_selection *selection, int32_t pid, const char *process);

/* True when exactly one pair of ends can match: a look-up instead of a walk. */
bool select_is_pair(const struct midair_selection *selection, struct midair_endpoint *local,
		    struct midair_endpoint *remote);

#endif
