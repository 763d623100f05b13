/* SPDX-License-Identifier: MIT */
/* host_port: a server as a user writes it, HOST[:PORT]. */
#ifndef MIDAIR_CLI_HOST_PORT_H
#define MIDAIR_CLI_HOST_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

/*
 * Looks up "host", "host:port", "192.0.2.1", "192.0.2.1:7", "2001:db8::1", "[2001:db8::1]" or
 * "[2001:db8::1]:7", and keeps the addresses of the family (FAMILY_NONE: both). count: room in,
 * number out. Blocks for at most ten seconds. As midair_resolve(), and MIDAIR_E_NO_PATH when no
 * address is of the family.
 */
int host_port_resolve(const char *text, uint16_t default_port, uint8_t family,
		      struct midair_endpoint *endpoints, size_t *count);

/* Whether the text has a port. */
bool host_port_has_port(const char *text);

#endif
