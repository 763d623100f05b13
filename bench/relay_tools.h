/* SPDX-License-Identifier: MIT */
/* relay_tools: programs that carry bytes from a pipe over TCP on loopback to a pipe. */
#ifndef MIDAIR_BENCH_RELAY_TOOLS_H
#define MIDAIR_BENCH_RELAY_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/carry.h"

struct relay_tool {
	const char *name;
	const char *program; /* NULL: built in */
	/* Carries n_bytes once. Returns false when the bytes did not all come. */
	bool (*carry)(struct carry_cost *cost, enum carry_ends ends, uint64_t n_bytes);
};

extern const struct relay_tool relay_tools[];
extern const int relay_n_tools;

#endif
