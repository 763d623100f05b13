/* SPDX-License-Identifier: MIT */
/*
 * portmap: asks the gateway to let connections in to a port of ours, by PCP, NAT-PMP or UPnP-IGD.
 * Theory of operation
 *
 * The gateway is asked in all three protocols at once whether it speaks them. The first one that
 * says so is asked for the port; where it fails, the next. One asks at a time, because a gateway
 * that speaks all three has one table: what one had opened another one would close. What is
 * granted is judged (core/mapping.h), refreshed at half of its lifetime, and given back at the end.
 *
 *	ASKING -> READY -> MAPPING -> HELD -> RELEASING -> OVER
 *	   |                  |         |
 *	   +------------------+---------+----------------> OVER
 *
 * Nothing blocks but portmap_free(): one descriptor is readable when dispatch has work. A gateway
 * has PORTMAP_PATIENCE_MS to say what it speaks and again for each port that it is asked for;
 * what it says is read into buffers of a fixed size. Of IPv6 only PCP is used: nothing is
 * translated there, the port is opened in the gateway's filter.
 */
#ifndef MIDAIR_OS_PORTMAP_H
#define MIDAIR_OS_PORTMAP_H

#include "core/mapping.h"
#include "midair/midair.h"

#define PORTMAP_PATIENCE_MS 2000

enum portmap_protocol { PORTMAP_PCP, PORTMAP_NAT_PMP, PORTMAP_UPNP };
#define PORTMAP_N_PROTOCOLS (PORTMAP_UPNP + 1)

struct portmap_config {
	struct midair_endpoint gateway; /* as of gateway_find() */
	uint16_t port;			/* ours; 0: is only asked what it speaks */
	uint32_t without;		/* bits 1 << enum portmap_protocol: are not used */
};

/* Of one protocol. */
struct portmap_answer {
	/* UNKNOWN: not in this build, not for this family, or not answered yet */
	enum midair_answer speaks;
	struct midair_endpoint external; /* port 0; family NONE: it did not say */
};

struct portmap;

/* Returns 0 or -errno. */
int portmap_new(struct portmap **portmap, const struct portmap_config *config);
int portmap_fd(const struct portmap *portmap);
/* Takes what is ready. */
void portmap_dispatch(struct portmap *portmap);

/* Every question has its answer, or will have none. */
bool portmap_is_settled(const struct portmap *portmap);
void portmap_read(const struct portmap *portmap,
		  struct portmap_answer answers[PORTMAP_N_PROTOCOLS]);

/* The outer endpoint that leads to our port; NULL: none (any more). */
const struct midair_endpoint *portmap_external(const struct portmap *portmap);

/* Gives the port back and waits at most so long for the gateway to confirm it. */
struct portmap *portmap_free(struct portmap *portmap, uint32_t patience_ms);

/* "miniupnpc" or "", "libnatpmp" or "". */
const char *portmap_upnp_feature(void);
const char *portmap_nat_pmp_feature(void);

#endif
