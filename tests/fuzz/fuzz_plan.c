/* SPDX-License-Identifier: MIT */
/*
 * Two reports as a hostile peer may send them: whatever they say, the volleys of the plan stay
 * within the budget, spare the well-known ports, and end.
 */
#include "core/nat.h"
#include "core/volley.h"
#include "tests/fuzz/fuzz.h"

#define EVENTS_LIMIT 100000

static struct nat_report read_report(struct byte_reader *reader)
{
	struct nat_report report;

	nat_report_read(reader, &report);
	return report;
}

/* Of every fourth dial nothing is heard, the others are refused. */
static void check_dial(struct volley *volley, const struct volley_action *action,
		       uint64_t now_ns)
{
	const struct plan_side *side = &volley->config.side;
	struct volley_event event = {
		.type = VOLLEY_EVENT_REFUSED,
		.now_ns = now_ns,
		.dial = action->dial,
	};
	struct volley_update update;

	FUZZ_CHECK(action->dial < VOLLEY_DIALS_MAX && action->port <= VOLLEY_DIALS_MAX);
	FUZZ_CHECK(side->targets == PLAN_TARGETS_EXACT || action->remote.port >= NAT_PORT_MIN);
	FUZZ_CHECK(side->targets != PLAN_TARGETS_EXACT ||
		   action->remote.port == side->first_port);
	if (action->dial % 4 == 0)
		return;
	volley_step(volley, &event, &update);
	FUZZ_CHECK(update.n_actions == 0);
}

static void shoot(const struct plan_side *side, const struct midair_endpoint *peer)
{
	static struct volley volley;
	struct volley_config config = {
		.side = *side,
		.peer = *peer,
		.timeout_ns = UINT64_C(4000000000),
		.seed = 1,
	};
	struct volley_event event = {.type = VOLLEY_EVENT_START};
	struct volley_update update = {.n_actions = 0};
	bool is_over = false;

	volley_init(&volley, &config);
	for (int n = 0; !is_over; n++) {
		FUZZ_CHECK(n < EVENTS_LIMIT);
		volley_step(&volley, &event, &update);
		FUZZ_CHECK(update.n_actions <= VOLLEY_ACTIONS_MAX);
		for (uint32_t i = 0; i < update.n_actions; i++) {
			is_over |= update.actions[i].type == VOLLEY_ACTION_END;
			if (update.actions[i].type == VOLLEY_ACTION_DIAL)
				check_dial(&volley, &update.actions[i], event.now_ns);
		}
		FUZZ_CHECK(volley.n_open <= VOLLEY_DIALS_MAX);
		FUZZ_CHECK(volley.n_syns <= VOLLEY_SYNS_MAX);
		FUZZ_CHECK(is_over == (volley_deadline(&volley) == VOLLEY_NO_DEADLINE));
		event.type = VOLLEY_EVENT_TIME;
		if (!is_over && volley_deadline(&volley) > event.now_ns)
			event.now_ns = volley_deadline(&volley);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct byte_reader reader = {.at = data, .n_left = size};
	struct nat_report a = read_report(&reader);
	struct nat_report b = read_report(&reader);
	struct plan plan, again;

	plan_make(&plan, &a, &b);
	plan_make(&again, &a, &b);
	FUZZ_CHECK(memcmp(&plan, &again, sizeof(plan)) == 0);
	FUZZ_CHECK((plan.method == PLAN_NONE) == (plan.reason != PLAN_REASON_NONE));
	for (int i = 0; i < 2; i++) {
		const struct plan_side *side = &plan.sides[i];

		FUZZ_CHECK(side->n_targets <= PLAN_DESTINATIONS_MAX);
		FUZZ_CHECK(side->source != PLAN_FROM_MANY_PORTS ||
			   side->n_targets <= PLAN_LOCAL_PORTS_MAX);
		FUZZ_CHECK(side->n_volleys <= PLAN_VOLLEYS_MAX);
		if (side->targets != PLAN_TARGETS_NONE)
			shoot(side, i ? &a.mapped : &b.mapped);
	}
	return 0;
}
