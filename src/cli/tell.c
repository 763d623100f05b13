/* SPDX-License-Identifier: MIT */
#include "cli/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/json.h"
#include "cli/tell_internal.h"

static double milliseconds(int64_t duration_ns)
{
	return (double)duration_ns / 1e6;
}

static const char *refused_by(enum midair_refusal refusal)
{
	switch (refusal) {
	case MIDAIR_REFUSED_BY_RESET:
		return "by RST from its host or a NAT in front of it";
	case MIDAIR_REFUSED_BY_UNREACHABLE:
		return "by a router (ICMP unreachable)";
	case MIDAIR_REFUSED_BY_FILTER:
		return "by a firewall (ICMP prohibited)";
	case MIDAIR_REFUSED_BY_SILENCE:
		return "by nobody: all SYNs went unanswered";
	case MIDAIR_REFUSED_BY_SELF:
		return "by us: the address is our own, and the connection was to itself";
	case MIDAIR_REFUSED_LOCALLY:
	case MIDAIR_REFUSAL_NONE:
		return "by this machine";
	}
	return "";
}

void say_refused(struct tell *tell, const struct midair_event *event, const char *remote)
{
	/* The tuple is taken, mostly by the peer's own SYN, whose handshake with our listener is
	 * under way. Should it be somebody else's, the error at the end says so. */
	if (event->result == -EADDRNOTAVAIL)
		return;
	if (event->refusal == MIDAIR_REFUSED_LOCALLY)
		fprintf(stderr, "no SYN to %s can leave: %s\n", remote,
			midair_strerror(event->result));
	else if (tell->n_refused++ == 0)
		fprintf(stderr, "refused by %s after %.1f ms, %s\n", remote,
			milliseconds(event->elapsed_ns), refused_by(event->refusal));
}

void say_stranger(struct tell *tell, const char *remote)
{
	if (tell->n_strangers++ == 0)
		fprintf(stderr, "closed a connection from a stranger, %s\n", remote);
}

void say_unproven(struct tell *tell, const struct midair_event *event, const char *remote)
{
	/* The peer itself resets what lands beside the connection that it has chosen. */
	if (event->result > 0 && tell->n_unproven++ == 0)
		fprintf(stderr, "closed a connection from %s: %s\n", remote,
			midair_strerror(event->result));
}

static void say_connected(const struct midair_event *event, const char *remote)
{
	static const char *const how[] = {
		[MIDAIR_CROSSING_UNKNOWN] = "opened in a way the kernel does not tell",
		[MIDAIR_CROSSED] = "crossed in mid-air: both SYNs were under way at once",
		[MIDAIR_MET_BY_PEER] = "met by the peer's SYN while ours was waiting",
		[MIDAIR_ANSWERED] = "the peer's waiting side answered our SYN",
		[MIDAIR_CAUGHT] = "the peer's SYN reached our listener",
	};

	fprintf(stderr, "%s\nconnected to %s after %.1f ms\nround trip %.1f ms\n",
		how[event->crossing], remote, milliseconds(event->elapsed_ns),
		event->round_trip_us / 1e3);
}

static void say_event(struct tell *tell, const struct midair_event *event)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	midair_endpoint_format(&event->local, local);
	midair_endpoint_format(&event->remote, remote);
	switch (event->type) {
	case MIDAIR_EVENT_BOUND:
		fprintf(stderr, "bound %s\n", local);
		break;
	case MIDAIR_EVENT_WAITING:
		fprintf(stderr, "waiting %.3f s\n", milliseconds(event->wait_ns) / 1e3);
		break;
	case MIDAIR_EVENT_DIAL:
		if (event->try_number == 1)
			fprintf(stderr, "SYN out to %s\n", remote);
		break;
	case MIDAIR_EVENT_REFUSED:
		say_refused(tell, event, remote);
		break;
	case MIDAIR_EVENT_STRANGER:
		say_stranger(tell, remote);
		break;
	case MIDAIR_EVENT_UNPROVEN:
		say_unproven(tell, event, remote);
		break;
	case MIDAIR_EVENT_CONNECTED:
		say_connected(event, remote);
		break;
	case MIDAIR_EVENT_NONE:
	case MIDAIR_EVENT_LISTENING:
	case MIDAIR_EVENT_LANDED:
	case MIDAIR_EVENT_FAILED: /* told as the command's error */
	case MIDAIR_EVENT_SERVER:
	case MIDAIR_EVENT_SERVER_LOST:
	case MIDAIR_EVENT_CODE:
	case MIDAIR_EVENT_PEER_WAIT:
	case MIDAIR_EVENT_PEER:
	case MIDAIR_EVENT_CANDIDATE:
	case MIDAIR_EVENT_CONFIRMED:
	case MIDAIR_EVENT_AUTHENTICATED:
	case MIDAIR_EVENT_VERDICT: /* tell_verdict() */
	case MIDAIR_EVENT_PLAN:
	case MIDAIR_EVENT_RELAY:
	case MIDAIR_EVENT_HOLE:
		break;
	}
}

void tell_event(struct tell *tell, const struct midair_event *event)
{
	if (event->type == MIDAIR_EVENT_SERVER && event->mapped.family != MIDAIR_FAMILY_NONE)
		tell->mapped[event->mapped.family == MIDAIR_IPV6] = event->mapped;
	switch (tell->mode) {
	case TELL_WORDS:
		if (tell->is_pairing)
			say_pairing(tell, event);
		else
			say_event(tell, event);
		break;
	case TELL_JSON:
		/* tell_code() and tell_failure() know more */
		if (event->type != MIDAIR_EVENT_CODE && event->type != MIDAIR_EVENT_VERDICT)
			json_event(event);
		break;
	case TELL_TRACE: /* the session's log has it */
	case TELL_NOTHING:
		break;
	}
}

void tell_trace_line(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%s\n", line);
}

static void json_clock(const struct midair_instant *instant,
		       const struct midair_clock_quality *quality, const char *verdict)
{
	struct json json;
	char start[48];

	snprintf(start, sizeof(start), "%lld.%09ld", (long long)instant->start.tv_sec,
		 instant->start.tv_nsec);
	json_begin(&json, stderr);
	json_string(&json, "event", "clock");
	json_string(&json, "start_unix", start);
	json_boolean(&json, "synchronised", quality->synchronised);
	json_milliseconds(&json, "estimated_error_ms", quality->estimated_error_us * 1000);
	json_milliseconds(&json, "maximum_error_ms", quality->maximum_error_us * 1000);
	json_string(&json, "verdict", verdict);
	json_end(&json);
}

static void say_clock(const struct midair_instant *instant,
		      const struct midair_clock_quality *quality)
{
	char text[32] = "?";
	struct tm local;
	time_t seconds = instant->start.tv_sec;

	if (localtime_r(&seconds, &local) != NULL)
		strftime(text, sizeof(text), "%F %T", &local);
	fprintf(stderr, "starting at %s.%03ld%s\n", text, instant->start.tv_nsec / 1000000,
		instant->near_edge ? ", and through the slot after it" : "");
	if (quality->synchronised)
		fprintf(stderr,
			"clock synchronised, error %.3f ms estimated, %.3f ms at most\n",
			(double)quality->estimated_error_us / 1e3,
			(double)quality->maximum_error_us / 1e3);
}

static void warn_clock(const struct midair_clock_quality *quality,
		       enum midair_clock_verdict verdict)
{
	if (verdict == MIDAIR_CLOCK_UNSYNCHRONISED)
		fputs("warning: this clock is not synchronised, the peer's may differ by any amount: "
		      "start a time daemon, or leave --at out\n",
		      stderr);
	else if (verdict == MIDAIR_CLOCK_DOUBTFUL)
		fprintf(stderr,
			"warning: this clock may be wrong by %.1f ms, more than the attempt "
			"forgives: let the time daemon settle, or leave --at out\n",
			(double)quality->maximum_error_us / 1e3);
}

void tell_clock(struct tell *tell, const struct midair_instant *instant, uint32_t flags)
{
	struct midair_clock_quality quality;
	enum midair_clock_verdict verdict;
	int result = midair_clock_read(&quality);

	if (tell->mode == TELL_NOTHING)
		return;
	if (result != 0) {
		if (tell->mode != TELL_JSON)
			fprintf(stderr, "the kernel does not tell the clock's quality: %s\n",
				midair_strerror(result));
		return;
	}
	verdict = midair_clock_judge(&quality, flags);
	if (tell->mode == TELL_JSON) {
		json_clock(instant, &quality, midair_clock_verdict_name(verdict));
		return;
	}
	say_clock(instant, &quality);
	warn_clock(&quality, verdict);
}

void tell_closed(struct tell *tell, int result, const struct midair_relay_result *moved)
{
	struct json json;

	if (tell->mode == TELL_JSON) {
		json_begin(&json, stderr);
		json_string(&json, "event", "closed");
		json_string(&json, "code", midair_result_name(result));
		json_integer(&json, "sent_bytes", (int64_t)moved->sent_bytes);
		json_integer(&json, "received_bytes", (int64_t)moved->received_bytes);
		json_end(&json);
	} else if (tell->mode != TELL_NOTHING) {
		fprintf(stderr, "closed, %" PRIu64 " bytes sent, %" PRIu64 " received\n",
			moved->sent_bytes, moved->received_bytes);
	}
}

void tell_error(struct tell *tell, const char *what, int result)
{
	struct json json;

	if (tell->mode != TELL_JSON) {
		fprintf(stderr, "midair %s: %s: %s\n", tell->command, what,
			midair_strerror(result));
		return;
	}
	json_begin(&json, stderr);
	json_string(&json, "event", "error");
	json_string(&json, "code", midair_result_name(result));
	json_string(&json, "what", what);
	json_string(&json, "text", midair_strerror(result));
	json_end(&json);
}
