/* SPDX-License-Identifier: MIT */
#include "lab/report.h"

#include <stdio.h>
#include <string.h>

#include "core/duration.h"

/* Columns of the table: name, a, b, rtt, skew, expected, seen, runs, median, p99, verdict. */
#define ROW_FORMAT "%-38s %-28s %-28s %7s %7s %-8s %-8s %5s %12s %12s  %s"

#define VERDICT_SIZE	 64
#define SERVER_TEXT_SIZE (2 * DURATION_TEXT_SIZE + 48)

const char *report_excess(int64_t time_ns, const struct scenario *scenario,
			  char buffer[REPORT_TIME_SIZE])
{
	snprintf(buffer, REPORT_TIME_SIZE, "%+.3f ms",
		 (double)(time_ns - (int64_t)scenario_soonest_ns(scenario)) / 1e6);
	return buffer;
}

const char *report_head(char buffer[REPORT_LINE_SIZE])
{
	snprintf(buffer, REPORT_LINE_SIZE, ROW_FORMAT, "SCENARIO", "A", "B", "RTT", "SKEW",
		 "EXPECTED", "SEEN", "RUNS", "MEDIAN", "P99", "");
	return buffer;
}

static const char *verdict(const struct batch_item *item, char buffer[VERDICT_SIZE])
{
	const char *word = "ok";

	if (item->is_untimed)
		word = "late";
	else if (!item->judgement.is_as_expected)
		word = item->judgement.is_late ? "LATE" : "DIFFERENT";
	if (item->n_attempts <= 1)
		return word;
	snprintf(buffer, VERDICT_SIZE, "%s (attempt %u, the machine was busy)", word,
		 item->n_attempts);
	return buffer;
}

static const char *skew_text(const struct scenario *scenario,
			     char buffer[DURATION_TEXT_SIZE + 1])
{
	int64_t skew_ns = scenario->skew_ns;

	buffer[0] = '-';
	duration_format((uint64_t)(skew_ns < 0 ? -skew_ns : skew_ns),
			buffer + (skew_ns < 0 ? 1 : 0));
	return buffer;
}

bool report_is_failure_timed(const struct batch_item *item)
{
	return !item->error && item->scenario->within_ns > 0 &&
	       item->scenario->expectation != SCENARIO_CONNECT &&
	       item->judgement.seen != RUN_CONNECTED && item->judgement.n_as_expected > 0;
}

const char *report_row(const struct batch_item *item, char buffer[REPORT_LINE_SIZE])
{
	const struct scenario *scenario = item->scenario;
	const struct judgement *judgement = &item->judgement;
	char a[NAT_BEHAVIOR_TEXT_SIZE], b[NAT_BEHAVIOR_TEXT_SIZE];
	char rtt[DURATION_TEXT_SIZE], skew[DURATION_TEXT_SIZE + 1];
	char median[REPORT_TIME_SIZE] = "-", p99[REPORT_TIME_SIZE] = "-", runs[32];
	char words[VERDICT_SIZE];
	const char *expected = scenario_expectation_name(scenario->expectation);

	nat_behavior_format(&scenario->a, a);
	nat_behavior_format(&scenario->b, b);
	duration_format(scenario->rtt_ns, rtt);
	skew_text(scenario, skew);
	if (item->error) {
		snprintf(buffer, REPORT_LINE_SIZE, ROW_FORMAT, scenario->name, a, b, rtt, skew,
			 expected, "-", "0", "-", "-", item->reason.text);
		return buffer;
	}
	if (judgement->seen == RUN_CONNECTED) {
		report_excess(judgement->median_ns, scenario, median);
		report_excess(judgement->p99_ns, scenario, p99);
	}
	snprintf(runs, sizeof(runs), "%u/%u", judgement->n_as_expected, judgement->n_runs);
	snprintf(buffer, REPORT_LINE_SIZE, ROW_FORMAT, scenario->name, a, b, rtt, skew,
		 expected, run_outcome_name(judgement->seen), runs, median, p99,
		 verdict(item, words));
	return buffer;
}

/* Empty where there is no server. */
static const char *server_text(const struct scenario *scenario, char buffer[SERVER_TEXT_SIZE])
{
	char a[DURATION_TEXT_SIZE], b[DURATION_TEXT_SIZE];

	buffer[0] = '\0';
	if (scenario->has_server)
		snprintf(buffer, SERVER_TEXT_SIZE, ", to the server %s from a and %s from b",
			 duration_format(scenario->server_rtt_a_ns, a),
			 duration_format(scenario->server_rtt_b_ns, b));
	return buffer;
}

const char *report_scenario(const struct scenario *scenario, char buffer[REPORT_LINE_SIZE])
{
	char a[NAT_BEHAVIOR_TEXT_SIZE], b[NAT_BEHAVIOR_TEXT_SIZE];
	char rtt[DURATION_TEXT_SIZE], skew[DURATION_TEXT_SIZE + 1], within[DURATION_TEXT_SIZE];
	char server[SERVER_TEXT_SIZE];

	snprintf(buffer, REPORT_LINE_SIZE,
		 "%s: a behind %s (%s), b behind %s (%s), round trip %s%s, b starts %s later; "
		 "expected: %s%s%s",
		 scenario->name, nat_behavior_format(&scenario->a, a),
		 box_place_name(box_place_of(&scenario->a)),
		 nat_behavior_format(&scenario->b, b),
		 box_place_name(box_place_of(&scenario->b)),
		 duration_format(scenario->rtt_ns, rtt), server_text(scenario, server),
		 skew_text(scenario, skew), scenario_expectation_name(scenario->expectation),
		 scenario->within_ns > 0 ? " within " : "",
		 scenario->within_ns > 0 ? duration_format(scenario->within_ns, within) : "");
	return buffer;
}

/* Of a pairing: the steps up to its end. */
static void append_steps(const struct batch_item *item, char buffer[REPORT_LINE_SIZE])
{
	size_t used = strlen(buffer);

	snprintf(
		buffer + used, REPORT_LINE_SIZE - used,
		"; from its start %.3f ms to the TCP connection, %.3f ms to the first encrypted "
		"byte (medians)",
		(double)item->judgement.landed_median_ns / 1e6,
		(double)item->judgement.first_byte_median_ns / 1e6);
}

const char *report_judgement(const struct batch_item *item, char buffer[REPORT_LINE_SIZE])
{
	const struct judgement *judgement = &item->judgement;
	char median[REPORT_TIME_SIZE], p99[REPORT_TIME_SIZE];
	size_t used;

	if (item->error) {
		snprintf(buffer, REPORT_LINE_SIZE, "not run: %s", item->reason.text);
		return buffer;
	}
	snprintf(buffer, REPORT_LINE_SIZE, "seen: %s, %u of %u runs as expected",
		 run_outcome_name(judgement->seen), judgement->n_as_expected,
		 judgement->n_runs);
	used = strlen(buffer);
	if (judgement->seen == RUN_CONNECTED)
		snprintf(buffer + used, REPORT_LINE_SIZE - used,
			 "; the later side connected at its start + %s %s (median), %s (p99)%s",
			 item->scenario->has_server ? "introduction + 2 round trips (dial, TLS)"
						    : "1 round trip",
			 report_excess(judgement->median_ns, item->scenario, median),
			 report_excess(judgement->p99_ns, item->scenario, p99),
			 judgement->is_late ? ", which is too late" : "");
	if (judgement->seen == RUN_CONNECTED && item->scenario->has_server)
		append_steps(item, buffer);
	if (report_is_failure_timed(item))
		snprintf(buffer + used, REPORT_LINE_SIZE - used,
			 "; both sides knew %.3f ms (median), %.3f ms (p99) after the later "
			 "one's start%s",
			 (double)judgement->median_ns / 1e6, (double)judgement->p99_ns / 1e6,
			 judgement->is_late ? ", which is too late" : "");
	return buffer;
}
