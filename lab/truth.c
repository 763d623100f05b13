/* SPDX-License-Identifier: MIT */
#include "lab/truth.h"

#include <stdio.h>
#include <string.h>

#include "core/nat_report.h"

struct comparison {
	size_t n_wrong;
	size_t n_text;
	char *text;
};

static void complain(struct comparison *comparison, const char *field, const char *is,
		     const char *wanted)
{
	int n = snprintf(comparison->text + comparison->n_text,
			 TRUTH_TEXT_SIZE - comparison->n_text, "%s%s %s, not %s",
			 comparison->n_wrong > 0 ? "; " : "", field, is, wanted);

	comparison->n_wrong++;
	if (n > 0 && comparison->n_text + (size_t)n < TRUTH_TEXT_SIZE)
		comparison->n_text += (size_t)n;
}

static void compare_answer(struct comparison *comparison, const char *field,
			   enum midair_answer is, enum report_answer wanted, bool shows)
{
	if ((int)is == (int)wanted || (is == MIDAIR_UNKNOWN && !shows))
		return;
	complain(comparison, field, midair_answer_name(is),
		 midair_answer_name((enum midair_answer)wanted));
}

/* What can be foreseen of the outer port that another destination sees. */
struct foresight {
	bool of_same_address;
	bool of_any;
};

static struct foresight foresight_of(const struct nat_behavior *behavior, bool is_translated)
{
	bool is_kept = !is_translated || behavior->allocation == NAT_ALLOCATION_PRESERVING ||
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

static void compare_kinds(struct comparison *comparison, const struct nat_report *truth,
			  const struct midair_nat *is)
{
	if ((int)is->mapping != (int)truth->mapping)
		complain(comparison, "mapping", midair_mapping_name(is->mapping),
			 midair_mapping_name((enum midair_mapping)truth->mapping));
	if ((int)is->allocation != (int)truth->allocation)
		complain(comparison, "allocation", midair_allocation_name(is->allocation),
			 midair_allocation_name((enum midair_allocation)truth->allocation));
	if ((int)is->filtering != (int)truth->filtering)
		complain(comparison, "filtering", midair_filtering_name(is->filtering),
			 midair_filtering_name((enum midair_filtering)truth->filtering));
	if ((int)is->reaction != (int)truth->reaction)
		complain(comparison, "reaction", midair_reaction_name(is->reaction),
			 midair_reaction_name((enum midair_reaction)truth->reaction));
}

static void compare_delta(struct comparison *comparison, const struct nat_report *truth,
			  const struct midair_nat *is)
{
	char text[2][24];

	if (is->delta == truth->delta)
		return;
	snprintf(text[0], sizeof(text[0]), "%d", is->delta);
	snprintf(text[1], sizeof(text[1]), "%d", truth->delta);
	complain(comparison, "delta", text[0], text[1]);
}

size_t truth_compare(const struct nat_behavior *behavior, enum midair_family family,
		     const struct midair_nat *is, char text[TRUTH_TEXT_SIZE])
{
	struct comparison comparison = {.text = text};
	bool is_filter = behavior->is_firewall || family == MIDAIR_IPV6;
	bool is_translated = !behavior->is_public && !is_filter;
	struct foresight foresight = foresight_of(behavior, is_translated);
	struct midair_endpoint any = {.family = (uint8_t)family};
	struct nat_report truth;

	text[0] = '\0';
	if (is->result != 0) {
		complain(&comparison, "the check failed:", midair_strerror(is->result), "so");
		return comparison.n_wrong;
	}
	nat_report_of_behavior(&truth, behavior, &any, &any);
	if (is_translated && behavior->allocation == NAT_ALLOCATION_PRESERVING)
		truth.mapping = REPORT_MAPPING_ENDPOINT_INDEPENDENT;
	compare_kinds(&comparison, &truth, is);
	compare_delta(&comparison, &truth, is);
	compare_answer(&comparison, "syn_in", is->syn_in, truth.syn_in,
		       foresight.of_same_address);
	compare_answer(&comparison, "reset_closes", is->reset_closes, truth.reset_closes,
		       foresight.of_same_address && !behavior->refuses_syn_in &&
			       behavior->filtering == NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT);
	compare_answer(&comparison, "hairpin", is->hairpin, truth.hairpin,
		       shows_hairpin(behavior, foresight));
	if (is->n_layers != truth.n_layers && !(is->n_layers == -1 && truth.n_layers == 1))
		complain(&comparison, "layers", "wrong", "so");
	return comparison.n_wrong;
}
