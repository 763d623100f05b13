/* SPDX-License-Identifier: MIT */
/* trace: events as text. What midair -v prints, the golden traces compare and docs quote. */
#include "midair/midair.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const event_type_names[] = {
	[MIDAIR_EVENT_NONE] = "none",		[MIDAIR_EVENT_BOUND] = "bound",
	[MIDAIR_EVENT_LISTENING] = "listening", [MIDAIR_EVENT_WAITING] = "waiting",
	[MIDAIR_EVENT_DIAL] = "dial",		[MIDAIR_EVENT_REFUSED] = "refused",
	[MIDAIR_EVENT_STRANGER] = "stranger",	[MIDAIR_EVENT_LANDED] = "landed",
	[MIDAIR_EVENT_CONNECTED] = "connected", [MIDAIR_EVENT_FAILED] = "failed",
};
static_assert(sizeof(event_type_names) / sizeof(event_type_names[0]) == MIDAIR_EVENT_FAILED + 1,
	      "a name for each event type");

static const char *const crossing_names[] = {
	[MIDAIR_CROSSING_UNKNOWN] = "unknown",
	[MIDAIR_CROSSED] = "crossed",
	[MIDAIR_MET_BY_PEER] = "met-by-peer",
	[MIDAIR_ANSWERED] = "answered",
	[MIDAIR_CAUGHT] = "caught",
};
static_assert(sizeof(crossing_names) / sizeof(crossing_names[0]) == MIDAIR_CAUGHT + 1,
	      "a name for each crossing");

static const char *const crossing_texts[] = {
	[MIDAIR_CROSSING_UNKNOWN] = "in a way the kernel does not tell",
	[MIDAIR_CROSSED] = "crossed in mid-air",
	[MIDAIR_MET_BY_PEER] = "met by the peer's SYN",
	[MIDAIR_ANSWERED] = "our SYN was answered",
	[MIDAIR_CAUGHT] = "caught by the listener",
};
static_assert(sizeof(crossing_texts) / sizeof(crossing_texts[0]) == MIDAIR_CAUGHT + 1,
	      "a text for each crossing");

static const char *const refusal_names[] = {
	[MIDAIR_REFUSAL_NONE] = "none",
	[MIDAIR_REFUSED_BY_RESET] = "reset",
	[MIDAIR_REFUSED_BY_UNREACHABLE] = "unreachable",
	[MIDAIR_REFUSED_BY_FILTER] = "filtered",
	[MIDAIR_REFUSED_BY_SILENCE] = "silence",
	[MIDAIR_REFUSED_BY_SELF] = "self",
	[MIDAIR_REFUSED_LOCALLY] = "local",
};
static_assert(sizeof(refusal_names) / sizeof(refusal_names[0]) == MIDAIR_REFUSED_LOCALLY + 1,
	      "a name for each refusal");

static const char *const refusal_texts[] = {
	[MIDAIR_REFUSAL_NONE] = "for no reason",
	[MIDAIR_REFUSED_BY_RESET] = "by RST, from the peer's host or a NAT in front of it",
	[MIDAIR_REFUSED_BY_UNREACHABLE] = "by ICMP, a router finds no way",
	[MIDAIR_REFUSED_BY_FILTER] = "by ICMP, a firewall forbids it",
	[MIDAIR_REFUSED_BY_SILENCE] = "by silence, every SYN was lost or dropped",
	[MIDAIR_REFUSED_BY_SELF] = "by ourselves, it was a connection to our own socket",
	[MIDAIR_REFUSED_LOCALLY] = "by this machine",
};
static_assert(sizeof(refusal_texts) / sizeof(refusal_texts[0]) == MIDAIR_REFUSED_LOCALLY + 1,
	      "a text for each refusal");

const char *midair_event_type_name(enum midair_event_type type)
{
	return (unsigned)type <= MIDAIR_EVENT_FAILED ? event_type_names[type] : "unknown";
}

const char *midair_crossing_name(enum midair_crossing crossing)
{
	return (unsigned)crossing <= MIDAIR_CAUGHT ? crossing_names[crossing] : "unknown";
}

const char *midair_refusal_name(enum midair_refusal refusal)
{
	return (unsigned)refusal <= MIDAIR_REFUSED_LOCALLY ? refusal_names[refusal] : "unknown";
}

/* One event in the making. */
struct line {
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	char *text;
	size_t size;
};

static double milliseconds(int64_t duration_ns)
{
	return (double)duration_ns / 1e6;
}

static void write_refused(const struct line *line, const struct midair_event *event)
{
	const char *text = (unsigned)event->refusal <= MIDAIR_REFUSED_LOCALLY
				   ? refusal_texts[event->refusal]
				   : "for an unknown reason";

	if (event->refusal == MIDAIR_REFUSED_LOCALLY)
		snprintf(line->text, line->size, "no SYN to %s: %s", line->remote,
			 midair_strerror(event->result));
	else
		snprintf(line->text, line->size, "refused, %s, try %u, after %.3f ms, %s",
			 line->remote, event->try_number, milliseconds(event->elapsed_ns),
			 text);
}

static void write_connected(const struct line *line, const struct midair_event *event)
{
	const char *text = (unsigned)event->crossing <= MIDAIR_CAUGHT
				   ? crossing_texts[event->crossing]
				   : crossing_texts[MIDAIR_CROSSING_UNKNOWN];

	snprintf(line->text, line->size, "%s %s <-> %s, %s, round trip %.3f ms",
		 midair_event_type_name(event->type), line->local, line->remote, text,
		 event->round_trip_us / 1e3);
}

static void write_event(const struct line *line, const struct midair_event *event)
{
	switch (event->type) {
	case MIDAIR_EVENT_NONE:
		snprintf(line->text, line->size, "nothing");
		break;
	case MIDAIR_EVENT_BOUND:
		snprintf(line->text, line->size, "bound %s", line->local);
		break;
	case MIDAIR_EVENT_LISTENING:
		snprintf(line->text, line->size, "listening %s", line->local);
		break;
	case MIDAIR_EVENT_WAITING:
		snprintf(line->text, line->size, "waiting %.3f s",
			 milliseconds(event->wait_ns) / 1e3);
		break;
	case MIDAIR_EVENT_DIAL:
		snprintf(line->text, line->size, "SYN out, %s -> %s, try %u", line->local,
			 line->remote, event->try_number);
		break;
	case MIDAIR_EVENT_REFUSED:
		write_refused(line, event);
		break;
	case MIDAIR_EVENT_STRANGER:
		snprintf(line->text, line->size, "stranger %s, closed with RST", line->remote);
		break;
	case MIDAIR_EVENT_LANDED:
	case MIDAIR_EVENT_CONNECTED:
		write_connected(line, event);
		break;
	case MIDAIR_EVENT_FAILED:
		snprintf(line->text, line->size, "failed: %s", midair_strerror(event->result));
		break;
	}
}

const char *midair_event_format(const struct midair_event *event,
				char buffer[MIDAIR_EVENT_TEXT_SIZE])
{
	struct line line = {.size = MIDAIR_EVENT_TEXT_SIZE};
	int length = snprintf(buffer, MIDAIR_EVENT_TEXT_SIZE, "[%11.3f ms] ",
			      milliseconds(event->time_ns));

	midair_endpoint_format(&event->local, line.local);
	midair_endpoint_format(&event->remote, line.remote);
	line.text = buffer + length;
	line.size -= (size_t)length;
	write_event(&line, event);
	return buffer;
}
