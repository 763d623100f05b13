/* SPDX-License-Identifier: MIT */
/* settings: what MIDAIR_PRELOAD_* in the environment asks for. Read once, then constant. */
#ifndef MIDAIR_PRELOAD_SETTINGS_H
#define MIDAIR_PRELOAD_SETTINGS_H

#include "midair/midair.h"

struct settings {
	bool has_pool;	   /* else only the guard */
	bool is_late_bind; /* bind() to port 0 leaves the port to connect() */
	bool is_verbose;
	uint16_t first_port; /* 0: the kernel's range */
	uint16_t last_port;
	uint16_t shared_port; /* 0: none */
	struct midair_endpoint
		sources[MIDAIR_POOL_SOURCES_MAX]; /* IPv4 first; their ports are 0 */
	uint32_t n_ipv4;
	uint32_t n_sources;
};

/* Reads the environment. What makes no sense is told, and leaves the guard alone. */
void settings_read(void);

extern const struct settings *const settings;

/* The sources of one family. */
const struct midair_endpoint *settings_sources(uint8_t family, uint32_t *n_sources);

#endif
