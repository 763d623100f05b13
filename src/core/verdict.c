/* SPDX-License-Identifier: MIT */
#include "core/verdict.h"

#include <assert.h>
#include <string.h>

struct typical {
	const char *name;
	const char *peer;
	const char *behavior; /* nat_behavior_parse() */
};

static const struct typical peers_ipv4[] = {
	{"public", "a public host", "public"},
	{"nat1", "NAT1, full cone", "eim/eif"},
	{"nat2", "NAT2, address-restricted", "eim/adf"},
	{"nat3-drop", "NAT3, drops strangers", "eim/apdf"},
	{"nat3-reset", "NAT3, resets strangers", "eim/apdf/rst"},
	{"nat4-sequential", "NAT4, ports in order", "apdm/apdf/sequential:1"},
	{"nat4-random", "NAT4, random ports", "apdm/apdf/random"},
};

static const struct typical peers_ipv6[] = {
	{"public", "a public host", "public"},
	{"firewall-drop", "a firewall that drops", "firewall/drop"},
	{"firewall-reset", "a firewall that resets", "firewall/rst"},
};

#define N_IPV4 (sizeof(peers_ipv4) / sizeof(peers_ipv4[0]))
#define N_IPV6 (sizeof(peers_ipv6) / sizeof(peers_ipv6[0]))
static_assert(N_IPV4 <= MIDAIR_REACHES_MAX && N_IPV6 <= MIDAIR_REACHES_MAX, "room for all");

bool verdict_read(const struct nat_report *report, uint32_t nth, struct verdict *verdict)
{
	bool is_ipv6 = report->family == MIDAIR_IPV6;
	/* Addresses for documentation (RFC 5737, RFC 3849): nobody is dialled. */
	const struct midair_endpoint outer = {
		.family = report->family,
		.address = {is_ipv6 ? 0x20 : 192, is_ipv6 ? 0x01 : 0, is_ipv6 ? 0x0d : 2,
			    is_ipv6 ? 0xb8 : 77},
		.port = 40000,
	};
	struct nat_behavior behavior;
	struct nat_report peer;
	struct plan plan;

	if (nth >= (is_ipv6 ? N_IPV6 : N_IPV4))
		return false;
	const struct typical *typical = is_ipv6 ? &peers_ipv6[nth] : &peers_ipv4[nth];

	if (nat_behavior_parse(&behavior, typical->behavior) != 0)
		return false;
	nat_report_of_behavior(&peer, &behavior, &outer, &outer);
	plan_make(&plan, report, &peer);
	*verdict = (struct verdict){
		.name = typical->name,
		.peer = typical->peer,
		.method = plan.method,
		.reason = plan.reason,
		.is_sure = plan.is_sure,
	};
	return true;
}

/* Of a NAT whose outer port is the same for every destination, or is the local one. */
static enum midair_nat_type cone_type(enum report_filtering filtering)
{
	switch (filtering) {
	case REPORT_FILTERING_ENDPOINT_INDEPENDENT:
		return MIDAIR_NAT_1;
	case REPORT_FILTERING_ADDRESS_DEPENDENT:
		return MIDAIR_NAT_2;
	case REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		return MIDAIR_NAT_3;
	case REPORT_FILTERING_UNKNOWN:
	case REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT:
		break;
	}
	return MIDAIR_NAT_UNKNOWN;
}

enum midair_nat_type verdict_type(const struct nat_report *report)
{
	switch (report->mapping) {
	case REPORT_MAPPING_UNKNOWN:
		break;
	case REPORT_MAPPING_NONE:
		if (report->filtering == REPORT_FILTERING_UNKNOWN)
			break;
		return report->filtering == REPORT_FILTERING_ENDPOINT_INDEPENDENT
			       ? MIDAIR_NAT_OPEN
			       : MIDAIR_NAT_FIREWALL;
	case REPORT_MAPPING_ENDPOINT_INDEPENDENT:
	case REPORT_MAPPING_NOT_PORT_DEPENDENT:
		return cone_type(report->filtering);
	case REPORT_MAPPING_ADDRESS_DEPENDENT:
	case REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT:
		return MIDAIR_NAT_4;
	}
	return MIDAIR_NAT_UNKNOWN;
}
