/* SPDX-License-Identifier: MIT */
/*
 * portmap_internal: what portmap.c and its protocols share.
 *
 * A protocol asks, and tells what came of it with the functions at the end. It keeps its sockets
 * and buffers in its lane's context, watched with the tag of its number, or that and
 * PORTMAP_SECOND for a second one.
 */
#ifndef MIDAIR_OS_PORTMAP_INTERNAL_H
#define MIDAIR_OS_PORTMAP_INTERNAL_H

#include "os/loop.h"
#include "os/portmap.h"

#define PORTMAP_SECOND 16u
#define PORTMAP_NEVER  UINT64_MAX

enum lane_state {
	LANE_ASKING,	/* whether the gateway speaks it */
	LANE_READY,	/* it does */
	LANE_MAPPING,	/* it was asked for the port */
	LANE_HELD,	/* it has opened the port */
	LANE_RELEASING, /* it was asked to close the port */
	LANE_OVER,
};

struct lane {
	enum lane_state state;
	uint64_t
		deadline_ns; /* of the state; HELD: when to refresh, or to have been refreshed */
	uint64_t again_ns;   /* when the protocol's say_again() is due */
	bool is_refreshing;
	struct portmap_answer answer;
	struct midair_endpoint external; /* MAPPING: what to suggest; HELD: what leads to us */
	uint64_t end_ns;		 /* HELD: when the lifetime ends */
	void *context;
};

struct portmap {
	struct loop loop;
	struct midair_endpoint gateway;
	struct midair_endpoint local; /* our address toward it, and our port */
	bool is_only_asking;
	bool is_ending;
	struct lane lanes[PORTMAP_N_PROTOCOLS];
};

struct portmap_driver {
	/* Asks whether the gateway speaks this. Each returns 0 or -errno: then the lane is over. */
	int (*ask)(struct portmap *portmap);
	/* Asks for the port, or with 0 to close it; an earlier question may be unanswered. */
	int (*map)(struct portmap *portmap, uint32_t lifetime_s);
	void (*on_ready)(struct portmap *portmap, bool is_second);
	void (*say_again)(struct portmap *portmap);
	/* Frees the context, also when ask() has failed. */
	void (*close)(struct portmap *portmap);
};

/* NULL where this build has not got it. */
extern const struct portmap_driver *const portmap_pcp;
extern const struct portmap_driver *const portmap_nat_pmp;
extern const struct portmap_driver *const portmap_upnp;

/* external: NULL when the protocol does not tell it before a port is asked for. */
void portmap_speaks(struct portmap *portmap, enum portmap_protocol protocol,
		    const struct midair_endpoint *external);
void portmap_granted(struct portmap *portmap, enum portmap_protocol protocol,
		     const struct mapping_grant *grant);
/* It said no, or nonsense, or that the port is closed as we asked. */
void portmap_ended(struct portmap *portmap, enum portmap_protocol protocol);

#endif
