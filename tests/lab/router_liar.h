/* SPDX-License-Identifier: MIT */
/* router_liar: a gateway on 127.0.0.1 that speaks PCP, NAT-PMP and UPnP-IGD, or pretends to. */
#ifndef MIDAIR_TESTS_ROUTER_LIAR_H
#define MIDAIR_TESTS_ROUTER_LIAR_H

#include <stdbool.h>
#include <stdint.h>

enum liar_udp {
	LIAR_CLOSED, /* nobody listens */
	LIAR_SILENT,
	LIAR_UNSPOKEN, /* says at once that it does not speak this */
	LIAR_HONEST,
	LIAR_PRIVATE,	  /* the outer address is a private one */
	LIAR_NO_LIFETIME, /* grants nothing, in words of success */
	LIAR_SHORT,	  /* a second */
	LIAR_NO_PORT,	  /* outer port 0 */
	LIAR_OTHER_PORT,  /* for another port of ours */
	LIAR_OTHER_NONCE, /* PCP: to somebody else's request */
	LIAR_MULTICAST,	  /* the outer address is no host */
	LIAR_REFUSES,	  /* by the protocol's own result */
	LIAR_CUT,	  /* half a message */
	LIAR_NOISE,	  /* bytes without sense, many */
	LIAR_HANGS_LATER, /* says that it speaks, then nothing */
};

enum liar_web {
	LIAR_WEB_NONE, /* no answer to a search */
	LIAR_WEB_HONEST,
	LIAR_WEB_ELSEWHERE,	    /* the description is said to be at another address */
	LIAR_WEB_SERVICE_ELSEWHERE, /* the service is */
	LIAR_WEB_REFUSES_CONNECTION,
	LIAR_WEB_HANGS,	  /* accepts and says nothing */
	LIAR_WEB_DRIPS,	  /* a byte now and then */
	LIAR_WEB_ENDLESS, /* a body without end */
	LIAR_WEB_BROKEN_XML,
	LIAR_WEB_DEEP_XML, /* elements within elements */
	LIAR_WEB_LONG_NAMES,
	LIAR_WEB_NOT_HTTP,
	LIAR_WEB_HUGE_LENGTH,
	LIAR_WEB_PRIVATE, /* the outer address is a private one */
	LIAR_WEB_NO_ADDRESS,
	LIAR_WEB_CONFLICT, /* the first ports are taken */
	LIAR_WEB_PERMANENT_ONLY,
	LIAR_WEB_CHUNKED,
};

struct liar_config {
	enum liar_udp pcp;
	enum liar_udp nat_pmp;
	enum liar_web web;
};

/* Runs until it is killed. Says "ready" on standard output. */
int liar_main(void *config);

#endif
