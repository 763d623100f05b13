/* SPDX-License-Identifier: MIT */
/* Why an attempt has failed, below its error line. */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/tell.h"

#define N_REMEDIES 32

static void say_remedies(uint32_t remedies)
{
	for (uint32_t i = 0; i < N_REMEDIES; i++)
		if ((remedies & UINT32_C(1) << i) != 0)
			fprintf(stderr, "helps: %s\n",
				midair_remedy_text((enum midair_remedy)(UINT32_C(1) << i)));
}

static void say_verdict(const struct midair_verdict *verdict)
{
	fprintf(stderr, "reason: %s (%s)\n", verdict->text, verdict->code);
	if (verdict->behaviour[0] != '\0')
		fprintf(stderr, "nat: %s\n", verdict->behaviour);
	say_remedies(verdict->remedies);
}

static void say_clock(const struct midair_verdict *verdict)
{
	if (!verdict->has_theirs)
		fputs("the other side did not tell what it saw\n", stderr);
	else if (verdict->is_clock_known)
		fprintf(stderr, "the other side's times are right within %.3f ms\n",
			(double)verdict->clock_error_ns / 1e6);
	else
		fputs("the other side's times may be wrong: the clocks could not be compared\n",
		      stderr);
}

static void say_timeline(const struct midair_session *session)
{
	char line[MIDAIR_MOMENT_TEXT_SIZE];
	struct midair_moment moment;

	for (uint32_t i = 0; midair_session_moment(session, i, &moment) == 0; i++)
		fprintf(stderr, "%s\n", midair_moment_format(&moment, line));
}

static void say_all(const struct midair_session *session, const struct midair_verdict *verdict)
{
	fprintf(stderr, "side: %s; step: %s\n%s\n", midair_side_text(verdict->side),
		midair_step_text(verdict->step), verdict->explanation);
	say_clock(verdict);
	say_timeline(session);
}

static void add_remedies(struct json *json, uint32_t remedies)
{
	json_open_list(json, "remedies");
	for (uint32_t i = 0; i < N_REMEDIES; i++)
		if ((remedies & UINT32_C(1) << i) != 0)
			json_item_string(json, midair_remedy_name(
						       (enum midair_remedy)(UINT32_C(1) << i)));
	json_close_list(json);
}

static void add_moment(struct json *json, const struct midair_moment *moment)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	json_item(json);
	json_string(json, "side", moment->is_theirs ? "theirs" : "ours");
	json_milliseconds(json, "time_ms", moment->time_ns);
	json_milliseconds(json, "last_ms", moment->last_ns);
	json_integer(json, "count", moment->count);
	json_string(json, "event", moment->what);
	if (moment->remote.family != MIDAIR_FAMILY_NONE)
		json_string(json, "remote", midair_endpoint_format(&moment->remote, text));
	if (moment->outcome[0] != '\0')
		json_string(json, "outcome", moment->outcome);
	json_close(json);
}

static void add_timeline(struct json *json, const struct midair_session *session)
{
	struct midair_moment moment;

	json_open_list(json, "timeline");
	for (uint32_t i = 0; midair_session_moment(session, i, &moment) == 0; i++)
		add_moment(json, &moment);
	json_close_list(json);
}

static void json_verdict(const struct midair_session *session,
			 const struct midair_verdict *verdict)
{
	struct json json;

	json_begin(&json, stderr);
	json_string(&json, "event", "verdict");
	json_string(&json, "code", verdict->code);
	json_string(&json, "side", midair_side_name(verdict->side));
	json_string(&json, "step", midair_step_name(verdict->step));
	json_string(&json, "behaviour", verdict->behaviour);
	add_remedies(&json, verdict->remedies);
	json_string(&json, "text", verdict->text);
	if (verdict->is_clock_known)
		json_milliseconds(&json, "clock_error_ms", verdict->clock_error_ns);
	else
		json_null(&json, "clock_error_ms");
	add_timeline(&json, session);
	json_end(&json);
}

void tell_failure(struct tell *tell, const char *what, int result,
		  const struct midair_session *session)
{
	struct midair_verdict verdict;
	bool is_judged = session != NULL && midair_session_verdict(session, &verdict) == 0;

	/* The error is the last line for programs, and the first one for people. */
	if (is_judged && tell->mode == TELL_JSON)
		json_verdict(session, &verdict);
	tell_error(tell, what, result);
	if (!is_judged || tell->mode == TELL_JSON || tell->mode == TELL_NOTHING)
		return;
	/* Where the verdict is the result, the error line has said it. */
	if (strcmp(verdict.code, midair_result_name(result)) != 0)
		say_verdict(&verdict);
	if (tell->mode == TELL_TRACE)
		say_all(session, &verdict);
}
