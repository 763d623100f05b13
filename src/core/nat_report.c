/* SPDX-License-Identifier: MIT */
#include "core/nat_report.h"

#include <string.h>

static enum report_mapping mapping_of(const struct nat_behavior *behavior)
{
	switch (behavior->mapping) {
	case NAT_MAPPING_ENDPOINT_INDEPENDENT:
		return REPORT_MAPPING_ENDPOINT_INDEPENDENT;
	case NAT_MAPPING_ADDRESS_DEPENDENT:
		return REPORT_MAPPING_ADDRESS_DEPENDENT;
	case NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT;
}

static enum report_allocation allocation_of(const struct nat_behavior *behavior)
{
	switch (behavior->allocation) {
	case NAT_ALLOCATION_PRESERVING:
		return REPORT_ALLOCATION_PRESERVING;
	case NAT_ALLOCATION_SEQUENTIAL:
		return REPORT_ALLOCATION_SEQUENTIAL;
	case NAT_ALLOCATION_RANDOM:
		break;
	}
	return REPORT_ALLOCATION_RANDOM;
}

static enum report_filtering filtering_of(const struct nat_behavior *behavior)
{
	switch (behavior->filtering) {
	case NAT_FILTERING_ENDPOINT_INDEPENDENT:
		return REPORT_FILTERING_ENDPOINT_INDEPENDENT;
	case NAT_FILTERING_ADDRESS_DEPENDENT:
		return REPORT_FILTERING_ADDRESS_DEPENDENT;
	case NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
}

/* Of a mapping that is open to all nobody learns how the box would have answered. */
static enum report_reaction reaction_of(const struct nat_behavior *behavior)
{
	if (behavior->filtering == NAT_FILTERING_ENDPOINT_INDEPENDENT)
		return REPORT_REACTION_NONE;
	switch (behavior->reaction) {
	case NAT_REACTION_DROP:
		return REPORT_REACTION_DROP;
	case NAT_REACTION_RESET:
	case NAT_REACTION_KERNEL:
		return REPORT_REACTION_RESET;
	case NAT_REACTION_UNREACHABLE:
		break;
	}
	return REPORT_REACTION_UNREACHABLE;
}

static void report_filter(struct nat_report *report, const struct nat_behavior *behavior)
{
	report->filtering = filtering_of(behavior);
	report->reaction = reaction_of(behavior);
	report->syn_in = behavior->refuses_syn_in ? REPORT_NO : REPORT_YES;
	report->reset_closes = behavior->keeps_on_reset ? REPORT_NO : REPORT_YES;
}

static void report_translation(struct nat_report *report, const struct nat_behavior *behavior)
{
	report->mapping = mapping_of(behavior);
	report->allocation = allocation_of(behavior);
	report->hairpin = behavior->hairpins ? REPORT_YES : REPORT_NO;
	report->n_layers = 1;
	if (behavior->allocation != NAT_ALLOCATION_SEQUENTIAL)
		return;
	report->delta = behavior->allocation_delta < INT16_MAX
				? (int16_t)behavior->allocation_delta
				: INT16_MAX;
	report->last_port = report->mapped.port;
}

void nat_report_of_behavior(struct nat_report *report, const struct nat_behavior *behavior,
			    const struct midair_endpoint *local,
			    const struct midair_endpoint *mapped)
{
	memset(report, 0, sizeof(*report));
	report->family = mapped->family;
	report->local = *local;
	report->mapped = *mapped;
	report->mapping = REPORT_MAPPING_NONE;
	report->allocation = REPORT_ALLOCATION_PRESERVING;
	if (behavior->is_public) {
		report->filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT;
		report->reaction = REPORT_REACTION_NONE;
		report->syn_in = REPORT_YES;
		return;
	}
	report_filter(report, behavior);
	/* IPv6 is filtered, never translated */
	if (!behavior->is_firewall && mapped->family == MIDAIR_IPV4)
		report_translation(report, behavior);
}
