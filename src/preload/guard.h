/* SPDX-License-Identifier: MIT */
/* guard: a connection to oneself becomes a refused one. */
#ifndef MIDAIR_PRELOAD_GUARD_H
#define MIDAIR_PRELOAD_GUARD_H

#include "midair/midair.h"

/*
 * After a connect() to remote that stands or is under way: *local is the end that it got.
 * Returns 0, or -ECONNREFUSED when both ends were the same: then the socket is as if refused.
 */
int guard_check(int fd, const struct midair_endpoint *remote, struct midair_endpoint *local);

#endif
