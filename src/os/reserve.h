/* SPDX-License-Identifier: MIT */
/* reserve: memory that is counted only where it is used, and how many descriptors we may have. */
#ifndef MIDAIR_OS_RESERVE_H
#define MIDAIR_OS_RESERVE_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed address space, for as long as the process lives. NULL: refused. */
void *reserve_memory(size_t size);

/* Raises the limit of open descriptors to wanted, or as far as it goes. Returns what it is. */
uint32_t reserve_descriptors(uint32_t wanted);

#endif
