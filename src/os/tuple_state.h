/* SPDX-License-Identifier: MIT */
/*
 * tuple_state: the state of one tuple, asked of the kernel by sock_diag without any library, for
 * code that runs inside other people's programs: no descriptor stays open.
 */
#ifndef MIDAIR_OS_TUPLE_STATE_H
#define MIDAIR_OS_TUPLE_STATE_H

#include "midair/midair.h"

/* The enum midair_tcp_state of the connection or what is left of it, 0 when there is none, or
 * -errno when the kernel does not tell. */
int tuple_state_read(const struct midair_endpoint *local, const struct midair_endpoint *remote);

#endif
