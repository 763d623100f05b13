/* SPDX-License-Identifier: MIT */
/*
 * tuple_claim: who may bind a tuple explicitly next. SO_REUSEPORT lets two processes bind one
 * port, then connect() refuses one of them, which cannot get rid of the port again. The claim is
 * the name of a UNIX socket, which exists once in a network namespace and goes with its owner.
 */
#ifndef MIDAIR_OS_TUPLE_CLAIM_H
#define MIDAIR_OS_TUPLE_CLAIM_H

#include "midair/midair.h"

/* Returns a descriptor, whose close ends the claim, -EADDRINUSE when somebody else has it, or
 * -errno. */
int tuple_claim_take(const struct midair_endpoint *local, const struct midair_endpoint *remote);

#endif
