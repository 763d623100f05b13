/* SPDX-License-Identifier: MIT */
#include "core/plan.h"

#include <string.h>

#include "core/nat.h"

/* Ports that a sequential box may have given to others between its report and our dials. */
#define BACKGROUND_PORTS 64u
/* Both in order: how far the two sides' surprises, added, may lie apart. */
#define BACKGROUND_SPREAD 64u
/* Fresh local ports that a sequential side dials from, lest others take the predicted one, or
 * a SYN is lost. */
#define SEQUENTIAL_DIALS 8u
/* More than most round trips. */
#define RETRY_MS 300u
/* The silence that tells of a filter (CHECK_QUICK_SILENCE_MS), and its way to the other side. */
#define WAIT_MS 1000u

#define N_PORTS (65536u - NAT_PORT_MIN)

static const char *const method_names[] = {
	[PLAN_PLAIN] = "plain",	      [PLAN_ONE_WAY] = "one-way", [PLAN_PREDICT] = "predict",
	[PLAN_BIRTHDAY] = "birthday", [PLAN_NONE] = "none",
};

const char *plan_method_name(enum plan_method method)
{
	return method_names[method];
}

const char *plan_reason_name(enum plan_reason reason)
{
	static const char *const names[] = {
#define PLAN_REASON_NAME(constant, name, text) [constant] = name,
		PLAN_REASONS(PLAN_REASON_NAME)
#undef PLAN_REASON_NAME
	};

	return names[reason];
}

const char *plan_reason_text(enum plan_reason reason)
{
	static const char *const texts[] = {
#define PLAN_REASON_TEXT(constant, name, text) [constant] = text,
		PLAN_REASONS(PLAN_REASON_TEXT)
#undef PLAN_REASON_TEXT
	};

	return texts[reason];
}

/* ---- what the reports say ------------------------------------------------------------------ */

/* How well the outer port that the peer's SYN will meet is known. */
enum port_knowledge { PORT_EXACT, PORT_IN_ORDER, PORT_RANDOM };

struct planning {
	struct plan *plan;
	const struct nat_report *reports[2];
	enum port_knowledge ports[2];
};

static bool is_dependent(const struct nat_report *report)
{
	return report->mapping == REPORT_MAPPING_ADDRESS_DEPENDENT ||
	       report->mapping == REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT;
}

/* Unknown mapping, or one that does not depend on the port: endpoint-independent, as most are. */
static enum port_knowledge knowledge_of(const struct nat_report *report)
{
	if (!is_dependent(report))
		return PORT_EXACT;
	switch (report->allocation) {
	case REPORT_ALLOCATION_PRESERVING:
		return PORT_EXACT;
	case REPORT_ALLOCATION_SEQUENTIAL:
		return report->delta != 0 && report->last_port != 0 ? PORT_IN_ORDER
								    : PORT_RANDOM;
	case REPORT_ALLOCATION_RANDOM:
		return PORT_RANDOM;
	case REPORT_ALLOCATION_UNKNOWN:
		break;
	}
	return report->local.port == report->mapped.port ? PORT_EXACT : PORT_RANDOM;
}

static bool is_port_sure(const struct nat_report *report)
{
	return report->mapping == REPORT_MAPPING_NONE ||
	       report->mapping == REPORT_MAPPING_ENDPOINT_INDEPENDENT ||
	       (report->mapping != REPORT_MAPPING_UNKNOWN &&
		report->allocation == REPORT_ALLOCATION_PRESERVING) ||
	       (is_dependent(report) && report->allocation != REPORT_ALLOCATION_UNKNOWN);
}

/* Anybody may dial the endpoint that the server saw. */
static bool is_open(const struct nat_report *report)
{
	return report->filtering == REPORT_FILTERING_ENDPOINT_INDEPENDENT;
}

/* A SYN to any port of the peer's address lets the peer in from every port. */
static bool opens_for_address(const struct nat_report *report)
{
	return report->filtering == REPORT_FILTERING_ADDRESS_DEPENDENT;
}

static bool is_filtering_sure(const struct nat_report *report)
{
	return report->filtering != REPORT_FILTERING_UNKNOWN &&
	       report->filtering != REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT;
}

/* Perhaps an open one, or one that opens for an address: worth a try where else is no way. */
static bool may_open_for_address(const struct nat_report *report)
{
	return opens_for_address(report) || !is_filtering_sure(report);
}

static bool answers(const struct nat_report *report)
{
	return report->reaction == REPORT_REACTION_RESET ||
	       report->reaction == REPORT_REACTION_UNREACHABLE;
}

/* It ends the other side's half-open connection. */
static bool refuses_with_error(const struct nat_report *report)
{
	return report->syn_in == REPORT_NO && report->reaction == REPORT_REACTION_UNREACHABLE;
}

bool plan_reason_is_of(enum plan_reason reason, const struct nat_report *report)
{
	switch (reason) {
	case PLAN_REASON_RANDOM_BOTH:
	case PLAN_REASON_RANDOM_SEQUENTIAL:
		return knowledge_of(report) == PORT_RANDOM;
	case PLAN_REASON_SYN_IN_REFUSED:
		return report->syn_in == REPORT_NO;
	case PLAN_REASON_SYN_IN_ERROR:
		return refuses_with_error(report);
	case PLAN_REASON_NONE:
	case PLAN_REASON_NO_FAMILY:
		break;
	}
	return false;
}

/* Why the two sides' SYNs cannot meet, whatever is known of the ports. */
static enum plan_reason no_meeting(const struct planning *planning)
{
	const struct nat_report *a = planning->reports[0];
	const struct nat_report *b = planning->reports[1];

	if (a->syn_in == REPORT_NO && b->syn_in == REPORT_NO)
		return PLAN_REASON_SYN_IN_REFUSED;
	if (refuses_with_error(a) || refuses_with_error(b))
		return PLAN_REASON_SYN_IN_ERROR;
	return PLAN_REASON_NONE;
}

/* ---- ports --------------------------------------------------------------------------------- */

static uint16_t port_after(uint16_t port, int32_t distance)
{
	int32_t offset = (int32_t)port - (int32_t)NAT_PORT_MIN + distance % (int32_t)N_PORTS;

	offset = (offset + 2 * (int32_t)N_PORTS) % (int32_t)N_PORTS;
	return (uint16_t)(offset + (int32_t)NAT_PORT_MIN);
}

static uint16_t nth_port(const struct nat_report *report, int32_t n)
{
	return port_after(report->last_port, report->delta * n);
}

/* ---- methods ------------------------------------------------------------------------------- */

static void many_destinations(struct plan_side *side)
{
	side->targets = PLAN_TARGETS_RANDOM;
	side->n_targets = PLAN_DESTINATIONS_MAX;
	side->n_volleys = PLAN_VOLLEYS_MAX;
}

static void many_ports(struct plan_side *side, uint16_t port, uint16_t n)
{
	side->targets = PLAN_TARGETS_EXACT;
	side->source = PLAN_FROM_MANY_PORTS;
	side->first_port = port;
	side->n_targets = n;
	side->n_volleys = 1;
}

static void window(struct plan_side *side, const struct nat_report *peer, uint16_t n)
{
	side->targets = PLAN_TARGETS_WINDOW;
	side->first_port = nth_port(peer, 1);
	side->step = peer->delta;
	side->spread = 1;
	side->n_targets = n;
	side->n_volleys = 1;
}

/* The listener's filter is open, or its plain dials open it for the dialler's address. */
static void one_way(struct planning *planning, int listener)
{
	struct plan_side *dialler = &planning->plan->sides[!listener];

	planning->plan->method = PLAN_ONE_WAY;
	many_ports(dialler, planning->reports[listener]->mapped.port, 1);
	/* should the first one have come before the filter was open, and been dropped */
	dialler->n_volleys = 2;
}

/* The listener's port comes in order. */
static void predict_listener(struct planning *planning, int listener)
{
	struct plan_side *dialler = &planning->plan->sides[!listener];

	planning->plan->method = PLAN_PREDICT;
	window(dialler, planning->reports[listener], BACKGROUND_PORTS);
	dialler->n_volleys = PLAN_VOLLEYS_MAX;
	dialler->source = PLAN_FROM_ONE_PORT;
}

/* The listener's port is a random one: many of them, each opened by a dial of its own. */
static void birthday_listener(struct planning *planning, int listener)
{
	struct plan *plan = planning->plan;
	struct plan_side *side = &plan->sides[listener];

	plan->method = PLAN_BIRTHDAY;
	many_ports(side, planning->reports[!listener]->mapped.port, PLAN_LOCAL_PORTS_MAX);
	side->listens = true;
	side->n_volleys = PLAN_VOLLEYS_MAX;
	many_destinations(&plan->sides[!listener]);
	plan->sides[!listener].source = PLAN_FROM_ONE_PORT;
}

/* The side that lets the other in by its filter, by falling prospects: open; opens for the address
 * on a known port, on one in order, on a random one. A rather than B. */
static bool try_listener(struct planning *planning, bool (*is_fit)(const struct nat_report *))
{
	for (int i = 0; i < 2; i++) {
		if (is_open(planning->reports[i])) {
			one_way(planning, i);
			return true;
		}
	}
	for (enum port_knowledge ports = PORT_EXACT; ports <= PORT_RANDOM; ports++) {
		for (int i = 0; i < 2; i++) {
			if (planning->ports[i] != ports || !is_fit(planning->reports[i]))
				continue;
			if (ports == PORT_EXACT)
				one_way(planning, i);
			else if (ports == PORT_IN_ORDER)
				predict_listener(planning, i);
			else
				birthday_listener(planning, i);
			return true;
		}
	}
	return false;
}

/* A box that answers late SYNs as well as early ones makes the other side's dials short-lived, and
 * the other's box swallows what comes at another time: so held dials must come again. */
static void repeat_held(struct planning *planning)
{
	for (int i = 0; i < 2; i++)
		if (planning->reports[i]->syn_in == REPORT_NO &&
		    answers(planning->reports[i]) && !answers(planning->reports[!i]))
			planning->plan->sides[i].retry_ms = RETRY_MS;
}

/* One side's ports come in order, the other's is known. */
static void predict_one(struct planning *planning, int in_order)
{
	struct plan *plan = planning->plan;

	plan->method = PLAN_PREDICT;
	many_ports(&plan->sides[in_order], planning->reports[!in_order]->mapped.port,
		   SEQUENTIAL_DIALS);
	window(&plan->sides[!in_order], planning->reports[in_order],
	       BACKGROUND_PORTS + SEQUENTIAL_DIALS);
	plan->sides[!in_order].n_volleys = PLAN_VOLLEYS_MAX;
}

/*
 * Both give out ports in order: A's nth dial comes from its nth next port and goes to B's nth
 * next one, and so does B's to A's. Others take ports in between, so that each side's dials come
 * from later ports than their number says; only the sum of the two errors matters, and B's
 * targets try every sum below the spread in turn.
 */
static void predict_both(struct planning *planning)
{
	struct plan *plan = planning->plan;

	plan->method = PLAN_PREDICT;
	for (int i = 0; i < 2; i++) {
		window(&plan->sides[i], planning->reports[!i], PLAN_LOCAL_PORTS_MAX);
		plan->sides[i].source = PLAN_FROM_MANY_PORTS;
	}
	plan->sides[1].spread = BACKGROUND_SPREAD;
}

static void birthday(struct planning *planning, int random)
{
	struct plan *plan = planning->plan;

	plan->method = PLAN_BIRTHDAY;
	many_ports(&plan->sides[random], planning->reports[!random]->mapped.port,
		   PLAN_LOCAL_PORTS_MAX);
	plan->sides[random].n_volleys = PLAN_VOLLEYS_MAX;
	many_destinations(&plan->sides[!random]);
}

static void none(struct planning *planning, enum plan_reason reason)
{
	planning->plan->method = PLAN_NONE;
	planning->plan->reason = reason;
}

/* ---- the choice ---------------------------------------------------------------------------- */

/* Neither side's filter helps: both SYNs must meet. */
static void plan_meeting(struct planning *planning)
{
	enum port_knowledge a = planning->ports[0];
	enum port_knowledge b = planning->ports[1];

	if (a == PORT_EXACT && b == PORT_EXACT)
		return;
	if (a == PORT_EXACT || b == PORT_EXACT) {
		int other = a == PORT_EXACT;

		if (planning->ports[other] == PORT_IN_ORDER)
			predict_one(planning, other);
		else
			birthday(planning, other);
	} else if (a == PORT_IN_ORDER && b == PORT_IN_ORDER) {
		predict_both(planning);
	} else if (a == PORT_RANDOM && b == PORT_RANDOM) {
		none(planning, PLAN_REASON_RANDOM_BOTH);
	} else {
		none(planning, PLAN_REASON_RANDOM_SEQUENTIAL);
	}
	if (planning->plan->method != PLAN_NONE)
		repeat_held(planning);
}

/* Whether the SYNs may meet, and what happens when they may not. */
static bool is_meeting_sure(const struct nat_report *report)
{
	return report->syn_in == REPORT_YES ||
	       (report->syn_in == REPORT_NO && report->reaction != REPORT_REACTION_UNKNOWN &&
		report->reaction != REPORT_REACTION_NONE);
}

static bool is_for_both(const struct planning *planning,
			bool (*is_true)(const struct nat_report *))
{
	return is_true(planning->reports[0]) && is_true(planning->reports[1]);
}

/* Nothing is unknown that would have led to another plan. */
static bool is_sure(const struct planning *planning)
{
	const struct plan *plan = planning->plan;
	bool are_ports = is_for_both(planning, is_port_sure);
	bool are_filters = is_for_both(planning, is_filtering_sure);
	bool are_meetings = is_for_both(planning, is_meeting_sure);
	bool is_random = plan->reason == PLAN_REASON_RANDOM_BOTH ||
			 plan->reason == PLAN_REASON_RANDOM_SEQUENTIAL;

	switch (plan->method) {
	case PLAN_PLAIN:
		return are_ports && are_meetings;
	case PLAN_ONE_WAY:
		return are_ports && are_filters;
	case PLAN_PREDICT:
	case PLAN_BIRTHDAY:
		return are_ports && are_filters && are_meetings;
	case PLAN_NONE:
		break;
	}
	return are_filters && (is_random ? are_ports : are_meetings);
}

/* Before we give up: a filter of which nothing is known may let the other side in. A few dials cost
 * nothing; many go out only when that is still unknown after a while. */
static void try_unknown_filter(struct planning *planning)
{
	struct plan *plan = planning->plan;

	if (!try_listener(planning, may_open_for_address))
		return;
	plan->reason = PLAN_REASON_NONE;
	for (int i = 0; i < 2; i++)
		if (plan->method == PLAN_BIRTHDAY)
			plan->sides[i].wait_ms = WAIT_MS;
}

static void plan_family(struct planning *planning)
{
	enum plan_reason reason = no_meeting(planning);
	bool is_exact = planning->ports[0] == PORT_EXACT && planning->ports[1] == PORT_EXACT;
	bool is_refused = planning->reports[0]->syn_in == REPORT_NO ||
			  planning->reports[1]->syn_in == REPORT_NO;

	if (is_exact && !is_refused)
		return;
	/* one refusal alone is no obstacle, but with a lost packet it can be a long wait */
	if (try_listener(planning, opens_for_address))
		return;
	if (reason == PLAN_REASON_NONE)
		plan_meeting(planning);
	else
		none(planning, reason);
	if (planning->plan->method == PLAN_NONE)
		try_unknown_filter(planning);
}

/* What lies between them is not what the reports are about. */
static bool is_behind_one_box(const struct nat_report *a, const struct nat_report *b)
{
	struct midair_endpoint outer = a->mapped;

	outer.port = b->mapped.port;
	return midair_endpoint_equal(&outer, &b->mapped);
}

static void give_up_family(struct plan *plan)
{
	plan->method = PLAN_NONE;
	plan->reason = PLAN_REASON_NO_FAMILY;
	plan->is_sure = true;
}

void plan_make(struct plan *plan, const struct nat_report *a, const struct nat_report *b)
{
	struct planning planning = {.plan = plan, .reports = {a, b}};

	memset(plan, 0, sizeof(*plan));
	plan->family = a->family;
	if (a->family == MIDAIR_FAMILY_NONE || b->family == MIDAIR_FAMILY_NONE)
		return;
	if (a->family != b->family) {
		give_up_family(plan);
		return;
	}
	if (is_behind_one_box(a, b))
		return;
	planning.ports[0] = knowledge_of(a);
	planning.ports[1] = knowledge_of(b);
	plan_family(&planning);
	plan->is_sure = is_sure(&planning);
}

/* Smaller is better. */
static int rank(const struct plan *plan)
{
	return 2 * (int)plan->method + !plan->is_sure;
}

int plan_make_families(struct plan plans[2], const struct nat_report a[2],
		       const struct nat_report b[2])
{
	bool is_common[2];

	for (int i = 0; i < 2; i++) {
		is_common[i] =
			a[i].family != MIDAIR_FAMILY_NONE && b[i].family != MIDAIR_FAMILY_NONE;
		plan_make(&plans[i], &a[i], &b[i]);
		if (!is_common[i])
			plans[i].family = MIDAIR_FAMILY_NONE;
	}
	if (is_common[0] && is_common[1])
		return rank(&plans[1]) <= rank(&plans[0]);
	/* each side has a family, and not the same one */
	if (!is_common[0] && !is_common[1] && a[0].family + a[1].family != MIDAIR_FAMILY_NONE &&
	    b[0].family + b[1].family != MIDAIR_FAMILY_NONE)
		give_up_family(&plans[0]);
	return is_common[1];
}
