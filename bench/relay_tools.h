/* SPDX-License-Identifier: MIT */
/* relay_tools: programs that carry bytes from a pipe over TCP on loopback to a pipe. */
#ifndef MIDAIR_BENCH_RELAY_TOOLS_H
#define MIDAIR_BENCH_RELAY_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

struct relay_cost {
	double seconds;	    /* from the first byte written to the end of file read */
	double cpu_seconds; /* user and system, of both carrying processes */
};

struct relay_tool {
	const char *name;
	const char *program; /* NULL: built in */
	/* Carries n_bytes once. Returns false when the bytes did not all come. */
	bool (*carry)(struct relay_cost *cost, uint64_t n_bytes);
};

extern const struct relay_tool relay_tools[];
extern const int relay_n_tools;

/* True when the program is in PATH. */
bool relay_tool_is_here(const struct relay_tool *tool);

#endif
