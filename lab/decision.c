/* SPDX-License-Identifier: MIT */
#include "lab/decision.h"

/* An asking that was refused is no decision that helped: result is then not 0. */
static int64_t of_side(const struct side_report *report, uint32_t run)
{
	uint32_t n_events = atomic_load(&report->n_events);
	int64_t introduced_ns = -1;

	for (uint32_t i = 0; i < n_events && i < SIDE_EVENTS_MAX; i++) {
		const struct midair_event *event = &report->events[i].event;

		if (report->events[i].run != run)
			continue;
		if (event->type == MIDAIR_EVENT_PEER)
			introduced_ns = (int64_t)event->time_ns;
		if (event->type == MIDAIR_EVENT_RELAY && event->result == 0 &&
		    introduced_ns >= 0)
			return (int64_t)event->time_ns - introduced_ns;
	}
	return -1;
}

int64_t decision_ns(const struct runner_result *result, uint32_t run)
{
	int64_t longest_ns = -1;

	for (int i = 0; i < LAB_N_SIDES; i++) {
		int64_t side_ns = of_side(side_report(result->sides[i]), run);

		if (side_ns > longest_ns)
			longest_ns = side_ns;
	}
	return longest_ns;
}
