/* SPDX-License-Identifier: MIT */
/*
 * NAT-PMP (RFC 6886) by libnatpmp, which sends and reads without waiting, and says a question
 * again when it is asked to read in time. One question is under way at a time. It does not look at
 * an answer's size before it reads the fields, so one that is too short never gets to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <natpmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/portmap_internal.h"
#include "os/stream_socket.h"

#define ERROR_BYTES    8
#define ADDRESS_BYTES  12
#define MAPPING_BYTES  16
#define ANSWER_ADDRESS 128
/* Datagrams dropped in one go. */
#define DROP_BATCH 8

struct nat_pmp {
	bool is_open;
	natpmp_t client;
	uint16_t asked;			 /* NATPMP_RESPTYPE_* that is due */
	struct midair_endpoint external; /* port 0: as it said first */
};

static struct nat_pmp *nat_pmp_of(const struct portmap *portmap)
{
	return portmap->lanes[PORTMAP_NAT_PMP].context;
}

static void arm_again(struct portmap *portmap)
{
	struct timeval left = {0};
	struct lane *lane = &portmap->lanes[PORTMAP_NAT_PMP];

	lane->again_ns = PORTMAP_NEVER;
	if (getnatpmprequesttimeout(&nat_pmp_of(portmap)->client, &left) != 0)
		return;
	lane->again_ns = clock_now_ns() + UINT64_C(1000000);
	if (left.tv_sec >= 0)
		lane->again_ns += (uint64_t)left.tv_sec * UINT64_C(1000000000) +
				  (uint64_t)left.tv_usec * 1000;
}

static int nat_pmp_open(struct nat_pmp *nat_pmp, const struct midair_endpoint *gateway)
{
	in_addr_t address;

	memcpy(&address, gateway->address, sizeof(address));
	if (initnatpmp(&nat_pmp->client, 1, address) != 0)
		return errno != 0 ? -errno : -EIO;
	nat_pmp->is_open = true;
	return fcntl(nat_pmp->client.s, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

static int nat_pmp_ask(struct portmap *portmap)
{
	struct nat_pmp *nat_pmp = calloc(1, sizeof(*nat_pmp));
	int result;

	if (nat_pmp == NULL)
		return -ENOMEM;
	portmap->lanes[PORTMAP_NAT_PMP].context = nat_pmp;
	result = nat_pmp_open(nat_pmp, &portmap->gateway);
	if (result == 0)
		result = loop_watch_input(&portmap->loop, nat_pmp->client.s, PORTMAP_NAT_PMP);
	nat_pmp->asked = NATPMP_RESPTYPE_PUBLICADDRESS;
	if (result == 0 && sendpublicaddressrequest(&nat_pmp->client) < 0)
		result = -EIO;
	if (result == 0)
		arm_again(portmap);
	return result;
}

/* RFC 6886, 3.4: a deletion names no outer port. */
static int nat_pmp_map(struct portmap *portmap, uint32_t lifetime_s)
{
	const struct lane *lane = &portmap->lanes[PORTMAP_NAT_PMP];
	uint16_t port = portmap->local.port;
	uint16_t external_port = lane->external.port != 0 ? lane->external.port : port;

	nat_pmp_of(portmap)->asked = NATPMP_RESPTYPE_TCPPORTMAPPING;
	if (sendnewportmappingrequest(&nat_pmp_of(portmap)->client, NATPMP_PROTOCOL_TCP, port,
				      lifetime_s != 0 ? external_port : 0, lifetime_s) < 0)
		return -EIO;
	arm_again(portmap);
	return 0;
}

static void take_address(struct portmap *portmap, const natpmpresp_t *response)
{
	struct nat_pmp *nat_pmp = nat_pmp_of(portmap);

	nat_pmp->external = (struct midair_endpoint){.family = MIDAIR_IPV4};
	memcpy(nat_pmp->external.address, &response->pnu.publicaddress.addr, 4);
	portmap_speaks(portmap, PORTMAP_NAT_PMP, &nat_pmp->external);
}

static void take_mapping(struct portmap *portmap, const natpmpresp_t *response)
{
	struct mapping_grant grant = {
		.external = nat_pmp_of(portmap)->external,
		.port = response->pnu.newportmapping.privateport,
		.lifetime_s = response->pnu.newportmapping.lifetime,
	};

	grant.external.port = response->pnu.newportmapping.mappedpublicport;
	if (portmap->lanes[PORTMAP_NAT_PMP].state != LANE_RELEASING)
		portmap_granted(portmap, PORTMAP_NAT_PMP, &grant);
	else if (grant.lifetime_s == 0)
		portmap_ended(portmap, PORTMAP_NAT_PMP);
}

/* An old answer, said again by the gateway, must not end the wait for the one that is due. */
static void take(struct portmap *portmap, const natpmpresp_t *response)
{
	struct nat_pmp *nat_pmp = nat_pmp_of(portmap);

	if (response->type != nat_pmp->asked) {
		nat_pmp->client.has_pending_request = 1;
		arm_again(portmap);
		return;
	}
	portmap->lanes[PORTMAP_NAT_PMP].again_ns = PORTMAP_NEVER;
	if (response->type == NATPMP_RESPTYPE_PUBLICADDRESS)
		take_address(portmap, response);
	else
		take_mapping(portmap, response);
}

/* RFC 6886, 3.2, 3.3; an error has its first eight bytes only. */
static bool is_too_short(const uint8_t *bytes, ssize_t n)
{
	bool is_error = n >= ERROR_BYTES && (bytes[2] != 0 || bytes[3] != 0);

	return !is_error && n < (bytes[1] == ANSWER_ADDRESS ? ADDRESS_BYTES : MAPPING_BYTES);
}

/* Returns 0 when the next one may be read, -EAGAIN when more are to be dropped, or -errno. */
static int drop_short(const struct nat_pmp *nat_pmp)
{
	uint8_t bytes[MAPPING_BYTES] = {0};

	for (int i = 0; i < DROP_BATCH; i++) {
		ssize_t n =
			recv(nat_pmp->client.s, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!is_too_short(bytes, n))
			return 0;
		stream_socket_receive(nat_pmp->client.s, bytes, sizeof(bytes));
	}
	return -EAGAIN;
}

static void read_answer(struct portmap *portmap)
{
	struct nat_pmp *nat_pmp = nat_pmp_of(portmap);
	natpmpresp_t response = {0};
	int result = drop_short(nat_pmp);

	if (result == -EAGAIN)
		return;
	if (result != 0) {
		portmap_ended(portmap, PORTMAP_NAT_PMP);
		return;
	}
	switch (readnatpmpresponseorretry(&nat_pmp->client, &response)) {
	case 0:
		take(portmap, &response);
		break;
	case NATPMP_TRYAGAIN:
	case NATPMP_ERR_WRONGPACKETSOURCE:
		arm_again(portmap);
		break;
	case NATPMP_ERR_NOPENDINGREQ: /* an answer to nothing: off with it */
		stream_socket_receive(nat_pmp->client.s, &response, sizeof(response));
		break;
	default:
		portmap_ended(portmap, PORTMAP_NAT_PMP);
		break;
	}
}

static void nat_pmp_on_ready(struct portmap *portmap, bool is_second)
{
	(void)is_second;
	read_answer(portmap);
}

static void nat_pmp_close(struct portmap *portmap)
{
	struct nat_pmp *nat_pmp = nat_pmp_of(portmap);

	if (nat_pmp->is_open) {
		loop_forget(&portmap->loop, nat_pmp->client.s);
		closenatpmp(&nat_pmp->client);
	}
	free(nat_pmp);
}

static const struct portmap_driver driver = {
	.ask = nat_pmp_ask,
	.map = nat_pmp_map,
	.on_ready = nat_pmp_on_ready,
	.say_again = read_answer,
	.close = nat_pmp_close,
};

const struct portmap_driver *const portmap_nat_pmp = &driver;

const char *portmap_nat_pmp_feature(void)
{
	return "libnatpmp";
}
