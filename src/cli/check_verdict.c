/* SPDX-License-Identifier: MIT */
#include "cli/check_verdict.h"

#include <stdio.h>

struct count {
	size_t n_relayed;
	size_t n_by_port;
	bool is_sure;
};

bool check_needs_port(const struct midair_reach *reach)
{
	/* The ways are in the order of their worth. */
	return reach->way < reach->way_without_port;
}

bool check_is_gateway_helpful(const struct midair_nat *nat)
{
	return nat->pcp == MIDAIR_YES || nat->nat_pmp == MIDAIR_YES || nat->upnp == MIDAIR_YES;
}

static struct count count_reaches(const struct midair_nat *nat)
{
	struct count count = {.is_sure = true};

	for (size_t i = 0; i < nat->n_reaches; i++) {
		count.n_relayed += nat->reaches[i].way == MIDAIR_WAY_NONE;
		count.n_by_port += check_needs_port(&nat->reaches[i]);
		count.is_sure &= nat->reaches[i].is_sure;
	}
	return count;
}

static const char *help_of(const struct midair_nat *nat)
{
	if (nat->mapping == MIDAIR_MAPPING_NONE)
		return "a port that the firewall opens would help";
	if (nat->n_layers > 1 && check_is_gateway_helpful(nat))
		return "the gateway opens ports, but another NAT is behind it: IPv6 would help";
	return "IPv6, or a port that the router opens, would help";
}

const char *check_verdict(const struct midair_nat *nat, char buffer[CHECK_VERDICT_SIZE])
{
	struct count count = count_reaches(nat);
	const char *caution = count.is_sure ? "" : "as far as is known, ";

	if (nat->n_reaches == 0)
		buffer[0] = '\0';
	else if (count.n_relayed > 0)
		snprintf(buffer, CHECK_VERDICT_SIZE,
			 "%s%zu of %zu kinds of peers only through a relay; %s", caution,
			 count.n_relayed, nat->n_reaches, help_of(nat));
	else if (count.n_by_port > 0)
		snprintf(buffer, CHECK_VERDICT_SIZE,
			 "%severy kind of peer can be reached directly, %zu of %zu by a port "
			 "that the gateway opens",
			 caution, count.n_by_port, nat->n_reaches);
	else
		snprintf(buffer, CHECK_VERDICT_SIZE,
			 "%severy kind of peer can be reached directly", caution);
	return buffer;
}
