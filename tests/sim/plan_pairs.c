/* SPDX-License-Identifier: MIT */
#include "tests/sim/plan_pairs.h"

#include <stdio.h>
#include <stdlib.h>

#define MS	   UINT64_C(1000000)
#define IN_TIME_NS (3000 * MS)
/* Long enough for the half-open dial that its box has lost sight of (session_dial.c: 5 s). */
#define TIMEOUT_NS (15000 * MS)

static const struct {
	const char *name;
	const char *words; /* NULL: the set has no such kind */
} kinds[N_PAIR_SETS][PAIR_KINDS] = {
	[PAIR_SET_IPV4] =
		{
			{"full cone", "eim/eif"},
			{"restricted", "eim/adf"},
			{"port-restricted", "eim/apdf"},
			{"address-dependent", "adm/adf/random"},
			{"sequential", "apdm/apdf/sequential:3/background:10"},
			{"random", "apdm/apdf/random"},
			{"public", "public"},
			{"no listener", "public"},
		},
	[PAIR_SET_IPV6] =
		{
			{"full cone", "firewall/eif"},
			{"restricted", "firewall/adf"},
			{"port-restricted", "firewall/apdf"},
			{"address-dependent", NULL},
			{"sequential", NULL},
			{"random", NULL},
			{"public", "public"},
			{"no listener", "public"},
		},
};

enum reaction { DROP, RST, ICMP, KERNEL_RST };
enum { KIND_PUBLIC = PAIR_BOX_KINDS, KIND_DEAF };

static const char *const reactions[PAIR_REACTIONS] = {
	[DROP] = "drop", [RST] = "rst", [ICMP] = "icmp", [KERNEL_RST] = "kernel-rst"};

const char *pair_set_name(enum pair_set set)
{
	static const char *const names[N_PAIR_SETS] = {
		[PAIR_SET_IPV4] = "IPv4", [PAIR_SET_IPV6] = "IPv6"};

	return names[set];
}

const char *pair_kind_name(enum pair_set set, int kind)
{
	return kinds[set][kind].name;
}

/* What answers in front of a host without a box is its kernel; and a firewall's own kernel would
 * have passed a stranger's SYN on. */
static bool is_a_box(enum pair_set set, const struct pair_box *box)
{
	if (!kinds[set][box->kind].words)
		return false;
	if (box->kind == KIND_PUBLIC)
		return box->reaction == DROP && !box->refuses;
	if (box->kind == KIND_DEAF)
		return box->reaction == KERNEL_RST && !box->refuses;
	return set == PAIR_SET_IPV4 || box->reaction != KERNEL_RST;
}

static void name_box(enum pair_set set, struct pair_box *box)
{
	const char *words = kinds[set][box->kind].words;
	char text[NAT_BEHAVIOR_TEXT_SIZE];

	box->is_deaf = box->kind == KIND_DEAF;
	if (box->kind < PAIR_BOX_KINDS)
		snprintf(text, sizeof(text), "%s/%s%s", words, reactions[box->reaction],
			 box->refuses ? "/refuse-syn-in" : "");
	else
		snprintf(text, sizeof(text), "%s", words);
	if (nat_behavior_parse(&box->behavior, text))
		abort();
	nat_behavior_format(&box->behavior, text);
	snprintf(box->words, sizeof(box->words), "%.180s%s", text,
		 box->is_deaf ? ", no listener" : "");
}

int pair_boxes(enum pair_set set, struct pair_box boxes[PAIR_BOXES])
{
	int n = 0;

	for (int kind = 0; kind < PAIR_KINDS; kind++) {
		for (int i = 0; i < 2 * PAIR_REACTIONS; i++) {
			struct pair_box box = {
				.kind = kind,
				.reaction = i / 2,
				.refuses = i % 2,
			};

			if (!is_a_box(set, &box))
				continue;
			name_box(set, &box);
			boxes[n++] = box;
		}
	}
	return n;
}

int pair_class(const struct pair_box *box)
{
	if (box->kind >= PAIR_BOX_KINDS)
		return PAIR_BOX_KINDS * PAIR_ANSWERS + box->kind - PAIR_BOX_KINDS;
	if (!box->refuses)
		return box->kind * PAIR_ANSWERS;
	return box->kind * PAIR_ANSWERS + (box->reaction == ICMP ? 2 : 1);
}

const char *pair_class_name(int class, char name[static 8])
{
	static const char *const letters[PAIR_BOX_KINDS] = {"F", "R", "P", "A", "S", "N"};
	static const char *const suffixes[PAIR_ANSWERS] = {"", "-", "-i"};
	static const char *const others[] = {"public", "bare"};

	if (class >= PAIR_BOX_KINDS * PAIR_ANSWERS)
		snprintf(name, 8, "%s", others[class - PAIR_BOX_KINDS * PAIR_ANSWERS]);
	else
		snprintf(name, 8, "%s%s", letters[class / PAIR_ANSWERS],
			 suffixes[class % PAIR_ANSWERS]);
	return name;
}

/* Reports that lead to other plans than the truth does: whether one of those would have connected
 * where the true one says that there is no way. */
static void disguise(struct nat_report reports[2], int lie)
{
	for (int i = 0; i < 2; i++) {
		struct nat_report *report = &reports[i];
		bool is_one = lie % 2 == i;

		report->syn_in = REPORT_YES;
		switch ((lie - 1) / 2) {
		case 0: /* one's port is known: plain, or the other's is predicted or searched */
			if (is_one)
				report->allocation = REPORT_ALLOCATION_PRESERVING;
			break;
		case 1: /* one's filter opens for an address */
			if (is_one)
				report->filtering = REPORT_FILTERING_ADDRESS_DEPENDENT;
			break;
		default: /* one's filter is open, or both ports come in order */
			if (lie == PAIR_LIES) {
				report->allocation = REPORT_ALLOCATION_SEQUENTIAL;
				report->last_port = report->mapped.port;
				report->delta = report->delta ? report->delta : 1;
			} else if (is_one) {
				report->filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT;
			}
			break;
		}
	}
}

static void count(struct pair_tally *tally, const struct plan_outcome *outcome)
{
	tally->n_runs++;
	tally->plan = outcome->plan;
	for (int i = 0; i < 2; i++)
		if (outcome->n_syns[i] > tally->syns_most)
			tally->syns_most = outcome->n_syns[i];
	if (!outcome->is_connected)
		return;
	tally->n_connected++;
	tally->n_in_time += outcome->took_ns <= IN_TIME_NS;
	tally->sum_ns += outcome->took_ns;
	if (outcome->took_ns > tally->slowest_ns)
		tally->slowest_ns = outcome->took_ns;
}

void pair_run(struct plan_worlds *worlds, enum pair_set set, const struct pair_box *a,
	      const struct pair_box *b, const struct pair_weather *weather, uint64_t first,
	      uint32_t n_runs, struct pair_tally *tally)
{
	struct plan_trial trial = {
		.family = set == PAIR_SET_IPV4 ? MIDAIR_IPV4 : MIDAIR_IPV6,
		.rtt_ns = weather->rtt_ns,
		.jitter_ns = weather->rtt_ns / 40,
		.loss_ppm = weather->loss_ppm,
		.skew_ns = weather->skew_ns,
		.timeout_ns = TIMEOUT_NS,
		.disguise = weather->lie ? disguise : NULL,
		.lie = weather->lie,
	};

	*tally = (struct pair_tally){.n_runs = 0};
	for (uint64_t seed = first; seed < first + n_runs; seed++) {
		struct plan_outcome outcome;

		trial.boxes[seed % 2] = a->behavior;
		trial.boxes[1 - seed % 2] = b->behavior;
		trial.is_deaf[seed % 2] = a->is_deaf;
		trial.is_deaf[1 - seed % 2] = b->is_deaf;
		plan_world_run(worlds, &trial, seed, &outcome);
		count(tally, &outcome);
	}
}

struct plan pair_plan(enum pair_set set, const struct pair_box *a, const struct pair_box *b)
{
	bool is_ipv4 = set == PAIR_SET_IPV4;
	struct midair_endpoint endpoints[2] = {{.port = 1314}, {.port = 1314}};
	struct nat_report reports[2];
	struct plan plan;

	for (int i = 0; i < 2; i++) {
		endpoints[i].family = is_ipv4 ? MIDAIR_IPV4 : MIDAIR_IPV6;
		endpoints[i].address[0] = 0x20;
		endpoints[i].address[3] = (uint8_t)(i + 1);
		plan_world_report(&reports[i], &(i ? b : a)->behavior, (i ? b : a)->is_deaf,
				  &endpoints[i], &endpoints[i]);
	}
	plan_make(&plan, &reports[0], &reports[1]);
	return plan;
}

const char *pair_letters(const struct plan *plan)
{
	switch (plan->method) {
	case PLAN_PLAIN:
		return "p";
	case PLAN_ONE_WAY:
		return "1";
	case PLAN_PREDICT:
		return "w";
	case PLAN_BIRTHDAY:
		return "b";
	case PLAN_NONE:
		break;
	}
	switch (plan->reason) {
	case PLAN_REASON_NONE:
	case PLAN_REASON_NO_FAMILY:
		break;
	case PLAN_REASON_RANDOM_BOTH:
		return "**A**";
	case PLAN_REASON_RANDOM_SEQUENTIAL:
		return "**B**";
	case PLAN_REASON_SYN_IN_REFUSED:
		return "**C**";
	case PLAN_REASON_SYN_IN_ERROR:
		return "**D**";
	}
	return "?";
}

void pair_print_reasons(FILE *out)
{
	for (enum plan_reason reason = PLAN_REASON_NONE + 1; reason < PLAN_REASON_NO_FAMILY;
	     reason++) {
		struct plan plan = {.method = PLAN_NONE, .reason = reason};

		fprintf(out, "- %s `%s`: %s\n", pair_letters(&plan), plan_reason_name(reason),
			plan_reason_text(reason));
	}
}
