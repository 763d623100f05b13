/* SPDX-License-Identifier: MIT */
/*
 * mapping: whether what a router says that it has opened is of use. A router may lie, be behind
 * another router, or be somebody who pretends to be it: so only what leads from a public address
 * to our port, for a time that can be renewed, is taken.
 */
#ifndef MIDAIR_CORE_MAPPING_H
#define MIDAIR_CORE_MAPPING_H

#include "core/nat_report.h"

/* What we ask for: a crash leaves the port open no longer. Refreshed at half of it. */
#define MAPPING_LIFETIME_S 600
/* With less, refreshing would be all that we do. */
#define MAPPING_LIFETIME_LEAST_S 60

struct mapping_grant {
	struct midair_endpoint external; /* port 0: not known yet */
	uint16_t port;			 /* ours */
	uint32_t lifetime_s;
};

enum mapping_verdict {
	MAPPING_GOOD,
	MAPPING_DOUBLE_NAT, /* the router's own address is a private one */
	MAPPING_USELESS,    /* no port, no host, not our port */
	MAPPING_TOO_SHORT,  /* or no lifetime at all */
};

/* local: the address and port for which it was asked. Of IPv6 nothing is translated. */
enum mapping_verdict mapping_judge(const struct mapping_grant *grant,
				   const struct midair_endpoint *local);

/* Whether to ask this gateway: we have a private address, and so has it (or, of IPv6, it is our
 * link's). On a public host there is nothing to open. */
bool mapping_is_wanted(const struct midair_endpoint *local,
		       const struct midair_endpoint *gateway);

/* Whether the port that our router has opened, or would open, is at the address where a server saw
 * us. Another address is another router's behind it, or a lie. external: family NONE where nothing
 * is open. */
bool mapping_is_where_seen(const struct midair_endpoint *external,
			   const struct midair_endpoint *observed);

enum mapping_state {
	MAPPING_STATE_NONE,
	MAPPING_STATE_PENDING, /* it may still come */
	MAPPING_STATE_OPEN,
};

/* What such a port changes in a report. It lets in everybody, whatever the box does with others;
 * and as long as one may still come nothing is hopeless. */
void mapping_report(struct nat_report *report, enum mapping_state state);

/* How long until the refresh: half of the lifetime, which is never taken for longer than asked. */
uint32_t mapping_refresh_s(uint32_t lifetime_s);

#endif
