/* SPDX-License-Identifier: MIT */
/*
 * introduction: what two peers tell each other through the server, sealed: the confirmation of
 * the key exchange, the addresses at which they may be reached, and what is known of the NATs in
 * front of them. Fields are tag, length, value;
 * an unknown tag is skipped, so that later versions can say more; candidates beyond the table are
 * left out.
 */
#ifndef MIDAIR_CORE_INTRODUCTION_H
#define MIDAIR_CORE_INTRODUCTION_H

#include "core/nat_report.h"
#include "core/wire.h"

#define INTRODUCTION_CANDIDATES_MAX 12
#define INTRODUCTION_CONFIRM_BYTES  32
#define INTRODUCTION_BYTES_MAX	    (WIRE_SEALED_MAX - 16) /* without the seal's tag */
/* Each one that this version writes has this size, however little it says. */
#define INTRODUCTION_PADDED_BYTES 352

/* RFC 8445, 5.1.1. */
enum candidate_type {
	CANDIDATE_HOST = 1,	    /* an address of an interface */
	CANDIDATE_SERVER_REFLEXIVE, /* as a server saw it */
	CANDIDATE_MAPPED,	    /* a port that the router opened for us */
};

struct candidate {
	enum candidate_type type;
	struct midair_endpoint endpoint;
};

struct introduction {
	bool has_confirmation;
	uint8_t confirmation[INTRODUCTION_CONFIRM_BYTES];
	uint32_t n_candidates;
	struct candidate candidates[INTRODUCTION_CANDIDATES_MAX];
	struct nat_report reports[2]; /* IPv4, IPv6; of family NONE: nothing is known */
};

/* Returns the number of bytes, 0 when there are too many candidates, or an endpoint that no
 * connection can lead to. */
size_t introduction_encode(const struct introduction *introduction,
			   uint8_t bytes[INTRODUCTION_BYTES_MAX]);

/* True when it was read; introduction is then complete and within its limits. Else it is
 * untouched. */
bool introduction_decode(struct introduction *introduction, const uint8_t *bytes, size_t size);

#endif
