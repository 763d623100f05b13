/* SPDX-License-Identifier: MIT */
/*
 * Reports to and from the peer, the plan that follows from them, and our part of it. See
 * pair_internal.h.
 *
 * Theory of operation
 *
 * Both sides plan with what was told, not with what is known: then both have the same plan as
 * soon as the messages are over. A new plan replaces the volley of the old one; the SYNs of all
 * volleys together stay within one budget, whatever the peer tells and however often.
 *
 * A volley goes to the one address that the server saw as the peer's, and only where the session
 * itself may dial it: a peer that lies about its address cannot aim at somebody else.
 */
#include <string.h>

#include "lib/pair_internal.h"
#include "lib/volley.h"
#include "os/clock.h"

/* Of a sequential NAT: half of what a window has room for. */
#define SMALL_STEPS 32
/* As long as a relay waits for a plain way. */
#define FAMILY_PATIENCE_NS UINT64_C(1200000000)

/* A filter that lets strangers in helps nobody where nobody listens: our own kernel resets them. */
static void report_no_listener(struct nat_report *report)
{
	if (report->reaction == REPORT_REACTION_NONE)
		report->reaction = REPORT_REACTION_RESET;
	report->filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
}

/* Of the connection that the peer is told of, not of the survey's own ones. */
static void compose(const struct pairing *pairing, struct nat_report reports[2])
{
	for (uint32_t i = 0; i < 2; i++) {
		const struct midair_endpoint *observed = &pairing->view.observed[i];

		reports[i] = (struct nat_report){0};
		if (observed->family == MIDAIR_FAMILY_NONE ||
		    pairing->session->holder_fds[i] < 0)
			continue;
		reports[i] = pairing->reach.known[i];
		if (reports[i].family == MIDAIR_FAMILY_NONE)
			reports[i].n_layers = UINT8_MAX;
		reports[i].family = observed->family;
		reports[i].local = pairing->session->local[i];
		reports[i].mapped = *observed;
		if ((pairing->session->config.flags & MIDAIR_NO_LISTEN) != 0)
			report_no_listener(&reports[i]);
		pair_map_report(pairing, i, &reports[i]);
	}
}

static bool is_alike(const struct nat_report *a, const struct nat_report *b)
{
	return a->family == b->family && a->mapping == b->mapping &&
	       a->allocation == b->allocation && a->delta == b->delta &&
	       a->filtering == b->filtering && a->reaction == b->reaction &&
	       a->syn_in == b->syn_in && midair_endpoint_equal(&a->mapped, &b->mapped) &&
	       (a->allocation != REPORT_ALLOCATION_SEQUENTIAL || a->last_port == b->last_port);
}

bool pair_has_news(const struct pairing *pairing)
{
	struct nat_report reports[2];

	compose(pairing, reports);
	return !is_alike(&reports[0], &pairing->reach.told[0]) ||
	       !is_alike(&reports[1], &pairing->reach.told[1]);
}

void pair_report(struct pairing *pairing, struct introduction *introduction)
{
	compose(pairing, pairing->reach.told);
	memcpy(introduction->reports, pairing->reach.told, sizeof(introduction->reports));
}

/* The kind of ports is what the method hangs on: not worth waiting for the rest. */
static bool is_worth_telling(const struct pair_reach *reach)
{
	for (uint32_t i = 0; i < 2; i++)
		if (reach->told[i].mapping == REPORT_MAPPING_UNKNOWN &&
		    reach->known[i].mapping != REPORT_MAPPING_UNKNOWN &&
		    reach->known[i].allocation != REPORT_ALLOCATION_UNKNOWN)
			return true;
	return false;
}

void pair_news(struct pairing *pairing, bool is_done)
{
	enum approach_phase phase = pairing->approach.phase;

	if (phase != APPROACH_INTRODUCED && phase != APPROACH_CONFIRMED)
		return;
	/* The approach knows of such news from the STUN server, and what to do. */
	if ((is_done || is_worth_telling(&pairing->reach)) && pair_has_news(pairing))
		pair_feed(pairing, &(struct approach_event){.type = APPROACH_EVENT_MAPPED});
}

void pair_hear(struct pairing *pairing, const struct introduction *introduction)
{
	struct pair_reach *reach = &pairing->reach;

	for (uint32_t i = 0; i < 2; i++)
		if (introduction->reports[i].family != MIDAIR_FAMILY_NONE)
			reach->theirs[i] = introduction->reports[i];
	/* the server's word, which the peer cannot change */
	if (reach->theirs[holder_of(pairing->observed.family)].family != MIDAIR_FAMILY_NONE)
		reach->theirs[holder_of(pairing->observed.family)].mapped = pairing->observed;
	reach->has_heard = true;
}

/* ---- the plan ------------------------------------------------------------------------------ */

static void end_volley(struct pair_reach *reach)
{
	if (reach->volley == NULL)
		return;
	reach->n_syns = volley_run_syns(reach->volley);
	reach->volley = volley_run_free(reach->volley);
}

static const struct plan_side *our_side(const struct pairing *pairing)
{
	return &pairing->reach.plan.sides[pairing->role == MIDAIR_ROLE_B];
}

static uint64_t left_ns(const struct pairing *pairing)
{
	const struct session *core = &pairing->session->core;
	uint64_t end_ns = core->start_ns + core->config.timeout_ns;
	uint64_t now_ns = clock_now_ns();

	return end_ns > now_ns ? end_ns - now_ns : 0;
}

static void begin_volley(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;
	struct volley_run_config config = {
		.volley = {.side = *our_side(pairing), .peer = pairing->observed},
		.first_tag = PAIRING_TAG + PAIR_VOLLEY_TAG,
		.n_syns = reach->n_syns,
	};

	if (config.volley.side.targets == PLAN_TARGETS_NONE || pair_is_relay_only(pairing) ||
	    reach->plan.family != pairing->observed.family ||
	    !candidates_may_dial_observed(&pairing->view, &pairing->observed))
		return;
	config.volley.timeout_ns = left_ns(pairing);
	/* Nothing will be known that is not. */
	if (!pairing->can_probe)
		config.volley.side.wait_ms = 0;
	config.local = pairing->session->local[holder_of(pairing->observed.family)];
	/* Without one the plain dials go on alone. */
	volley_run_new(&reach->volley, pairing->session, &config);
}

/* How long the volleys wait for what may still be found out. */
static uint64_t hold_ns(const struct pairing *pairing, const struct plan *plan)
{
	uint16_t wait_ms = plan->sides[0].wait_ms > plan->sides[1].wait_ms
				   ? plan->sides[0].wait_ms
				   : plan->sides[1].wait_ms;

	return pairing->can_probe ? UINT64_C(1000000) * wait_ms : 0;
}

/* To the user, and to the approach, which may have to do without a direct way. */
static void tell_plan(struct pairing *pairing)
{
	const struct plan *plan = &pairing->reach.plan;

	session_emit(pairing->session, &(struct midair_event){
					       .type = MIDAIR_EVENT_PLAN,
					       .way = (enum midair_way)plan->method,
					       .reason = plan_reason_name(plan->reason),
					       .is_sure = plan->is_sure,
				       });
	pair_feed(pairing, &(struct approach_event){
				   .type = APPROACH_EVENT_PLANNED,
				   .way = (enum midair_way)plan->method,
				   .reason = plan_reason_name(plan->reason),
				   .hold_ns = hold_ns(pairing, plan),
				   .is_sure = plan->is_sure,
			   });
}

static bool is_same_to_tell(const struct plan *a, const struct plan *b)
{
	return a->method == b->method && a->reason == b->reason && a->is_sure == b->is_sure;
}

/* What a sequential NAT has given out meanwhile moves the window; the dials of a volley that is
 * under way do as well, so a small step is no reason to begin anew. */
static bool is_same_part(const struct plan_side *a, const struct plan_side *b)
{
	int32_t step = a->step < 0 ? -a->step : a->step;
	int32_t distance = (int32_t)a->first_port - (int32_t)b->first_port;
	struct plan_side moved;

	memcpy(&moved, b, sizeof(moved));
	if (a->targets == PLAN_TARGETS_WINDOW && distance <= SMALL_STEPS * step &&
	    distance >= -SMALL_STEPS * step)
		moved.first_port = a->first_port;
	/* plan_make() leaves no byte to chance */
	return memcmp(a, &moved, sizeof(moved)) == 0;
}

static bool is_same_volley(const struct plan *a, const struct plan *b)
{
	return a->method == b->method && a->family == b->family &&
	       is_same_part(&a->sides[0], &b->sides[0]) &&
	       is_same_part(&a->sides[1], &b->sides[1]);
}

/* The reports know of NATs alone. A port that a router has opened, an address of the other family
 * that no server has seen, a common network: each may lead to the peer all the same. */
static bool has_other_way(const struct pairing *pairing)
{
	const struct session *core = &pairing->session->core;

	for (uint32_t i = 0; i < 2; i++)
		if (candidates_is_mapping_known(&pairing->view, i))
			return true;
	for (uint32_t i = 0; i < core->config.n_peers; i++)
		if (core->paths[i].state != PATH_DEAD &&
		    !midair_endpoint_equal(&core->config.peers[i], &pairing->observed))
			return true;
	return false;
}

/* A family that is missing may be told of in the next message: what the server sees of us in the
 * second one comes when it comes, and whoever joins is introduced at once. */
static bool is_family_awaited(const struct pair_reach *reach, const struct plan *plan)
{
	return plan->method == PLAN_NONE && plan->reason == PLAN_REASON_NO_FAMILY &&
	       clock_now_ns() < reach->family_ns;
}

static bool is_final(const struct pairing *pairing, const struct plan *plan)
{
	return plan->is_sure && !is_family_awaited(&pairing->reach, plan) &&
	       (plan->method != PLAN_NONE || !has_other_way(pairing));
}

void pair_plan(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;
	bool is_a = pairing->role == MIDAIR_ROLE_A;
	struct plan before;
	struct plan plans[2];
	bool is_new;
	int best;

	if (!reach->has_heard || session_is_over(pairing->session))
		return;
	memcpy(&before, &reach->plan, sizeof(before));
	best = plan_make_families(plans, is_a ? reach->told : reach->theirs,
				  is_a ? reach->theirs : reach->told);
	memcpy(&reach->plan, &plans[best], sizeof(before));
	is_new = !reach->has_plan;
	if (is_new)
		reach->family_ns = clock_now_ns() + FAMILY_PATIENCE_NS;
	reach->plan.is_sure = is_final(pairing, &reach->plan);
	reach->has_plan = true;
	if (is_new || !is_same_to_tell(&reach->plan, &before))
		tell_plan(pairing);
	if (session_is_over(pairing->session))
		return;
	if (!is_new && is_same_volley(&reach->plan, &before)) {
		/* what is under way goes on, from where it began */
		memcpy(reach->plan.sides, before.sides, sizeof(before.sides));
		return;
	}
	end_volley(reach);
	begin_volley(pairing);
}

static bool has_awaited_family(const struct pair_reach *reach)
{
	return reach->has_plan && reach->plan.method == PLAN_NONE &&
	       reach->plan.reason == PLAN_REASON_NO_FAMILY && reach->family_ns != 0;
}

uint64_t pair_plan_deadline(const struct pairing *pairing)
{
	const struct pair_reach *reach = &pairing->reach;
	uint64_t volley_ns =
		reach->volley != NULL ? volley_run_deadline(reach->volley) : UINT64_MAX;
	uint64_t family_ns = has_awaited_family(reach) ? reach->family_ns : UINT64_MAX;

	return volley_ns < family_ns ? volley_ns : family_ns;
}

void pair_plan_time(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;
	uint64_t now_ns = clock_now_ns();

	if (reach->volley != NULL && now_ns >= volley_run_deadline(reach->volley))
		volley_run_time(reach->volley);
	if (has_awaited_family(reach) && now_ns >= reach->family_ns) {
		/* once */
		reach->family_ns = 0;
		pair_plan(pairing);
	}
}

void pair_plan_ready(struct pairing *pairing, uint32_t tag)
{
	if (pairing->reach.volley != NULL)
		volley_run_ready(pairing->reach.volley, tag);
}

void pair_plan_closed(struct pairing *pairing, uint32_t connection)
{
	if (pairing->reach.volley != NULL)
		volley_run_closed(pairing->reach.volley, connection);
}

void pair_plan_forget(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;

	end_volley(reach);
	memset(reach->told, 0, sizeof(reach->told));
	memset(reach->theirs, 0, sizeof(reach->theirs));
	memset(&reach->plan, 0, sizeof(reach->plan));
	reach->has_heard = false;
	reach->has_plan = false;
	reach->family_ns = 0;
}
