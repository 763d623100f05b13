/* SPDX-License-Identifier: MIT */
#include "lab/truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/mapping.h"
#include "core/verdict.h"

void truth_field(struct truth_result *result, const char *field, bool is_right, const char *is,
		 const char *wanted)
{
	int n;

	result->n_fields++;
	if (is_right)
		return;
	n = snprintf(result->text + result->n_text, TRUTH_TEXT_SIZE - result->n_text,
		     "%s%s is %s, not %s", result->n_wrong > 0 ? "; " : "", field, is, wanted);
	result->n_wrong++;
	if (n > 0 && result->n_text + (size_t)n < TRUTH_TEXT_SIZE)
		result->n_text += (size_t)n;
}

void truth_word(struct truth_result *result, const char *field, const char *is,
		const char *wanted)
{
	truth_field(result, field, strcmp(is, wanted) == 0, is, wanted);
}

void truth_number(struct truth_result *result, const char *field, int64_t is, int64_t wanted)
{
	char texts[2][24];

	snprintf(texts[0], sizeof(texts[0]), "%" PRId64, is);
	snprintf(texts[1], sizeof(texts[1]), "%" PRId64, wanted);
	truth_word(result, field, texts[0], texts[1]);
}

/* A field that may not show. */
static void compare_answer(struct truth_result *result, const char *field,
			   enum midair_answer is, enum report_answer wanted, bool shows)
{
	bool is_hidden = is == MIDAIR_UNKNOWN && !shows && wanted != REPORT_UNKNOWN;

	result->n_hidden += is_hidden;
	truth_field(result, field, is_hidden || (int)is == (int)wanted, midair_answer_name(is),
		    midair_answer_name((enum midair_answer)wanted));
}

/* What can be foreseen of the outer port that another destination sees. */
struct foresight {
	bool of_same_address;
	bool of_any;
};

static bool is_translated(const struct truth *truth)
{
	return !truth->behavior.is_public && !truth->behavior.is_firewall &&
	       truth->family == MIDAIR_IPV4;
}

static struct foresight foresight_of(const struct truth *truth)
{
	const struct nat_behavior *behavior = &truth->behavior;
	bool is_kept = !is_translated(truth) ||
		       behavior->allocation == NAT_ALLOCATION_PRESERVING ||
		       behavior->mapping == NAT_MAPPING_ENDPOINT_INDEPENDENT;

	return (struct foresight){
		.of_same_address =
			is_kept || behavior->mapping == NAT_MAPPING_ADDRESS_DEPENDENT,
		.of_any = is_kept,
	};
}

static bool shows_hairpin(const struct nat_behavior *behavior, struct foresight foresight)
{
	switch (behavior->filtering) {
	case NAT_FILTERING_ENDPOINT_INDEPENDENT:
		return true;
	case NAT_FILTERING_ADDRESS_DEPENDENT:
		return foresight.of_any;
	case NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return foresight.of_any && !behavior->refuses_syn_in;
}

static bool shows_reset(const struct nat_behavior *behavior, struct foresight foresight)
{
	return foresight.of_same_address && !behavior->refuses_syn_in &&
	       behavior->filtering == NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
}

static enum midair_nat_type cone_of(enum nat_filtering filtering)
{
	switch (filtering) {
	case NAT_FILTERING_ENDPOINT_INDEPENDENT:
		return MIDAIR_NAT_1;
	case NAT_FILTERING_ADDRESS_DEPENDENT:
		return MIDAIR_NAT_2;
	case NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return MIDAIR_NAT_3;
}

/* Symmetric is who gives another port to another destination. */
static enum midair_nat_type type_of(const struct truth *truth)
{
	const struct nat_behavior *behavior = &truth->behavior;

	if (is_translated(truth))
		return foresight_of(truth).of_any ? cone_of(behavior->filtering) : MIDAIR_NAT_4;
	return behavior->is_public || behavior->filtering == NAT_FILTERING_ENDPOINT_INDEPENDENT
		       ? MIDAIR_NAT_OPEN
		       : MIDAIR_NAT_FIREWALL;
}

static void compare_kinds(struct truth_result *result, const struct nat_report *truth,
			  const struct midair_nat *is)
{
	truth_word(result, "mapping", midair_mapping_name(is->mapping),
		   midair_mapping_name((enum midair_mapping)truth->mapping));
	truth_word(result, "allocation", midair_allocation_name(is->allocation),
		   midair_allocation_name((enum midair_allocation)truth->allocation));
	truth_number(result, "delta", is->delta, truth->delta);
	truth_word(result, "filtering", midair_filtering_name(is->filtering),
		   midair_filtering_name((enum midair_filtering)truth->filtering));
	truth_word(result, "reaction", midair_reaction_name(is->reaction),
		   midair_reaction_name((enum midair_reaction)truth->reaction));
}

static void compare_answers(struct truth_result *result, const struct truth *truth,
			    const struct nat_report *wanted, const struct midair_nat *is)
{
	struct foresight foresight = foresight_of(truth);

	compare_answer(result, "syn_in", is->syn_in, wanted->syn_in, foresight.of_same_address);
	compare_answer(result, "reset_closes", is->reset_closes, wanted->reset_closes,
		       shows_reset(&truth->behavior, foresight));
	compare_answer(result, "hairpin", is->hairpin, wanted->hairpin,
		       shows_hairpin(&truth->behavior, foresight));
}

/* does_all_show: syn_in does, on which ways and reasons hang. */
static void compare_reach(struct truth_result *result, const struct midair_reach *is,
			  const struct verdict *wanted, const struct verdict *without_port,
			  bool does_all_show)
{
	bool is_same_reason = strcmp(is->reason, plan_reason_name(wanted->reason)) == 0;
	bool is_reason_hidden =
		!does_all_show && !is_same_reason && wanted->reason != PLAN_REASON_NONE;

	if (!does_all_show && !is->is_sure) {
		result->n_hidden++;
		return;
	}
	truth_word(result, is->name, midair_way_name(is->way),
		   midair_way_name((enum midair_way)wanted->method));
	truth_word(result, is->name, midair_way_name(is->way_without_port),
		   midair_way_name((enum midair_way)without_port->method));
	result->n_hidden += is_reason_hidden;
	truth_field(result, is->name, is_same_reason || is_reason_hidden, is->reason,
		    plan_reason_name(wanted->reason));
	truth_field(result, is->name, is->is_sure, "not sure", "so");
}

/* The plan for the box as it is, which the simulator has tried. */
static void compare_reaches(struct truth_result *result, const struct truth *truth,
			    const struct nat_report *wanted, const struct midair_nat *is)
{
	const struct truth_place *place = &truth->place;
	bool is_known = place->tells_external || place->n_layers == 0;
	bool opens = (place->speaks_pcp || place->speaks_nat_pmp || place->speaks_upnp) &&
		     is_known && place->n_layers < 2;
	bool does_syn_in_show = foresight_of(truth).of_same_address;
	struct nat_report with_port = *wanted;
	struct verdict verdict, without;
	uint32_t n = 0;

	mapping_report(&with_port, opens ? MAPPING_STATE_OPEN : MAPPING_STATE_NONE);
	for (; n < is->n_reaches && verdict_read(&with_port, n, &verdict) &&
	       verdict_read(wanted, n, &without);
	     n++) {
		const struct midair_reach *reach = &is->reaches[n];

		truth_word(result, "peer", reach->name, verdict.name);
		compare_reach(result, reach, &verdict, &without, does_syn_in_show);
	}
	truth_number(result, "number of peers", (int64_t)is->n_reaches,
		     verdict_read(wanted, n, &verdict) ? n + 1 : n);
}

static void report_of(struct nat_report *report, const struct truth *truth)
{
	const struct nat_behavior *behavior = &truth->behavior;

	nat_report_of_behavior(report, behavior, &truth->place.host, &truth->place.mapped);
	if (is_translated(truth) && behavior->allocation == NAT_ALLOCATION_PRESERVING)
		report->mapping = REPORT_MAPPING_ENDPOINT_INDEPENDENT;
}

void truth_compare(struct truth_result *result, const struct truth *truth,
		   const struct midair_check_report *report)
{
	const struct midair_nat *is = &report->nats[truth->family == MIDAIR_IPV6 ? 1 : 0];
	const struct midair_nat *other = &report->nats[truth->family == MIDAIR_IPV6 ? 0 : 1];
	struct nat_report wanted;

	*result = (struct truth_result){0};
	truth_word(result, "result", midair_result_name(is->result), midair_result_name(0));
	truth_word(result, "the other family's result", midair_result_name(other->result),
		   midair_result_name(MIDAIR_E_NO_PATH));
	report_of(&wanted, truth);
	truth_word(result, "type", midair_nat_type_name(is->type),
		   midair_nat_type_name(type_of(truth)));
	compare_kinds(result, &wanted, is);
	compare_answers(result, truth, &wanted, is);
	truth_compare_place(result, truth, is);
	compare_reaches(result, truth, &wanted, is);
	truth_compare_host(result, &truth->host, &report->host);
}
