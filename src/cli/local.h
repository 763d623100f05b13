/* SPDX-License-Identifier: MIT */
/* local: our own end as a user writes it. */
#ifndef MIDAIR_CLI_LOCAL_H
#define MIDAIR_CLI_LOCAL_H

#include "midair/midair.h"

/* "192.0.2.1:1314", "192.0.2.1", "[2001:db8::1]:1314", "2001:db8::1" (with brackets or without),
 * or "1314": family NONE then. What is left out is 0. Returns 0 or MIDAIR_E_SYNTAX. */
int local_parse(struct midair_endpoint *local, const char *text);

#endif
