/* SPDX-License-Identifier: MIT */
/*
 * pcp: the messages of the Port Control Protocol (RFC 6887) that a client needs: is there a
 * server (ANNOUNCE), open a port (MAP), and close it (MAP with a lifetime of 0).
 *
 * A request is a header of 24 bytes and, for MAP, 36 more:
 *
 *	version 2 | opcode | 16 bits reserved | lifetime | our address (16)
 *	nonce (12) | protocol | 24 bits reserved | inner port | outer port | outer address (16)
 *
 * IPv4 addresses travel as IPv4-mapped IPv6. In an answer the opcode has the top bit set, the last
 * reserved byte of the header is the result, and the server's clock follows the lifetime. The
 * nonce is what protects a mapping from who cannot read our requests, so an answer with another
 * one is not an answer (11.4).
 */
#ifndef MIDAIR_CORE_PCP_H
#define MIDAIR_CORE_PCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

#define PCP_SERVER_PORT	  5351
#define PCP_REQUEST_BYTES 60
/* RFC 6887, 7: no message is longer. */
#define PCP_ANSWER_MAX	1100
#define PCP_NONCE_BYTES 12

struct pcp_mapping {
	uint8_t nonce[PCP_NONCE_BYTES];
	uint16_t port; /* ours */
	/* The outer one: suggested in a request, assigned in an answer. Family NONE: whichever. */
	struct midair_endpoint external;
	uint32_t lifetime_s; /* 0: deletes */
};

/* client: the address from which the request is sent. Return the size. */
size_t pcp_announce_request(const struct midair_endpoint *client,
			    uint8_t bytes[PCP_REQUEST_BYTES]);
size_t pcp_map_request(const struct midair_endpoint *client, const struct pcp_mapping *mapping,
		       uint8_t bytes[PCP_REQUEST_BYTES]);

enum pcp_answer {
	PCP_FOREIGN,   /* no answer to what was asked: wait on */
	PCP_ANNOUNCED, /* there is a PCP server */
	PCP_MAPPED,    /* *mapping is what it has done */
	PCP_REFUSED,   /* it speaks, but says no */
	PCP_NO_SERVER, /* it speaks NAT-PMP only, or another version */
};

/* asked: of the MAP request that waits for an answer, NULL: of ANNOUNCE. */
enum pcp_answer pcp_read(const uint8_t *bytes, size_t size, const struct pcp_mapping *asked,
			 struct pcp_mapping *mapping);

#endif
