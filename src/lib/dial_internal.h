/* SPDX-License-Identifier: MIT */
/* dial_internal: what the pool needs of a dial beyond midair.h. */
#ifndef MIDAIR_LIB_DIAL_INTERNAL_H
#define MIDAIR_LIB_DIAL_INTERNAL_H

#include "midair/midair.h"

/* The configuration is checked already. *is_bound: the port was bound explicitly. */
int dial_start_checked(const struct midair_dial_config *config, int *fd, bool *is_bound);

bool dial_is_any(const struct midair_endpoint *endpoint);

#endif
