/* SPDX-License-Identifier: MIT */
/*
 * dial_range: addresses and ports as a user writes a set of them: ADDRESS[,ADDRESS...]:PORT[-PORT],
 * where each ADDRESS may be ADDRESS-ADDRESS. IPv6 in brackets.
 */
#ifndef MIDAIR_CLI_DIAL_RANGE_H
#define MIDAIR_CLI_DIAL_RANGE_H

#include "midair/midair.h"

/* Addresses that one range may name. */
#define DIAL_ADDRESSES_MAX 65536

struct dial_range {
	struct midair_endpoint *addresses; /* their ports are 0 */
	size_t n_addresses;		   /* 0: none was named */
	uint16_t first_port;
	uint16_t last_port;
	/* The addresses are those of one name: any of them will do. */
	bool is_name;
	uint64_t start; /* the caller's: the number of its first destination */
};

/* Returns 0, MIDAIR_E_SYNTAX, MIDAIR_E_RANGE (a port outside 1-65535, first after last, two
 * families), MIDAIR_E_LIMIT, -ENOMEM. With is_port_enough the text may be PORT[-PORT] alone. */
int dial_range_parse(struct dial_range *range, const char *text, bool is_port_enough);

/* The addresses of "host:PORT[-PORT]", looked up. Returns as midair_resolve(). */
int dial_range_resolve(struct dial_range *range, const char *text, uint32_t timeout_ms);

/* Leaves out the other family's addresses; FAMILY_NONE keeps both. */
void dial_range_keep_family(struct dial_range *range, uint8_t family);

void dial_range_free(struct dial_range *range);

#endif
