/* SPDX-License-Identifier: MIT */
/* check_gateway: whether the first router opens ports on request, and how many boxes translate. */
#include "core/address_kind.h"
#include "lib/check_internal.h"
#include "os/gateway.h"

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

/* What it takes for its outer address; family NONE: it did not say. */
static struct midair_endpoint external_of(const struct check_family *family)
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (family->answers[i].external.family != MIDAIR_FAMILY_NONE)
			return family->answers[i].external;
	return (struct midair_endpoint){0};
}

static bool speaks_any(const struct check_family *family)
{
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		if (family->answers[i].speaks == MIDAIR_YES)
			return true;
	return false;
}

/* It is only asked what it speaks, and opens no port. A pairing that has one opened takes it under
 * the same conditions. */
enum mapping_state check_gateway_state(const struct check_family *family,
				       const struct nat_report *report)
{
	struct midair_endpoint external = external_of(family);

	if (!speaks_any(family) ||
	    address_kind(&family->check.config.server) != ADDRESS_PUBLIC ||
	    !mapping_is_wanted(&report->local, &family->gateway))
		return MAPPING_STATE_NONE;
	/* Nothing is translated there. Elsewhere PCP alone does not say where a port of it leads:
	 * perhaps only to another NAT. */
	if (report->mapping == REPORT_MAPPING_NONE)
		external = report->mapped;
	return mapping_is_where_seen(&external, &report->mapped) ? MAPPING_STATE_OPEN
								 : MAPPING_STATE_NONE;
}

void check_gateway_read(struct midair_nat *nat, const struct check_family *family)
{
	const struct midair_endpoint external = external_of(family);

	nat->gateway = family->gateway;
	nat->pcp = family->answers[PORTMAP_PCP].speaks;
	nat->nat_pmp = family->answers[PORTMAP_NAT_PMP].speaks;
	nat->upnp = family->answers[PORTMAP_UPNP].speaks;
	if (nat->mapping == MIDAIR_MAPPING_NONE || nat->mapped.family == MIDAIR_FAMILY_NONE ||
	    external.family == MIDAIR_FAMILY_NONE)
		return;
	/* What the first router takes for its outer address another one translates. */
	nat->n_layers = mapping_is_where_seen(&external, &nat->mapped) ? 1 : 2;
}
