/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include "core/address_kind.h"
#include "core/endpoint.h"

#include <string.h>

static enum mapping_verdict judge_address(const struct midair_endpoint *external,
					  const struct midair_endpoint *local)
{
	if (external->family != local->family)
		return MAPPING_USELESS;
	if (local->family == MIDAIR_IPV6)
		return memcmp(external->address, local->address, sizeof(local->address)) == 0
			       ? MAPPING_GOOD
			       : MAPPING_USELESS;
	switch (address_kind(external)) {
	case ADDRESS_PUBLIC:
		return MAPPING_GOOD;
	case ADDRESS_PRIVATE:
	case ADDRESS_LINK:
		return MAPPING_DOUBLE_NAT;
	case ADDRESS_LOOPBACK:
	case ADDRESS_NO_HOST:
		return MAPPING_USELESS;
	}
	return MAPPING_USELESS;
}

enum mapping_verdict mapping_judge(const struct mapping_grant *grant,
				   const struct midair_endpoint *local)
{
	if (grant->external.port == 0 || grant->port != local->port)
		return MAPPING_USELESS;
	if (grant->lifetime_s < MAPPING_LIFETIME_LEAST_S)
		return MAPPING_TOO_SHORT;
	return judge_address(&grant->external, local);
}

static bool is_inside(const struct midair_endpoint *endpoint)
{
	enum address_kind kind = address_kind(endpoint);

	return kind == ADDRESS_PRIVATE || kind == ADDRESS_LINK;
}

bool mapping_is_wanted(const struct midair_endpoint *local,
		       const struct midair_endpoint *gateway)
{
	if (local->family != gateway->family || !is_inside(gateway))
		return false;
	return local->family == MIDAIR_IPV6 ? address_kind(local) == ADDRESS_PUBLIC
					    : is_inside(local);
}

bool mapping_is_where_seen(const struct midair_endpoint *external,
			   const struct midair_endpoint *observed)
{
	return external->family != MIDAIR_FAMILY_NONE &&
	       endpoint_is_same_address(external, observed);
}

void mapping_report(struct nat_report *report, enum mapping_state state)
{
	switch (state) {
	case MAPPING_STATE_NONE:
		break;
	case MAPPING_STATE_PENDING:
		if (report->filtering != REPORT_FILTERING_ENDPOINT_INDEPENDENT)
			report->filtering = REPORT_FILTERING_UNKNOWN;
		break;
	case MAPPING_STATE_OPEN:
		report->filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT;
		report->reaction = REPORT_REACTION_NONE;
		break;
	}
}

uint32_t mapping_refresh_s(uint32_t lifetime_s)
{
	return (lifetime_s < MAPPING_LIFETIME_S ? lifetime_s : MAPPING_LIFETIME_S) / 2;
}
