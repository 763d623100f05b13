/* SPDX-License-Identifier: MIT */
/*
 * What is known of our own NAT. See pair_internal.h.
 *
 * Theory of operation
 *
 * A quick check (core/check.h, CHECK_QUICK) begins along with the rendezvous, from ports of its own
 * and after the rendezvous' first SYN, so that nothing waits for it. Whoever waits for the other
 * side knows all by the time it comes; whoever comes second tells what it has, and the rest in a
 * second message.
 *
 * A NAT that gives out ports in order moves on while we wait, so its last port is looked up again
 * (CHECK_GLANCE) every SURVEY_AGAIN_NS, and when the introduction has come.
 */
#include "lib/check_internal.h"
#include "lib/pair_internal.h"
#include "os/clock.h"

#define SURVEY_AGAIN_NS	  UINT64_C(25000000000)
#define SURVEY_TIMEOUT_MS 4000u

static void drop(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;

	if (reach->survey != NULL)
		loop_forget(&pairing->session->loop, midair_check_fd(reach->survey));
	reach->survey = midair_check_free(reach->survey);
}

static void begin(struct pairing *pairing, enum check_extent extent)
{
	const struct approach_config *config = &pairing->approach.config;
	struct pair_reach *reach = &pairing->reach;
	struct check_order order = {
		.servers = config->servers,
		.n_servers = config->n_servers,
		.source = pairing->session->config.local,
		.extent = extent,
		.timeout_ms = SURVEY_TIMEOUT_MS,
	};

	order.source.port = 0;
	drop(pairing);
	reach->survey_ns = clock_now_ns() + SURVEY_AGAIN_NS;
	reach->extent = extent;
	if (check_open(&reach->survey, &order) != 0)
		return;
	if (loop_watch_input(&pairing->session->loop, midair_check_fd(reach->survey),
			     PAIRING_TAG + PAIR_SURVEY_TAG) != 0)
		drop(pairing);
}

void pair_survey(struct pairing *pairing)
{
	begin(pairing, CHECK_QUICK);
}

static bool is_in_order(const struct nat_report *report)
{
	return report->allocation == REPORT_ALLOCATION_SEQUENTIAL;
}

static bool is_any_in_order(const struct pair_reach *reach)
{
	return is_in_order(&reach->known[0]) || is_in_order(&reach->known[1]);
}

static bool is_any_known(const struct pair_reach *reach)
{
	return reach->known[0].allocation != REPORT_ALLOCATION_UNKNOWN ||
	       reach->known[1].allocation != REPORT_ALLOCATION_UNKNOWN;
}

static bool is_alone(const struct pairing *pairing)
{
	return pairing->approach.phase == APPROACH_ALONE;
}

uint64_t pair_survey_deadline(const struct pairing *pairing)
{
	return is_alone(pairing) && pairing->reach.survey == NULL ? pairing->reach.survey_ns
								  : UINT64_MAX;
}

void pair_survey_time(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;

	if (clock_now_ns() < pair_survey_deadline(pairing))
		return;
	reach->survey_ns = clock_now_ns() + SURVEY_AGAIN_NS;
	if (is_any_in_order(reach))
		begin(pairing, CHECK_GLANCE);
	else if (!is_any_known(reach))
		begin(pairing, CHECK_QUICK);
}

void pair_survey_introduced(struct pairing *pairing)
{
	if (pairing->reach.survey == NULL && is_any_in_order(&pairing->reach))
		begin(pairing, CHECK_GLANCE);
}

static void take(struct pair_reach *reach, uint32_t family, const struct nat_report *report)
{
	struct nat_report *known = &reach->known[family];

	if (reach->extent == CHECK_QUICK)
		*known = *report;
	else if (is_in_order(known))
		known->last_port = report->mapped.port;
}

void pair_survey_ready(struct pairing *pairing)
{
	struct pair_reach *reach = &pairing->reach;
	bool is_done;

	if (reach->survey == NULL)
		return;
	is_done = midair_check_dispatch(reach->survey) != 0;
	for (uint32_t i = 0; i < 2; i++) {
		struct nat_report report;

		if (check_known(reach->survey, i == 0 ? MIDAIR_IPV4 : MIDAIR_IPV6, &report))
			take(reach, i, &report);
	}
	if (is_done)
		drop(pairing);
	pair_news(pairing, is_done);
}

void pair_survey_over(struct pairing *pairing)
{
	drop(pairing);
}
