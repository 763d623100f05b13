/* SPDX-License-Identifier: MIT */
/*
 * A port that our router opens for us. See pair_internal.h.
 *
 * Asked for when the attempt begins, so that it is there, or not, before the other side comes.
 * Nothing waits for it: what is granted after the introduction is told in a message of its own.
 */
#include "core/address_kind.h"
#include "core/mapping.h"
#include "lib/pair_internal.h"
#include "os/cleanup.h"
#include "os/gateway.h"
#include "os/portmap.h"

#include <string.h>

/* At the end, for a router that has opened a port and now says nothing. */
#define RELEASE_PATIENCE_MS 300

/* A server in public is who sees a NAT from outside. One on our own network, or this machine, has
 * nothing between it and us, and then there is nothing to open. */
static bool has_public_server(const struct pairing *pairing, uint8_t family)
{
	const struct approach_config *config = &pairing->approach.config;

	for (uint32_t i = 0; i < config->n_servers; i++)
		if (config->servers[i].family == family &&
		    address_kind(&config->servers[i]) == ADDRESS_PUBLIC)
			return true;
	return false;
}

/* Bound to another address, the router would lead to a port where nobody listens. */
static bool is_bound_elsewhere(const struct pairing *pairing,
			       const struct midair_endpoint *local)
{
	static const uint8_t any[sizeof(local->address)] = {0};
	const struct midair_endpoint *bound = &pairing->session->config.local;

	return bound->family == local->family &&
	       memcmp(bound->address, any, sizeof(any)) != 0 &&
	       memcmp(bound->address, local->address, sizeof(any)) != 0;
}

static bool is_wanted(const struct pairing *pairing, const struct midair_endpoint *gateway)
{
	struct midair_endpoint remote = *gateway;
	struct midair_endpoint local;
	int fd;

	remote.port = 1;
	fd = gateway_socket(&remote, &local);
	if (fd < 0)
		return false;
	close_fd(fd);
	return mapping_is_wanted(&local, gateway) && !is_bound_elsewhere(pairing, &local);
}

static void start(struct pairing *pairing, uint32_t holder)
{
	struct midair_session *session = pairing->session;
	uint8_t family = holder == HOLDER_IPV6 ? MIDAIR_IPV6 : MIDAIR_IPV4;
	struct portmap_config config = {.port = session->local[holder].port};
	struct portmap *portmap;

	if (session->holder_fds[holder] < 0 || !has_public_server(pairing, family) ||
	    gateway_find((enum midair_family)family, &config.gateway) != 0 ||
	    !is_wanted(pairing, &config.gateway) || portmap_new(&portmap, &config) != 0)
		return;
	pairing->portmaps[holder] = portmap;
	if (loop_watch_input(&session->loop, portmap_fd(portmap),
			     PAIRING_TAG + PAIR_MAPPING_TAG + holder) != 0)
		pairing->portmaps[holder] = portmap_free(portmap, 0);
}

/* A mapping leads to the listener, so there must be one. */
void pair_map(struct pairing *pairing)
{
	uint32_t flags = pairing->session->config.flags;

	if ((flags & (MIDAIR_NO_PORTMAP | MIDAIR_NO_LISTEN)) != 0)
		return;
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		start(pairing, i);
}

/* The approach knows of such news from the STUN server, and what to do: tell the peer. */
void pair_map_ready(struct pairing *pairing, uint32_t holder)
{
	struct midair_endpoint *mapped = &pairing->view.mapped[holder];
	struct midair_endpoint before = *mapped;
	const struct midair_endpoint *external;

	if (pairing->portmaps[holder] == NULL)
		return;
	portmap_dispatch(pairing->portmaps[holder]);
	external = portmap_external(pairing->portmaps[holder]);
	*mapped = external != NULL ? *external : (struct midair_endpoint){0};
	if (external != NULL && !midair_endpoint_equal(mapped, &before) &&
	    candidates_is_mapping_known(&pairing->view, holder))
		pair_feed(pairing, &(struct approach_event){.type = APPROACH_EVENT_MAPPED});
	else if (portmap_is_settled(pairing->portmaps[holder]))
		pair_news(pairing, true);
}

void pair_map_report(const struct pairing *pairing, uint32_t holder, struct nat_report *report)
{
	const struct portmap *portmap = pairing->portmaps[holder];

	if (candidates_is_mapping_known(&pairing->view, holder))
		mapping_report(report, MAPPING_STATE_OPEN);
	else if (portmap != NULL && !portmap_is_settled(portmap))
		mapping_report(report, MAPPING_STATE_PENDING);
}

void pair_map_over(struct pairing *pairing)
{
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		if (pairing->portmaps[i] != NULL)
			loop_forget(&pairing->session->loop, portmap_fd(pairing->portmaps[i]));
}

void pair_map_free(struct pairing *pairing)
{
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		pairing->portmaps[i] = portmap_free(pairing->portmaps[i], RELEASE_PATIENCE_MS);
}
