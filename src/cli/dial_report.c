/* SPDX-License-Identifier: MIT */
#include "cli/dial_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/explain.h"
#include "cli/json.h"

/* So many lines for one cause of failure; the others are counted. */
#define LINES_PER_CAUSE 3

void dial_report_init(struct dial_report *report, const struct dial_options *options,
		      uint64_t n_wanted)
{
	*report = (struct dial_report){
		.options = options,
		.rows = stdout,
		.n_wanted = n_wanted,
		.start_ns = dial_now_ns(),
	};
	report->last_ns = report->start_ns;
}

void dial_report_free(struct dial_report *report)
{
	free(report->times_ns);
}

static void clear_progress(struct dial_report *report)
{
	if (report->has_progress)
		fputs("\r\033[K", stderr);
	report->has_progress = false;
}

static double per_second(const struct dial_report *report)
{
	int64_t elapsed_ns = report->last_ns - report->start_ns;

	return elapsed_ns > 0 ? (double)report->n_connected * 1e9 / (double)elapsed_ns : 0;
}

static void add_time(struct dial_report *report, int64_t elapsed_ns)
{
	if (report->n_times == report->times_room) {
		uint64_t room = report->times_room == 0 ? 1024 : report->times_room * 2;
		int64_t *grown = reallocarray(report->times_ns, room, sizeof(*grown));

		if (grown == NULL)
			return;
		report->times_ns = grown;
		report->times_room = room;
	}
	report->times_ns[report->n_times++] = elapsed_ns;
}

static void print_row(struct dial_report *report, const struct dial_record *record)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *state = midair_tcp_state_name(
		report->options->is_closing ? MIDAIR_TCP_CLOSE : MIDAIR_TCP_ESTABLISHED);

	if (!report->has_header)
		fprintf(report->rows, "%-23s %-23s %-11s %12s\n", "Local Address",
			"Foreign Address", "State", "Time");
	report->has_header = true;
	fprintf(report->rows, "%-23s %-23s %-11s %9.3f ms\n",
		midair_endpoint_format(&record->local, local),
		midair_endpoint_format(&record->remote, remote), state,
		(double)record->elapsed_ns / 1e6);
}

static void add_endpoints(struct json *json, const struct dial_record *record)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (record->local.port == 0)
		json_null(json, "local");
	else
		json_string(json, "local", midair_endpoint_format(&record->local, text));
	json_string(json, "remote", midair_endpoint_format(&record->remote, text));
}

static void print_json(struct dial_report *report, const struct dial_record *record)
{
	struct json json;

	json_begin(&json, report->rows);
	json_string(&json, "event", record->result == 0 ? "connected" : "failed");
	add_endpoints(&json, record);
	if (record->result == 0) {
		json_milliseconds(&json, "time_ms", record->elapsed_ns);
		json_string(&json, "state",
			    report->options->is_closing ? "CLOSE" : "ESTABLISHED");
	} else {
		json_string(&json, "code", midair_result_name(record->result));
		json_string(&json, "text", midair_strerror(record->result));
		json_integer(&json, "n", (int64_t)record->n);
	}
	json_end(&json);
}

static void take_connected(struct dial_report *report, const struct dial_record *record)
{
	report->n_connected++;
	add_time(report, record->elapsed_ns);
	if (report->options->is_quiet || (report->is_silent && !report->options->is_json))
		return;
	clear_progress(report);
	if (report->options->is_json)
		print_json(report, record);
	else
		print_row(report, record);
}

/* What this machine refuses, as opposed to the peer and the way to it. */
static bool is_local(int result)
{
	return result > 0 ? result != MIDAIR_E_SELF
			  : result == -EADDRNOTAVAIL || result == -EADDRINUSE ||
				    result == -EACCES || result == -EPERM || result == -EINVAL;
}

/* The cause behind a refusal of this machine's own, in the words of midair why. */
static void dial_explain(const struct dial_report *report, const struct dial_record *record)
{
	if (is_local(record->result) || record->result == -ENETUNREACH)
		explain_failure(report->options->is_json ? report->rows : stderr,
				report->options->is_json, &record->local, &record->remote,
				MIDAIR_WHY_REUSEPORT);
}

static void say_failed(const struct dial_report *report, const struct dial_record *record)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	(void)report;
	fprintf(stderr, "midair dial: %s", midair_endpoint_format(&record->remote, remote));
	if (record->local.family != MIDAIR_FAMILY_NONE && record->local.port != 0)
		fprintf(stderr, " from %s", midair_endpoint_format(&record->local, local));
	else if (record->local.port != 0)
		fprintf(stderr, " from port %u", record->local.port);
	fprintf(stderr, ": %s\n", midair_strerror(record->result));
}

static struct dial_cause *find_cause(struct dial_report *report, int result)
{
	uint32_t i = 0;

	while (i < report->n_causes && report->causes[i].result != result)
		i++;
	if (i == DIAL_CAUSES_MAX)
		return &report->causes[DIAL_CAUSES_MAX - 1];
	if (i == report->n_causes)
		report->causes[report->n_causes++] = (struct dial_cause){.result = result};
	return &report->causes[i];
}

static void take_failed(struct dial_report *report, const struct dial_record *record)
{
	struct dial_cause *cause = find_cause(report, record->result);
	bool is_first = cause->n == 0;
	bool is_told = cause->n < LINES_PER_CAUSE;

	cause->n += record->n;
	report->n_failed += record->n;
	clear_progress(report);
	if (report->options->is_json && !report->options->is_quiet)
		print_json(report, record);
	else if (!report->options->is_json && is_told)
		say_failed(report, record);
	if (is_first)
		dial_explain(report, record);
}

static void take_stopped(struct dial_report *report, const struct dial_record *record)
{
	bool is_first = report->stop_result == 0;

	report->stop_result = record->result;
	report->n_not_tried += record->n;
	clear_progress(report);
	if (is_first && !report->options->is_json)
		fprintf(stderr,
			"midair dial: no more can be opened: %s; what stands, stays%s\n",
			midair_strerror(record->result),
			record->result == -EMFILE ? " (ulimit -n is the limit)" : "");
}

void dial_report_take(struct dial_report *report, const struct dial_record *record)
{
	switch (record->news) {
	case DIAL_CONNECTED:
		report->last_ns = dial_now_ns();
		take_connected(report, record);
		break;
	case DIAL_FAILED:
		report->last_ns = dial_now_ns();
		take_failed(report, record);
		break;
	case DIAL_STOPPED:
		take_stopped(report, record);
		break;
	case DIAL_PEERS_CLOSED:
		report->n_peers_closed += record->n;
		break;
	case DIAL_FINISHED:
		break;
	}
}

void dial_report_tick(struct dial_report *report)
{
	fflush(report->rows);
	if (report->options->is_json || report->is_silent || report->n_wanted < 2 ||
	    !isatty(STDERR_FILENO))
		return;
	fprintf(stderr,
		"\r%" PRIu64 " of %" PRIu64 " connected, %.0f a second, %" PRIu64
		" failed, %" PRIu64 " closed by their peers\033[K",
		report->n_connected, report->n_wanted, per_second(report), report->n_failed,
		report->n_peers_closed);
	report->has_progress = true;
}

static int compare_times(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* The times are sorted. */
static int64_t percentile(const struct dial_report *report, uint64_t percent)
{
	return report->n_times == 0 ? 0
				    : report->times_ns[(report->n_times - 1) * percent / 100];
}

static void summary_json(const struct dial_report *report)
{
	struct json json;

	json_begin(&json, report->rows);
	json_string(&json, "event", "summary");
	json_integer(&json, "connected", (int64_t)report->n_connected);
	json_integer(&json, "failed", (int64_t)report->n_failed);
	json_integer(&json, "not_tried", (int64_t)report->n_not_tried);
	json_milliseconds(&json, "elapsed_ms", report->last_ns - report->start_ns);
	json_integer(&json, "per_second", (int64_t)per_second(report));
	json_milliseconds(&json, "median_ms", percentile(report, 50));
	json_milliseconds(&json, "p99_ms", percentile(report, 99));
	json_open(&json, "failures");
	for (uint32_t i = 0; i < report->n_causes; i++)
		json_integer(&json, midair_result_name(report->causes[i].result),
			     (int64_t)report->causes[i].n);
	json_close(&json);
	if (report->stop_result == 0)
		json_null(&json, "stopped");
	else
		json_string(&json, "stopped", midair_result_name(report->stop_result));
	json_end(&json);
}

static void summary_words(const struct dial_report *report)
{
	fprintf(stderr,
		"%" PRIu64 " of %" PRIu64 " connected in %.3f s, %.0f a second; connect time "
		"median %.3f ms, p99 %.3f ms\n",
		report->n_connected, report->n_wanted,
		(double)(report->last_ns - report->start_ns) / 1e9, per_second(report),
		(double)percentile(report, 50) / 1e6, (double)percentile(report, 99) / 1e6);
	for (uint32_t i = 0; i < report->n_causes; i++)
		fprintf(stderr, "%" PRIu64 " failed: %s (%s)\n", report->causes[i].n,
			midair_strerror(report->causes[i].result),
			midair_result_name(report->causes[i].result));
	if (report->stop_result != 0)
		fprintf(stderr, "%" PRIu64 " not tried: %s (%s)\n", report->n_not_tried,
			midair_strerror(report->stop_result),
			midair_result_name(report->stop_result));
}

void dial_report_summary(struct dial_report *report)
{
	clear_progress(report);
	if (report->n_times > 0)
		qsort(report->times_ns, report->n_times, sizeof(report->times_ns[0]),
		      compare_times);
	if (report->options->is_json)
		summary_json(report);
	else if (report->n_wanted > 1)
		summary_words(report);
	fflush(report->rows);
}

int dial_report_status(const struct dial_report *report)
{
	int status = EXIT_DONE;

	if (report->stop_result != 0)
		return EXIT_SYSTEM;
	for (uint32_t i = 0; i < report->n_causes; i++) {
		if (is_local(report->causes[i].result))
			return EXIT_SYSTEM;
		status = EXIT_NO_CONNECTION;
	}
	return status;
}
