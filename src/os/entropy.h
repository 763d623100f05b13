/* SPDX-License-Identifier: MIT */
/* entropy: seeds for jitter. */
#ifndef MIDAIR_OS_ENTROPY_H
#define MIDAIR_OS_ENTROPY_H

#include <stdint.h>

/* Never fails: without getrandom() the clock and the process id must do. */
uint64_t entropy_seed(void);

#endif
