/* SPDX-License-Identifier: MIT */
/* connection: what happens to a connect() of the program: which local end it gets, the next one
 * when somebody else has it, and the guard. */
#ifndef MIDAIR_PRELOAD_CONNECTION_H
#define MIDAIR_PRELOAD_CONNECTION_H

#include "preload/attempt.h"

/* Returns 0 or -errno, as connect() would. */
int connection_dial(struct attempt *attempt);

bool connection_is_tcp(int fd);

/* The enum midair_tcp_state; CLOSE also when there is none. */
int connection_state(int fd);

#endif
