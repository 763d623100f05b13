/* SPDX-License-Identifier: MIT */
#include "lab/stagger.h"

#include "core/plan.h"

#define STAGGER_NS UINT64_C(7300000)
/* Beyond the skew and the round trips: nearly every attempt that guesses ports is over by then. */
#define ALONE_NS    UINT64_C(413000000)
#define ROUND_TRIPS 4

/* What the two sides will find out, and plan. */
static enum plan_method method_of(const struct scenario *scenario)
{
	const struct nat_behavior *boxes[2] = {&scenario->a, &scenario->b};
	struct nat_report reports[2];
	struct plan plan;

	for (int i = 0; i < 2; i++) {
		struct midair_endpoint endpoint = {
			.family = (uint8_t)scenario->family,
			.address = {(uint8_t)(i + 1)},
			.port = 1314,
		};

		nat_report_of_behavior(&reports[i], boxes[i], &endpoint, &endpoint);
		/* what is let in is reset by the host, where nobody listens */
		if (scenario->flags & MIDAIR_NO_LISTEN)
			reports[i].filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
	}
	plan_make(&plan, &reports[0], &reports[1]);
	return plan.method;
}

/* Until it is known that there is no way, a box that gives each destination a port of its own makes
 * the two sides guess, with a thousand descriptors each. */
static bool is_guessing(const struct scenario *scenario)
{
	const struct nat_behavior *boxes[2] = {&scenario->a, &scenario->b};

	for (int i = 0; i < 2; i++)
		if (!boxes[i]->is_public && !boxes[i]->is_firewall &&
		    boxes[i]->mapping != NAT_MAPPING_ENDPOINT_INDEPENDENT &&
		    boxes[i]->allocation != NAT_ALLOCATION_PRESERVING)
			return true;
	return false;
}

/* What a run's dials leave in a box that nobody answers for: both volleys, of the first plan and of the
 * one that is made when the filter is known. */
#define LEFT_BEHIND (2 * PLAN_DESTINATIONS_MAX * PLAN_VOLLEYS_MAX)
/* The server forwards for 16 connections of one address, and not for more (core/serve_limits.h). */
#define RELAYED_TOGETHER 10u

uint32_t stagger_n_together(const struct scenario *scenario)
{
	bool is_birthday = scenario->has_server && method_of(scenario) == PLAN_BIRTHDAY;

	if (scenario->is_via_relay)
		return RELAYED_TOGETHER;
	return is_birthday ? NAT_SESSIONS_MAX / LEFT_BEHIND : UINT32_MAX;
}

uint64_t stagger_ns(const struct scenario *scenario)
{
	enum plan_method method = method_of(scenario);
	int64_t skew_ns = scenario->skew_ns < 0 ? -scenario->skew_ns : scenario->skew_ns;
	uint64_t longest_ns = scenario->server_rtt_a_ns > scenario->server_rtt_b_ns
				      ? scenario->server_rtt_a_ns
				      : scenario->server_rtt_b_ns;

	if (!scenario->has_server || (method != PLAN_PREDICT && method != PLAN_BIRTHDAY &&
				      !(scenario->is_via_relay && is_guessing(scenario))))
		return STAGGER_NS;
	return (uint64_t)skew_ns + ROUND_TRIPS * (longest_ns + scenario->rtt_ns) + ALONE_NS;
}
