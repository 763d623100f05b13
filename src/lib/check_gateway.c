/* SPDX-License-Identifier: MIT */
/* check_gateway: whether the first router opens ports on request, and how many boxes translate. */
#include "lib/check_internal.h"
#include "os/gateway.h"

static bool is_same_host(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	struct midair_endpoint x = *a;

	x.port = b->port;
	return midair_endpoint_equal(&x, b);
}

void check_gateway_ask(struct midair_check *check, struct check_family *family)
{
	const struct midair_endpoint *server = &family->check.config.server;
	struct portmap_config config = {.port = 0};

	/* No router is on the way to a server of this host. */
	if (check_is_loopback(server) ||
	    gateway_find((enum midair_family)server->family, &config.gateway) != 0)
		return;
	if (portmap_new(&family->portmap, &config) != 0)
		return;
	family->gateway = config.gateway;
	/* Without its answers the rest is told all the same. */
	(void)loop_watch_input(&check->loop, portmap_fd(family->portmap), CHECK_GATEWAY_TAG);
}

void check_gateway_step(struct check_family *family)
{
	if (family->portmap == NULL)
		return;
	portmap_dispatch(family->portmap);
	portmap_read(family->portmap, family->answers);
}

bool check_gateway_is_waiting(const struct check_family *family)
{
	return family->portmap != NULL && !portmap_is_settled(family->portmap);
}

void check_gateway_end(struct midair_check *check, struct check_family *family)
{
	if (family->portmap == NULL)
		return;
	loop_forget(&check->loop, portmap_fd(family->portmap));
	family->portmap = portmap_free(family->portmap, 0);
}

void check_gateway_read(struct midair_nat *nat, const struct check_family *family)
{
	nat->gateway = family->gateway;
	nat->pcp = family->answers[PORTMAP_PCP].speaks;
	nat->nat_pmp = family->answers[PORTMAP_NAT_PMP].speaks;
	nat->upnp = family->answers[PORTMAP_UPNP].speaks;
	if (nat->mapping == MIDAIR_MAPPING_NONE || nat->mapped.family == MIDAIR_FAMILY_NONE)
		return;
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++) {
		const struct midair_endpoint *external = &family->answers[i].external;

		if (external->family == MIDAIR_FAMILY_NONE)
			continue;
		/* What the first router takes for its outer address another one translates. */
		nat->n_layers = is_same_host(external, &nat->mapped) ? 1 : 2;
		return;
	}
}
