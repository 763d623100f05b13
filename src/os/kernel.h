/* SPDX-License-Identifier: MIT */
/* kernel: its version, for what it does not tell otherwise. */
#ifndef MIDAIR_OS_KERNEL_H
#define MIDAIR_OS_KERNEL_H

#include <stdbool.h>

/* A distribution may have brought a newer ability to an older version: only good for a caution. */
bool kernel_is_at_least(unsigned long major, unsigned long minor);

#endif
