/* SPDX-License-Identifier: MIT */
/*
 * port_range: which local ports the kernel gives out by itself in this network namespace
 * (net.ipv4.ip_local_port_range without ip_local_reserved_ports), and other settings of the
 * namespace that decide whether a port may be used.
 */
#ifndef MIDAIR_OS_PORT_RANGE_H
#define MIDAIR_OS_PORT_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct port_range {
	uint16_t first;
	uint16_t last;
};

/* Returns 0 or -errno. */
int port_range_read(struct port_range *range);

/* One bit for each port. */
struct port_set {
	uint64_t bits[65536 / 64];
};

bool port_set_has(const struct port_set *set, uint16_t port);
void port_set_add(struct port_set *set, uint16_t port);
/* How many of the range's ports are in the set. */
uint32_t port_set_count(const struct port_set *set, const struct port_range *range);

/* Reads "8080,9148-9150", what stands in ip_local_reserved_ports. Returns 0 or MIDAIR_E_SYNTAX. */
int port_set_parse(struct port_set *set, const char *text);

/* The reserved ports. Returns 0 or -errno. */
int port_range_read_reserved(struct port_set *reserved);

/* A setting of /proc/sys/net/ipv4 that is one number. Returns 0 or -errno. */
int port_range_read_setting(const char *name, int *value);

#endif
