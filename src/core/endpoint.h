/* SPDX-License-Identifier: MIT */
/*
 * endpoint: the text of addresses and ports. The public half is in midair.h; here is what only
 * the project itself needs. No look-ups and no locale: what is accepted is the same everywhere.
 */
#ifndef MIDAIR_CORE_ENDPOINT_H
#define MIDAIR_CORE_ENDPOINT_H

#include "midair/midair.h"

/*
 * Splits "host:port" or "[ipv6]:port". host receives the part before the port without brackets;
 * whether it is a name or an address is not looked at. Returns 0, MIDAIR_E_SYNTAX (which includes
 * a host that does not fit), or MIDAIR_E_RANGE for a port outside 1-65535.
 */
int endpoint_split(const char *text, char *host, size_t host_size, uint16_t *port);

/* An address alone: "192.0.2.1", "2001:db8::1", "fe80::1%3". The port becomes 0. Returns 0 or
 * MIDAIR_E_SYNTAX. */
int endpoint_parse_address(struct midair_endpoint *endpoint, const char *text);

/* The address alone, without brackets and port; "-" for family NONE. Returns buffer. */
const char *endpoint_format_address(const struct midair_endpoint *endpoint,
				    char buffer[MIDAIR_ENDPOINT_TEXT_SIZE]);

/* Turns ::ffff:a.b.c.d into IPv4: both name the same host, and Linux keeps both in one table of
 * connections. Other addresses stay as they are. */
void endpoint_unmap(struct midair_endpoint *endpoint);

/* 0.0.0.0 or ::, and NONE. As a destination the kernel takes it for this machine itself. */
bool endpoint_is_unspecified(const struct midair_endpoint *endpoint);

/* Whatever the ports. */
bool endpoint_is_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b);

#endif
