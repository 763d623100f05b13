/* SPDX-License-Identifier: MIT */
/* check_report: what the answers mean. */
#include <errno.h>
#include <string.h>

#include "core/check.h"

#define SLOT_MAPPING 5u

static bool is_told(const struct check *check, uint32_t link)
{
	return check->observed[link].family != MIDAIR_FAMILY_NONE;
}

static bool is_same(const struct check *check, uint32_t link)
{
	return midair_endpoint_equal(&check->observed[link], &check->observed[SLOT_MAPPING]);
}

/* The first sample that was told: the others may have failed. */
static uint32_t first_told(const struct check *check)
{
	uint32_t link = 0;

	while (link < CHECK_SAMPLES && !is_told(check, link))
		link++;
	return link;
}

static void find_allocation(const struct check *check, struct nat_report *report)
{
	struct midair_endpoint locals[CHECK_SAMPLES];
	struct midair_endpoint mapped[CHECK_SAMPLES];
	uint32_t n = 0;

	for (uint32_t link = 0; link < CHECK_SAMPLES; link++) {
		if (!is_told(check, link))
			continue;
		locals[n] = check->locals[link];
		mapped[n++] = check->observed[link];
	}
	report->allocation = check_allocation(locals, mapped, n, &report->delta);
	if (report->allocation != REPORT_ALLOCATION_SEQUENTIAL)
		report->delta = 0;
}

/* From the last sample on the one that is furthest in the direction of the steps. */
static void find_last_port(const struct check *check, struct nat_report *report)
{
	for (uint32_t link = 0; link < CHECK_SAMPLES; link++)
		if (is_told(check, link))
			report->last_port = check->observed[link].port;
	for (uint32_t link = 0; link < CHECK_LINK_SILENT; link++) {
		int32_t step = check_port_step(report->last_port, check->observed[link].port) *
			       (report->delta < 0 ? -1 : 1);

		/* Further than that it is of an earlier mapping. */
		if (is_told(check, link) && step > 0 && step <= CHECK_STEP_LARGEST)
			report->last_port = check->observed[link].port;
	}
}

static enum report_mapping mapping_of(const struct check *check)
{
	uint32_t first = first_told(check);

	if (midair_endpoint_equal(&check->locals[first], &check->observed[first]))
		return REPORT_MAPPING_NONE;
	if (!is_told(check, SLOT_MAPPING) || !is_told(check, CHECK_LINK_SECOND))
		return REPORT_MAPPING_UNKNOWN;
	if (!is_same(check, CHECK_LINK_SECOND))
		return REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT;
	if (!is_told(check, CHECK_LINK_OTHER))
		return REPORT_MAPPING_NOT_PORT_DEPENDENT;
	return is_same(check, CHECK_LINK_OTHER) ? REPORT_MAPPING_ENDPOINT_INDEPENDENT
						: REPORT_MAPPING_ADDRESS_DEPENDENT;
}

/* Whether a dial was made, and what the box answered. */
static bool has_result(const struct check *check, uint32_t kind)
{
	const struct check_probe *probe = &check->asked[kind];

	return probe->state == CHECK_YES && probe->result.outcome <= WIRE_PROBE_SILENCE;
}

static bool is_let_in(const struct check *check, uint32_t kind)
{
	return check->asked[kind].result.outcome == WIRE_PROBE_CONNECTED;
}

static enum report_filtering filtering_of(const struct check *check)
{
	bool has_fresh = has_result(check, WIRE_PROBE_FRESH);
	bool has_other = has_result(check, WIRE_PROBE_ALTERNATIVE);

	if (has_other && is_let_in(check, WIRE_PROBE_ALTERNATIVE))
		return REPORT_FILTERING_ENDPOINT_INDEPENDENT;
	if (has_fresh && !is_let_in(check, WIRE_PROBE_FRESH))
		return REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
	if (has_fresh && has_other)
		return REPORT_FILTERING_ADDRESS_DEPENDENT;
	if (has_other)
		return REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT;
	/* A stranger's port was let in, of a stranger's address nothing is known. */
	return REPORT_FILTERING_UNKNOWN;
}

static enum report_reaction reaction_to(const struct check *check, uint32_t kind)
{
	if (!has_result(check, kind))
		return REPORT_REACTION_UNKNOWN;
	switch ((enum wire_probe_outcome)check->asked[kind].result.outcome) {
	case WIRE_PROBE_CONNECTED:
		return REPORT_REACTION_NONE;
	case WIRE_PROBE_RESET:
		return REPORT_REACTION_RESET;
	case WIRE_PROBE_UNREACHABLE:
		return REPORT_REACTION_UNREACHABLE;
	case WIRE_PROBE_SILENCE:
		return REPORT_REACTION_DROP;
	case WIRE_PROBE_LIMITED:
	case WIRE_PROBE_UNABLE:
		break;
	}
	return REPORT_REACTION_UNKNOWN;
}

/* The most unwelcome one shows it. */
static enum report_reaction reaction_of(const struct check *check)
{
	enum report_reaction reaction = reaction_to(check, WIRE_PROBE_ALTERNATIVE);

	if (reaction == REPORT_REACTION_UNKNOWN)
		reaction = reaction_to(check, WIRE_PROBE_FRESH);
	/* From an address that is open already nothing is seen of it. */
	if (reaction == REPORT_REACTION_NONE &&
	    filtering_of(check) != REPORT_FILTERING_ENDPOINT_INDEPENDENT)
		return REPORT_REACTION_UNKNOWN;
	return reaction;
}

/* Whether another destination sees the same outer port. */
static bool is_predictable(const struct nat_report *report, bool has_same_address)
{
	switch (report->mapping) {
	case REPORT_MAPPING_NONE:
	case REPORT_MAPPING_ENDPOINT_INDEPENDENT:
		return true;
	case REPORT_MAPPING_ADDRESS_DEPENDENT:
	case REPORT_MAPPING_NOT_PORT_DEPENDENT:
		return has_same_address || report->allocation == REPORT_ALLOCATION_PRESERVING;
	case REPORT_MAPPING_UNKNOWN:
	case REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return report->allocation == REPORT_ALLOCATION_PRESERVING;
}

static enum report_answer syn_in_of(const struct check *check, const struct nat_report *report)
{
	if (!has_result(check, WIRE_PROBE_SILENT) || !is_predictable(report, true))
		return REPORT_UNKNOWN;
	if (is_let_in(check, WIRE_PROBE_SILENT))
		return REPORT_YES;
	/* It was not silent: our SYN was not out any more. */
	return check->links[CHECK_LINK_SILENT] == CHECK_NO ? REPORT_UNKNOWN : REPORT_NO;
}

static enum wire_probe_outcome outcome_of(const struct check *check, uint32_t probe)
{
	return (enum wire_probe_outcome)check->asked[probe].result.outcome;
}

/* Whether the SYN got in, by what the box answers to those that do not (see check.h). */
static enum report_answer got_in(const struct check *check, const struct nat_report *report)
{
	bool has_bare = has_result(check, CHECK_PROBE_BARE);
	bool has_caught = has_result(check, WIRE_PROBE_REFUSING);

	if (has_caught && is_let_in(check, WIRE_PROBE_REFUSING))
		return REPORT_YES;
	switch (report->reaction) {
	case REPORT_REACTION_DROP:
		if (!has_bare)
			break;
		return outcome_of(check, CHECK_PROBE_BARE) == WIRE_PROBE_RESET ? REPORT_YES
									       : REPORT_NO;
	case REPORT_REACTION_RESET:
	case REPORT_REACTION_UNREACHABLE:
		if (!has_caught)
			break;
		return outcome_of(check, WIRE_PROBE_REFUSING) == WIRE_PROBE_SILENCE ? REPORT_YES
										    : REPORT_NO;
	case REPORT_REACTION_UNKNOWN:
	case REPORT_REACTION_NONE:
		break;
	}
	return REPORT_UNKNOWN;
}

static enum report_answer reset_closes_of(const struct check *check,
					  const struct nat_report *report)
{
	enum report_answer has_got_in = got_in(check, report);

	if (!is_predictable(report, true) ||
	    report->filtering != REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT)
		return REPORT_UNKNOWN;
	if (has_got_in == REPORT_YES)
		return REPORT_NO;
	/* Where no SYN ever comes in after ours, this one's fate tells nothing. */
	return has_got_in == REPORT_NO && report->syn_in == REPORT_YES ? REPORT_YES
								       : REPORT_UNKNOWN;
}

/*
 * The second dial goes where the first one has opened the way: when it meets silence where the
 * first was refused, it has passed (and found nobody waiting any more).
 */
static bool has_passed_unheard(const struct check *check)
{
	return check->links[CHECK_LINK_HAIRPIN_A] == CHECK_NO &&
	       check->links[CHECK_LINK_HAIRPIN_B] == CHECK_WAITING &&
	       check->links[CHECK_LINK_HAIRPIN_FRESH] == CHECK_NO;
}

static enum report_answer hairpin_of(const struct check *check, const struct nat_report *report)
{
	bool is_exact = report->filtering == REPORT_FILTERING_UNKNOWN ||
			report->filtering == REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT ||
			report->filtering == REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;

	if (check->links[CHECK_LINK_HAIRPIN_A] == CHECK_UNUSED)
		return REPORT_UNKNOWN;
	if (check->is_hairpin || (is_exact && has_passed_unheard(check)))
		return REPORT_YES;
	if (report->filtering == REPORT_FILTERING_ENDPOINT_INDEPENDENT)
		return REPORT_NO;
	if (!is_predictable(report, false) || (is_exact && report->syn_in != REPORT_YES))
		return REPORT_UNKNOWN;
	return REPORT_NO;
}

bool check_is_port_unknown(const struct check *check)
{
	struct nat_report report;

	return check_report(check, &report) == 0 && report.mapping != REPORT_MAPPING_UNKNOWN &&
	       report.allocation != REPORT_ALLOCATION_UNKNOWN &&
	       !is_predictable(&report, false);
}

int check_report(const struct check *check, struct nat_report *report)
{
	uint32_t first = first_told(check);

	memset(report, 0, sizeof(*report));
	if (first == CHECK_SAMPLES) {
		if (check->refusal != 0)
			return check->refusal;
		return check->result != 0 ? check->result : MIDAIR_E_SERVER;
	}
	report->family = check->config.server.family;
	report->local = check->locals[first];
	report->mapped = check->observed[first];
	find_allocation(check, report);
	report->mapping = mapping_of(check);
	report->n_layers = report->mapping == REPORT_MAPPING_NONE ? 0 : UINT8_MAX;
	if (report->allocation == REPORT_ALLOCATION_SEQUENTIAL)
		find_last_port(check, report);
	report->filtering = filtering_of(check);
	report->reaction = reaction_of(check);
	report->syn_in = syn_in_of(check, report);
	report->reset_closes = reset_closes_of(check, report);
	report->hairpin = hairpin_of(check, report);
	return 0;
}
