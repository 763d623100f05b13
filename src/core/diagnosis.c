/* SPDX-License-Identifier: MIT */
#include "core/diagnosis.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/plan.h"

struct diagnosis_row {
	const char *name;
	const char *text;
	const char *explanation;
	enum midair_side side;
	enum midair_step step;
	uint32_t remedies;
};

static const struct diagnosis_row rows[] = {
#define DIAGNOSIS_ROW(constant, name, text, explanation, side, step, remedies)                 \
	[constant] = {                                                                         \
		name, text, explanation, MIDAIR_SIDE_##side, MIDAIR_STEP_##step, remedies,     \
	},
	DIAGNOSES(DIAGNOSIS_ROW)
#undef DIAGNOSIS_ROW
};

const char *diagnosis_explanation(enum diagnosis diagnosis)
{
	return rows[diagnosis].explanation;
}

/* What came back to the SYNs of one side. */
enum answer {
	ANSWER_UNKNOWN = 0, /* nothing was dialled, or nobody tells */
	ANSWER_SILENCE,
	ANSWER_RESET,
	ANSWER_UNREACHABLE,
	ANSWER_FILTER,
	ANSWER_MIXED, /* by different addresses */
};

static bool has_refusal(const struct timeline *timeline, uint32_t path,
			enum midair_refusal refusal)
{
	return timeline_count(timeline, TIMELINE_REFUSED, path, refusal) > 0;
}

/* Of one address. What a router says is rarer and says more than what a host says. */
static enum answer answer_on(const struct timeline *timeline, uint32_t path)
{
	if (timeline_count(timeline, TIMELINE_DIAL, path, TIMELINE_ANY) == 0)
		return ANSWER_UNKNOWN;
	if (has_refusal(timeline, path, MIDAIR_REFUSED_BY_FILTER))
		return ANSWER_FILTER;
	if (has_refusal(timeline, path, MIDAIR_REFUSED_BY_RESET))
		return ANSWER_RESET;
	if (has_refusal(timeline, path, MIDAIR_REFUSED_BY_UNREACHABLE))
		return ANSWER_UNREACHABLE;
	if (has_refusal(timeline, path, MIDAIR_REFUSED_BY_SELF))
		return ANSWER_UNKNOWN;
	return ANSWER_SILENCE;
}

/* Of a pairing the address that the server saw counts, when it was dialled: the others are of
 * networks that the two need not have in common. It is the first one of all. */
static enum answer answer_to(const struct timeline *timeline, bool is_pairing)
{
	enum answer answer = answer_on(timeline, 0);

	if (is_pairing && answer != ANSWER_UNKNOWN)
		return answer;
	for (uint32_t i = 1; i < timeline->n_paths; i++) {
		enum answer next = answer_on(timeline, i);

		if (answer == ANSWER_UNKNOWN)
			answer = next;
		else if (next != ANSWER_UNKNOWN && next != answer)
			answer = ANSWER_MIXED;
	}
	return answer;
}

static enum diagnosis diagnosis_of_reason(enum plan_reason reason)
{
	switch (reason) {
	case PLAN_REASON_RANDOM_BOTH:
		return DIAGNOSIS_RANDOM_BOTH;
	case PLAN_REASON_RANDOM_SEQUENTIAL:
		return DIAGNOSIS_RANDOM_SEQUENTIAL;
	case PLAN_REASON_SYN_IN_REFUSED:
		return DIAGNOSIS_SYN_IN_REFUSED;
	case PLAN_REASON_SYN_IN_ERROR:
		return DIAGNOSIS_SYN_IN_ERROR;
	case PLAN_REASON_NO_FAMILY:
		return DIAGNOSIS_NO_FAMILY;
	case PLAN_REASON_NONE:
		break;
	}
	return DIAGNOSIS_UNKNOWN;
}

static bool has_no_way(const struct timeline *timeline)
{
	return timeline->has_plan && timeline->way == MIDAIR_WAY_NONE &&
	       timeline->reason != PLAN_REASON_NONE;
}

/* Whose box it is. Without a report of either side the table says what is usual. */
static enum midair_side side_of_reason(const struct evidence *evidence, enum plan_reason reason)
{
	const struct nat_report *ours = evidence->our_report;
	const struct nat_report *theirs = evidence->their_report;
	bool is_ours = ours != NULL && plan_reason_is_of(reason, ours);
	bool is_theirs = theirs != NULL && plan_reason_is_of(reason, theirs);

	if (is_ours == is_theirs)
		return MIDAIR_SIDE_UNKNOWN;
	return is_ours ? MIDAIR_SIDE_OURS : MIDAIR_SIDE_THEIRS;
}

static uint32_t n_dialled(const struct timeline *timeline)
{
	return timeline_count(timeline, TIMELINE_DIAL, TIMELINE_ANY, TIMELINE_ANY);
}

static bool has_stood(const struct timeline *timeline)
{
	return timeline_count(timeline, TIMELINE_LANDED, TIMELINE_ANY, TIMELINE_ANY) > 0;
}

/* Somebody spoke who is not the other side. (An errno: the connection broke.) */
static bool has_met_stranger(const struct timeline *timeline)
{
	uint32_t n_all =
		timeline_count(timeline, TIMELINE_UNPROVEN, TIMELINE_ANY, TIMELINE_ANY);
	uint32_t n_broken =
		timeline_count(timeline, TIMELINE_UNPROVEN, TIMELINE_ANY, TIMELINE_OTHER) +
		timeline_count(timeline, TIMELINE_UNPROVEN, TIMELINE_ANY, MIDAIR_E_PEER_LEFT) +
		timeline_count(timeline, TIMELINE_UNPROVEN, TIMELINE_ANY, MIDAIR_E_LIMIT);

	return n_all > n_broken;
}

static enum diagnosis diagnosis_of_answer(enum answer answer)
{
	switch (answer) {
	case ANSWER_SILENCE:
		return DIAGNOSIS_SILENCE;
	case ANSWER_RESET:
		return DIAGNOSIS_REFUSED;
	case ANSWER_UNREACHABLE:
		return DIAGNOSIS_UNREACHABLE;
	case ANSWER_FILTER:
		return DIAGNOSIS_FILTERED;
	case ANSWER_MIXED:
		return DIAGNOSIS_NOT_MET;
	case ANSWER_UNKNOWN:
		break;
	}
	return DIAGNOSIS_UNKNOWN;
}

static enum diagnosis weigh_answers(const struct evidence *evidence, enum midair_side *side)
{
	enum answer ours = answer_to(evidence->ours, evidence->is_pairing);
	enum answer theirs = evidence->theirs != NULL
				     ? answer_to(evidence->theirs, evidence->is_pairing)
				     : ANSWER_UNKNOWN;

	if (theirs == ANSWER_UNKNOWN)
		return diagnosis_of_answer(ours);
	/* Both have dialled: what either box answered is as much the reason. */
	*side = MIDAIR_SIDE_BOTH;
	return ours == theirs ? diagnosis_of_answer(ours) : DIAGNOSIS_NOT_MET;
}

static bool has_one_router(const struct evidence *evidence)
{
	const struct nat_report *ours = evidence->our_report;
	const struct nat_report *theirs = evidence->their_report;

	return ours != NULL && theirs != NULL &&
	       endpoint_is_same_address(&ours->mapped, &theirs->mapped);
}

static bool is_guessing(const struct timeline *timeline)
{
	return timeline->has_plan &&
	       (timeline->way == MIDAIR_WAY_PREDICT || timeline->way == MIDAIR_WAY_BIRTHDAY);
}

/* The two did not meet in time. */
static enum diagnosis weigh(const struct evidence *evidence, enum midair_side *side)
{
	const struct timeline *ours = evidence->ours;
	const struct timeline *theirs = evidence->theirs;

	if (has_no_way(ours)) {
		*side = side_of_reason(evidence, (enum plan_reason)ours->reason);
		return diagnosis_of_reason((enum plan_reason)ours->reason);
	}
	if (n_dialled(ours) == 0)
		return DIAGNOSIS_NO_ROUTE;
	if (theirs != NULL && n_dialled(theirs) == 0 && !theirs->holds_back)
		return DIAGNOSIS_PEER_SILENT;
	if (has_met_stranger(ours))
		return DIAGNOSIS_STRANGER;
	if (has_stood(ours) || (theirs != NULL && has_stood(theirs)))
		return DIAGNOSIS_BROKEN;
	if (evidence->is_server_silent)
		return DIAGNOSIS_NETWORK_CHANGED;
	if (has_one_router(evidence))
		return DIAGNOSIS_ONE_ROUTER;
	if (is_guessing(ours))
		return DIAGNOSIS_MISSED;
	return weigh_answers(evidence, side);
}

static enum diagnosis diagnosis_of_errno(const struct evidence *evidence)
{
	switch (-evidence->result) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
		return DIAGNOSIS_NO_ROUTE;
	case ETIMEDOUT:
	case ECONNREFUSED:
		return DIAGNOSIS_UNKNOWN;
	default:
		return DIAGNOSIS_LOCAL;
	}
}

static enum diagnosis decide(const struct evidence *evidence, enum midair_side *side)
{
	switch (evidence->result) {
	case MIDAIR_E_SERVER:
		return DIAGNOSIS_SERVER;
	case MIDAIR_E_BUSY:
		return DIAGNOSIS_BUSY;
	case MIDAIR_E_VERSION:
		return DIAGNOSIS_VERSION;
	case MIDAIR_E_PROTOCOL:
		return DIAGNOSIS_PROTOCOL;
	case MIDAIR_E_ROOM_TAKEN:
		return DIAGNOSIS_ROOM_TAKEN;
	case MIDAIR_E_NO_PEER:
		return DIAGNOSIS_NO_PEER;
	case MIDAIR_E_WRONG_CODE:
		return DIAGNOSIS_WRONG_CODE;
	case MIDAIR_E_UNCONFIRMED:
		/* Whether there was a guess as well nobody can tell then. */
		return evidence->is_server_silent ? DIAGNOSIS_NETWORK_CHANGED
						  : DIAGNOSIS_UNCONFIRMED;
	case MIDAIR_E_PEER_LEFT:
		return DIAGNOSIS_PEER_LEFT;
	case MIDAIR_E_NO_RELAY:
		return DIAGNOSIS_NO_RELAY;
	case MIDAIR_E_AUTHENTICATION:
		return DIAGNOSIS_STRANGER;
	case MIDAIR_E_REFUSED:
		return DIAGNOSIS_ONCE;
	case MIDAIR_E_PATH_LOST:
		return DIAGNOSIS_PATH_LOST;
	case MIDAIR_E_LOST:
		return DIAGNOSIS_LOST;
	case MIDAIR_E_SELF:
		return DIAGNOSIS_SELF;
	case MIDAIR_E_PORT_IN_USE:
		return DIAGNOSIS_LOCAL;
	case MIDAIR_E_TIMEOUT:
	case MIDAIR_E_NO_PATH:
	case MIDAIR_E_NO_DIRECT:
		return weigh(evidence, side);
	default:
		return evidence->result < 0 ? diagnosis_of_errno(evidence) : DIAGNOSIS_UNKNOWN;
	}
}

/* A report's enumerators are those of midair_check. */
#define NAME(constant, name, text) [constant] = name,
static const char *const mappings[] = {MIDAIR_MAPPINGS(NAME)};
static const char *const allocations[] = {MIDAIR_ALLOCATIONS(NAME)};
static const char *const filterings[] = {MIDAIR_FILTERINGS(NAME)};
static const char *const reactions[] = {MIDAIR_REACTIONS(NAME)};
#undef NAME
static_assert((int)MIDAIR_MAPPING_NOT_PORT_DEPENDENT ==
			      (int)REPORT_MAPPING_NOT_PORT_DEPENDENT &&
		      (int)MIDAIR_ALLOCATION_RANDOM == (int)REPORT_ALLOCATION_RANDOM &&
		      (int)MIDAIR_FILTERING_NOT_ENDPOINT_INDEPENDENT ==
			      (int)REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT &&
		      (int)MIDAIR_REACTION_UNREACHABLE == (int)REPORT_REACTION_UNREACHABLE,
	      "the public words are the report's");

/* ---- behaviour ---------------------------------------------------------------------------- */

struct phrase {
	char *text;
	size_t size;
	size_t n_bytes;
	const char *separator; /* before the next part */
};

static void add(struct phrase *phrase, const char *key, const char *value)
{
	int n = snprintf(phrase->text + phrase->n_bytes, phrase->size - phrase->n_bytes,
			 "%s%s%s%s", phrase->separator, key, key[0] != '\0' ? " " : "", value);

	if (n > 0 && (size_t)n < phrase->size - phrase->n_bytes)
		phrase->n_bytes += (size_t)n;
	phrase->separator = ", ";
}

static void add_report(struct phrase *phrase, const struct nat_report *report)
{
	if (report->mapping != REPORT_MAPPING_UNKNOWN)
		add(phrase, "mapping", mappings[report->mapping]);
	if (report->allocation != REPORT_ALLOCATION_UNKNOWN)
		add(phrase, "ports", allocations[report->allocation]);
	if (report->filtering != REPORT_FILTERING_UNKNOWN)
		add(phrase, "filtering", filterings[report->filtering]);
	if (report->syn_in == REPORT_NO)
		add(phrase, "", "refuses a SYN that meets its own");
}

/* What the dials of the other side have shown, where nothing was measured. */
static enum midair_reaction seen_reaction(enum answer answer)
{
	switch (answer) {
	case ANSWER_SILENCE:
		return MIDAIR_REACTION_DROP;
	case ANSWER_RESET:
		return MIDAIR_REACTION_RESET;
	case ANSWER_UNREACHABLE:
	case ANSWER_FILTER:
		return MIDAIR_REACTION_UNREACHABLE;
	case ANSWER_UNKNOWN:
	case ANSWER_MIXED:
		break;
	}
	return MIDAIR_REACTION_UNKNOWN;
}

static void add_side(struct phrase *phrase, const char *name, const struct nat_report *report,
		     const struct timeline *dials_to_it, bool is_pairing)
{
	enum midair_reaction reaction = MIDAIR_REACTION_UNKNOWN;
	const char *separator = phrase->n_bytes > 0 ? "; " : "";
	size_t before = phrase->n_bytes;
	size_t begin;

	if (report != NULL)
		reaction = (enum midair_reaction)report->reaction;
	if (reaction == MIDAIR_REACTION_UNKNOWN && dials_to_it != NULL)
		reaction = seen_reaction(answer_to(dials_to_it, is_pairing));
	phrase->separator = separator;
	add(phrase, "", name);
	begin = phrase->n_bytes;
	phrase->separator = " ";
	if (report != NULL)
		add_report(phrase, report);
	if (reaction != MIDAIR_REACTION_UNKNOWN)
		add(phrase, "reaction", reactions[reaction]);
	if (phrase->n_bytes == begin) {
		phrase->n_bytes = before;
		phrase->text[before] = '\0';
	}
}

static void describe(struct midair_verdict *verdict, const struct evidence *evidence)
{
	struct phrase phrase = {.text = verdict->behaviour, .size = sizeof(verdict->behaviour)};

	add_side(&phrase, "ours:", evidence->our_report, evidence->theirs,
		 evidence->is_pairing);
	add_side(&phrase, "theirs:", evidence->their_report, evidence->ours,
		 evidence->is_pairing);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool has_dialled_ipv6(const struct timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->n_paths; i++)
		if (timeline->paths[i].family == MIDAIR_IPV6 &&
		    timeline_count(timeline, TIMELINE_DIAL, i, TIMELINE_ANY) > 0)
			return true;
	return false;
}

static bool is_relay_forbidden(const struct evidence *evidence)
{
	return evidence->ours->is_direct_only ||
	       (evidence->theirs != NULL && evidence->theirs->is_direct_only);
}

/* What does not help here is left out. */
static uint32_t remedies_for(const struct evidence *evidence, enum diagnosis diagnosis)
{
	uint32_t remedies = rows[diagnosis].remedies;
	bool is_random =
		diagnosis == DIAGNOSIS_RANDOM_BOTH || diagnosis == DIAGNOSIS_RANDOM_SEQUENTIAL;

	if (!evidence->is_pairing)
		remedies &= ~((uint32_t)MIDAIR_REMEDY_RELAY | MIDAIR_REMEDY_NEW_CODE);
	if (evidence->can_relay && (remedies & MIDAIR_REMEDY_RELAY) != 0) {
		remedies &= ~(uint32_t)MIDAIR_REMEDY_RELAY;
		remedies |= is_relay_forbidden(evidence) ? MIDAIR_REMEDY_ALLOW_RELAY
							 : MIDAIR_REMEDY_RETRY;
	}
	if (!is_random && has_dialled_ipv6(evidence->ours))
		remedies &= ~(uint32_t)MIDAIR_REMEDY_IPV6;
	return remedies;
}

static bool is_about_dials(enum midair_step step)
{
	return step == MIDAIR_STEP_DIAL || step == MIDAIR_STEP_HANDSHAKE;
}

void diagnose(struct midair_verdict *verdict, const struct evidence *evidence)
{
	enum midair_side side = MIDAIR_SIDE_UNKNOWN;
	enum diagnosis diagnosis = decide(evidence, &side);
	const struct diagnosis_row *row = &rows[diagnosis];
	struct timeline_clock clock;

	memset(verdict, 0, sizeof(*verdict));
	verdict->code = row->name;
	verdict->text = row->text;
	verdict->explanation = row->explanation;
	verdict->side = side != MIDAIR_SIDE_UNKNOWN ? side : row->side;
	verdict->step = row->step;
	verdict->remedies = remedies_for(evidence, diagnosis);
	if (is_about_dials(row->step))
		describe(verdict, evidence);
	if (evidence->theirs == NULL)
		return;
	timeline_align(evidence->ours, evidence->theirs, &clock);
	verdict->has_theirs = true;
	verdict->is_clock_known = clock.is_known;
	verdict->clock_error_ns = clock.error_ns;
}
