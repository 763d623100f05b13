/* SPDX-License-Identifier: MIT */
/* interfaces: the addresses that this machine has at the moment. */
#ifndef MIDAIR_OS_INTERFACES_H
#define MIDAIR_OS_INTERFACES_H

#include "core/candidates.h"

/* Of interfaces that are up; more than INTERFACE_ADDRESSES_MAX are left out. is_unfit: temporary,
 * deprecated, tentative or duplicate IPv6 addresses, where the kernel tells. Returns their number
 * or -errno. */
int interfaces_read(struct interface_address addresses[INTERFACE_ADDRESSES_MAX]);

#endif
