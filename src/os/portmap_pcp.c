/* SPDX-License-Identifier: MIT */
/* PCP: one datagram each way, said again until it is answered. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/pcp.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/gateway.h"
#include "os/portmap_internal.h"
#include "os/stream_socket.h"

/* RFC 6887, 8.1.1 begins with 3 s; a gateway is on our link, and answers in milliseconds. Doubled
 * each time. */
#define AGAIN_NS (250 * UINT64_C(1000000))
/* Datagrams read in one go; more come with the next dispatch. */
#define READ_BATCH 8

struct pcp {
	int fd;
	struct midair_endpoint local; /* of the socket */
	bool is_mapping;	      /* the question is a MAP */
	struct pcp_mapping asked;
	uint64_t pause_ns;
	size_t n_request;
	uint8_t request[PCP_REQUEST_BYTES];
};

static struct pcp *pcp_of(const struct portmap *portmap)
{
	return portmap->lanes[PORTMAP_PCP].context;
}

static void say(struct portmap *portmap)
{
	struct pcp *pcp = pcp_of(portmap);
	ssize_t n = stream_socket_send(pcp->fd, pcp->request, pcp->n_request);

	portmap->lanes[PORTMAP_PCP].again_ns = clock_now_ns() + pcp->pause_ns;
	pcp->pause_ns *= 2;
	/* ICMP has told that nobody listens there. */
	if (n == -ECONNREFUSED)
		portmap_ended(portmap, PORTMAP_PCP);
}

static int pcp_ask(struct portmap *portmap)
{
	struct midair_endpoint remote = portmap->gateway;
	struct pcp *pcp = calloc(1, sizeof(*pcp));
	int result;

	if (pcp == NULL)
		return -ENOMEM;
	portmap->lanes[PORTMAP_PCP].context = pcp;
	remote.port = PCP_SERVER_PORT;
	pcp->fd = gateway_socket(&remote, &pcp->local);
	if (pcp->fd < 0)
		return pcp->fd;
	pcp->n_request = pcp_announce_request(&pcp->local, pcp->request);
	pcp->pause_ns = AGAIN_NS;
	result = loop_watch_input(&portmap->loop, pcp->fd, PORTMAP_PCP);
	if (result == 0)
		say(portmap);
	return result;
}

/* The nonce stays: with another one the gateway would refuse to refresh or to delete. */
static int pcp_map(struct portmap *portmap, uint32_t lifetime_s)
{
	struct pcp *pcp = pcp_of(portmap);
	const struct lane *lane = &portmap->lanes[PORTMAP_PCP];

	if (!pcp->is_mapping &&
	    getrandom(pcp->asked.nonce, PCP_NONCE_BYTES, 0) != PCP_NONCE_BYTES)
		return -EIO;
	pcp->is_mapping = true;
	pcp->asked.port = portmap->local.port;
	pcp->asked.lifetime_s = lifetime_s;
	pcp->asked.external = lane->external;
	if (lane->external.family == MIDAIR_FAMILY_NONE)
		pcp->asked.external.port = portmap->local.port;
	pcp->n_request = pcp_map_request(&pcp->local, &pcp->asked, pcp->request);
	pcp->pause_ns = AGAIN_NS;
	say(portmap);
	return 0;
}

static void take_mapping(struct portmap *portmap, const struct pcp_mapping *mapping)
{
	const struct mapping_grant grant = {
		.external = mapping->external,
		.port = mapping->port,
		.lifetime_s = mapping->lifetime_s,
	};

	/* The answer to an earlier request, of what was to be closed. */
	if (portmap->lanes[PORTMAP_PCP].state == LANE_RELEASING && mapping->lifetime_s != 0)
		return;
	if (portmap->lanes[PORTMAP_PCP].state == LANE_RELEASING)
		portmap_ended(portmap, PORTMAP_PCP);
	else
		portmap_granted(portmap, PORTMAP_PCP, &grant);
}

static void take(struct portmap *portmap, const uint8_t *bytes, size_t size)
{
	struct pcp *pcp = pcp_of(portmap);
	struct pcp_mapping mapping;

	switch (pcp_read(bytes, size, pcp->is_mapping ? &pcp->asked : NULL, &mapping)) {
	case PCP_FOREIGN:
		break;
	case PCP_ANNOUNCED:
		portmap_speaks(portmap, PORTMAP_PCP, NULL);
		break;
	case PCP_MAPPED:
		take_mapping(portmap, &mapping);
		break;
	case PCP_REFUSED: /* a server of PCP all the same, even if it has no ANNOUNCE */
		if (pcp->is_mapping)
			portmap_ended(portmap, PORTMAP_PCP);
		else
			portmap_speaks(portmap, PORTMAP_PCP, NULL);
		break;
	case PCP_NO_SERVER:
		portmap_ended(portmap, PORTMAP_PCP);
		break;
	}
}

static void pcp_on_ready(struct portmap *portmap, bool is_second)
{
	(void)is_second;
	for (int i = 0; i < READ_BATCH && pcp_of(portmap) != NULL; i++) {
		uint8_t bytes[PCP_ANSWER_MAX + 1];
		ssize_t n = stream_socket_receive(pcp_of(portmap)->fd, bytes, sizeof(bytes));

		if (n == -ECONNREFUSED)
			portmap_ended(portmap, PORTMAP_PCP);
		if (n < 0)
			return;
		take(portmap, bytes, (size_t)n);
	}
}

static void pcp_close(struct portmap *portmap)
{
	struct pcp *pcp = pcp_of(portmap);

	loop_forget(&portmap->loop, pcp->fd);
	close_fd(pcp->fd);
	free(pcp);
}

static const struct portmap_driver driver = {
	.ask = pcp_ask,
	.map = pcp_map,
	.on_ready = pcp_on_ready,
	.say_again = say,
	.close = pcp_close,
};

const struct portmap_driver *const portmap_pcp = &driver;
