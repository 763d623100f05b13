/* SPDX-License-Identifier: MIT */
/* check_verdict: what a check comes to, in one sentence. */
#ifndef MIDAIR_CLI_CHECK_VERDICT_H
#define MIDAIR_CLI_CHECK_VERDICT_H

#include <stdbool.h>

#include "midair/midair.h"

#define CHECK_VERDICT_SIZE 240

/* Of one family; "" when nothing is known. Returns buffer. */
const char *check_verdict(const struct midair_nat *nat, char buffer[CHECK_VERDICT_SIZE]);

/* Only because the gateway opens a port on request. */
bool check_needs_port(const struct midair_reach *reach);

/* It speaks a protocol by which ports are opened. */
bool check_is_gateway_helpful(const struct midair_nat *nat);

#endif
