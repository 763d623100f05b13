/* SPDX-License-Identifier: MIT */
#include "check_rounds.h"

#include <stdio.h>
#include <stdlib.h>

#include "lab/firewall.h"
#include "lab/measure.h"
#include "lab/namespace.h"
#include "lab/truth.h"
#include "os/cleanup.h"

#define N_PARALLEL 48

/* Of a machine that was further behind than this nobody knows how long a check takes. */
#define LATENESS_MAX_NS UINT64_C(10000000)

struct place {
	const struct check_box *box;
	struct scenario scenario;
	struct measurement *measurement;
};

static void need(int error, const struct check_box *box, const struct lab_reason *reason)
{
	if (error == 0)
		return;
	fprintf(stderr, "%s: %s\n", box->behavior, reason->text);
	exit(1);
}

/* What comes from outside then is judged by no rule, and the kernel answers for itself. */
static int drop_rules(const struct network *network, struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int error = namespace_enter(network_box_namespace(network, LAB_A));

	if (error)
		return lab_fail(reason, -error, "cannot enter the box's namespace");
	error = firewall_load("flush chain inet " FIREWALL_TABLE " unsolicited\n", reason);
	namespace_enter(home);
	return error;
}

static void build(struct place *place, const struct check_box *box, uint64_t seed)
{
	const struct network_config config = {.scenario = &place->scenario, .seed = seed};
	struct lab_reason reason = {"not a scenario"};
	char text[SCENARIO_LINE_SIZE];

	place->box = box;
	snprintf(text, sizeof(text),
		 "check a=%s b=public %sserver=%dms rtt=%dms expect=connect", box->behavior,
		 box->is_ipv6 ? "family=ipv6 " : "", CHECK_RTT_MS, CHECK_RTT_MS);
	need(scenario_parse(&place->scenario, text, NULL), box, &reason);
	need(measure_new(&place->measurement, &config, &reason), box, &reason);
	need(truth_host_prepare(measure_network(place->measurement), &reason), box, &reason);
	if (box->is_kernel_reset)
		need(drop_rules(measure_network(place->measurement), &reason), box, &reason);
}

static void note_time(struct check_tally *tally, enum check_class class, uint32_t elapsed_ms)
{
	size_t n = tally->n[class];

	/* doubled at each power of two */
	if ((n & (n - 1)) == 0)
		tally->elapsed_ms[class] = realloc(tally->elapsed_ms[class],
						   (n > 0 ? 2 * n : 1) * sizeof(uint32_t));
	if (!tally->elapsed_ms[class])
		abort();
	tally->elapsed_ms[class][tally->n[class]++] = elapsed_ms;
}

/* A box that answers nobody, if there is anybody whom it does not let in. */
static enum check_class class_of(const struct nat_behavior *behavior)
{
	bool is_open = behavior->filtering == NAT_FILTERING_ENDPOINT_INDEPENDENT &&
		       !behavior->refuses_syn_in;

	return !behavior->is_public && !is_open && behavior->reaction == NAT_REACTION_DROP
		       ? CHECK_DROPPED
		       : CHECK_ANSWERED;
}

static bool is_slow(enum check_class class, uint32_t elapsed_ms, struct network *network)
{
	const struct wire_trace *trace = wire_trace(network_wire(network));

	return elapsed_ms > (class == CHECK_DROPPED ? CHECK_SILENT_MS : CHECK_FAST_MS) &&
	       atomic_load(&trace->lateness_max_ns) < LATENESS_MAX_NS;
}

static void judge(struct check_tally *tally, const struct place *place,
		  const struct midair_check_report *report)
{
	struct network *network = measure_network(place->measurement);
	struct truth truth = {.behavior = place->scenario.a, .family = place->scenario.family};
	struct truth_result result;
	enum check_class class = class_of(&truth.behavior);
	struct lab_reason reason;

	need(truth_host_look(&truth.host, network, &reason), place->box, &reason);
	truth_look(&truth.place, network, truth.family);
	truth_compare(&result, &truth, report);
	tally->n_fields += result.n_fields;
	tally->n_wrong += result.n_wrong;
	tally->n_hidden += result.n_hidden;
	note_time(tally, class, report->elapsed_ms);
	tally->n_slow += is_slow(class, report->elapsed_ms, network);
	if (result.n_wrong == 0)
		return;
	tally->n_checks_wrong++;
	fprintf(stderr, "%s%s%s: %s (%u ms)\n", place->box->behavior,
		place->box->is_ipv6 ? " IPv6" : "",
		place->box->is_kernel_reset ? ", the kernel's own" : "", result.text,
		report->elapsed_ms);
}

/*
 * A model begins each round anew. What it remembers of an earlier check is right, and not in its
 * words: once in a thousand checks a local port comes again within the time that a NAT remembers,
 * and what the earlier check has dialled gets in.
 */
static void measure(struct check_tally *tally, struct place *places, size_t n)
{
	struct lab_reason reason;

	for (size_t i = 0; i < n; i++) {
		struct network *network = measure_network(places[i].measurement);

		wire_trace_clear(network_wire(network));
		if (network_plan_of(network)->sides[LAB_A].place == BOX_MODEL)
			wire_restart_box(network_wire(network), LAB_A);
		need(measure_start(places[i].measurement, &reason), places[i].box, &reason);
	}
	for (size_t i = 0; i < n; i++) {
		struct midair_check_report report;

		need(measure_wait(places[i].measurement, &report, &reason), places[i].box,
		     &reason);
		judge(tally, &places[i], &report);
	}
}

void check_rounds(struct check_tally *tally, const struct check_box *boxes, size_t n_boxes,
		  uint32_t n_rounds)
{
	struct place places[N_PARALLEL];

	for (size_t i = 0; i < n_boxes; i += N_PARALLEL) {
		size_t n = n_boxes - i < N_PARALLEL ? n_boxes - i : N_PARALLEL;

		for (size_t k = 0; k < n; k++)
			build(&places[k], &boxes[i + k], i + k);
		for (uint32_t round = 0; round < n_rounds; round++)
			measure(tally, places, n);
		for (size_t k = 0; k < n; k++)
			measure_free(places[k].measurement);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t nth_ms(struct check_tally *tally, enum check_class class, size_t nth)
{
	if (tally->n[class] == 0)
		return 0;
	qsort(tally->elapsed_ms[class], tally->n[class], sizeof(uint32_t), compare);
	return tally->elapsed_ms[class][nth];
}

uint32_t check_median_ms(struct check_tally *tally, enum check_class class)
{
	return nth_ms(tally, class, tally->n[class] / 2);
}

uint32_t check_largest_ms(struct check_tally *tally, enum check_class class)
{
	return nth_ms(tally, class, tally->n[class] - 1);
}

void check_tally_free(struct check_tally *tally)
{
	for (int class = 0; class < CHECK_N_CLASSES; class ++)
		free(tally->elapsed_ms[class]);
}
