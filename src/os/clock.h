/* SPDX-License-Identifier: MIT */
/* clock: what time it is, and how far the kernel trusts its own wall clock. */
#ifndef MIDAIR_OS_CLOCK_H
#define MIDAIR_OS_CLOCK_H

#include "midair/midair.h"

/* CLOCK_MONOTONIC. */
uint64_t clock_now_ns(void);

/* The same as of the kernel's last tick, 1 to 10 ms ago; reading it takes a few nanoseconds. */
uint64_t clock_coarse_ms(void);

/* CLOCK_REALTIME. */
struct timespec clock_realtime(void);

/* Only reads: needs no privilege. Returns 0 or -errno (some sandboxes refuse the call). */
int clock_quality(struct midair_clock_quality *quality);

#endif
