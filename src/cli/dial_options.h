/* SPDX-License-Identifier: MIT */
/* dial_options: the words of midair dial, read and checked. */
#ifndef MIDAIR_CLI_DIAL_OPTIONS_H
#define MIDAIR_CLI_DIAL_OPTIONS_H

#include "cli/dial_range.h"
#include "midair/midair.h"

/* Connections of one command, all destinations together. */
#define DIAL_CONNECTIONS_MAX 16777216
#define DIAL_PARALLEL_MAX    4096

struct dial_options {
	struct dial_range from; /* first_port 0: not given */
	struct dial_range *targets;
	uint32_t n_targets;
	uint32_t count; /* for each destination */
	uint32_t timeout_ms;
	uint32_t parallel;
	enum midair_dial_policy policy;
	uint8_t family;
	bool has_count;
	bool is_closing; /* --close */
	bool is_keeping; /* --keep */
	bool is_json;
	bool is_quiet;
};

/* Returns -1 to go on, or the exit status; has told why. */
int dial_options_read(struct dial_options *options, int argc, char **argv);

void dial_options_free(struct dial_options *options);

/* The destinations are numbered through all targets. */
uint64_t dial_options_n_destinations(const struct dial_options *options);

/* Where a destination belongs: its target; *remote is its endpoint, with the given one of a
 * name's addresses. */
const struct dial_range *dial_options_destination(const struct dial_options *options,
						  uint64_t number, uint32_t alternative,
						  struct midair_endpoint *remote);

/* Local (address, port) tuples to one destination; 0: the kernel's choice. */
uint64_t dial_options_n_tuples(const struct dial_options *options);

#endif
