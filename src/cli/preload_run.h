/* SPDX-License-Identifier: MIT */
/* preload_run: runs a command with libmidair-preload.so. */
#ifndef MIDAIR_CLI_PRELOAD_RUN_H
#define MIDAIR_CLI_PRELOAD_RUN_H

#include "midair/midair.h"

struct preload_options {
	const char *command; /* "preload" or "self", for complaints */
	struct midair_endpoint sources[MIDAIR_POOL_SOURCES_MAX];
	size_t n_sources;
	uint16_t first_port; /* 0: not given */
	uint16_t last_port;
	uint16_t shared_port;
	bool is_guard_only;
	bool is_late_bind;
	bool is_verbose;
	bool is_anyway;
};

/* Takes this process's place; argv ends with NULL. Returns an exit status only when the command
 * cannot be run. */
int preload_run(const struct preload_options *options, char **argv);

/* midair self --guard: the guard alone. */
int preload_guard(char **argv);

/* The address without port and brackets. Returns buffer. */
const char *preload_address_text(const struct midair_endpoint *address,
				 char buffer[MIDAIR_ENDPOINT_TEXT_SIZE]);

#endif
