/* SPDX-License-Identifier: MIT */
/* queue_position: how far TCP's sending queue has come. */
#ifndef MIDAIR_OS_QUEUE_POSITION_H
#define MIDAIR_OS_QUEUE_POSITION_H

#include <stdbool.h>
#include <stdint.h>

/* The bytes that TCP has taken since the connection began, give or take the SYN: only differences
 * mean something. Never more than the truth; with acknowledgements coming in at this moment it may
 * be less, and *is_exact says so (may be NULL). Returns 0, -ECONNRESET when the connection has
 * ended, -errno. */
int queue_position(int fd, uint64_t *position, bool *is_exact);

#endif
