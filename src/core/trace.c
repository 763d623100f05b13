/* SPDX-License-Identifier: MIT */
/* trace: events as text. What midair -v prints, the golden traces compare and docs quote. */
#include "midair/midair.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/plan.h"

static const char *const event_type_names[] = {
	[MIDAIR_EVENT_NONE] = "none",
	[MIDAIR_EVENT_BOUND] = "bound",
	[MIDAIR_EVENT_LISTENING] = "listening",
	[MIDAIR_EVENT_WAITING] = "waiting",
	[MIDAIR_EVENT_DIAL] = "dial",
	[MIDAIR_EVENT_REFUSED] = "refused",
	[MIDAIR_EVENT_STRANGER] = "stranger",
	[MIDAIR_EVENT_LANDED] = "landed",
	[MIDAIR_EVENT_CONNECTED] = "connected",
	[MIDAIR_EVENT_FAILED] = "failed",
	[MIDAIR_EVENT_SERVER] = "server",
	[MIDAIR_EVENT_SERVER_LOST] = "server-lost",
	[MIDAIR_EVENT_CODE] = "code",
	[MIDAIR_EVENT_PEER_WAIT] = "peer-wait",
	[MIDAIR_EVENT_PEER] = "peer",
	[MIDAIR_EVENT_CANDIDATE] = "candidate",
	[MIDAIR_EVENT_CONFIRMED] = "confirmed",
	[MIDAIR_EVENT_UNPROVEN] = "unproven",
	[MIDAIR_EVENT_AUTHENTICATED] = "authenticated",
	[MIDAIR_EVENT_PLAN] = "plan",
	[MIDAIR_EVENT_RELAY] = "relay",
	[MIDAIR_EVENT_VERDICT] = "verdict",
	[MIDAIR_EVENT_HOLE] = "hole",
};
#define EVENT_TYPE_LAST MIDAIR_EVENT_HOLE
static_assert(sizeof(event_type_names) / sizeof(event_type_names[0]) == EVENT_TYPE_LAST + 1,
	      "a name for each event type");

static_assert((int)MIDAIR_WAY_PLAIN == (int)PLAN_PLAIN &&
		      (int)MIDAIR_WAY_ONE_WAY == (int)PLAN_ONE_WAY &&
		      (int)MIDAIR_WAY_PREDICT == (int)PLAN_PREDICT &&
		      (int)MIDAIR_WAY_BIRTHDAY == (int)PLAN_BIRTHDAY &&
		      (int)MIDAIR_WAY_NONE == (int)PLAN_NONE,
	      "the public words are the plan's");

static const char *const role_names[] = {
	[MIDAIR_ROLE_NONE] = "none",
	[MIDAIR_ROLE_A] = "a",
	[MIDAIR_ROLE_B] = "b",
};
static_assert(sizeof(role_names) / sizeof(role_names[0]) == MIDAIR_ROLE_B + 1,
	      "a name for each role");

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
	return (unsigned)type <= EVENT_TYPE_LAST ? event_type_names[type] : "unknown";
}

const char *midair_crossing_name(enum midair_crossing crossing)
{
	return (unsigned)crossing <= MIDAIR_CAUGHT ? crossing_names[crossing] : "unknown";
}

const char *midair_refusal_name(enum midair_refusal refusal)
{
	return (unsigned)refusal <= MIDAIR_REFUSED_LOCALLY ? refusal_names[refusal] : "unknown";
}

const char *midair_crossing_text(enum midair_crossing crossing)
{
	return (unsigned)crossing <= MIDAIR_CAUGHT ? crossing_texts[crossing] : "unknown";
}

const char *midair_refusal_text(enum midair_refusal refusal)
{
	return (unsigned)refusal <= MIDAIR_REFUSED_LOCALLY ? refusal_texts[refusal] : "unknown";
}

const char *midair_role_name(enum midair_role role)
{
	return (unsigned)role <= MIDAIR_ROLE_B ? role_names[role] : "unknown";
}

const char *midair_path_name(enum midair_path path)
{
	static const char *const names[] = {
		[MIDAIR_PATH_NONE] = "none",
		[MIDAIR_PATH_DIRECT] = "direct",
		[MIDAIR_PATH_RELAYED] = "relayed",
	};

	return (unsigned)path <= MIDAIR_PATH_RELAYED ? names[path] : "unknown";
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

	if (event->path == MIDAIR_PATH_RELAYED)
		text = "forwarded by the server";
	snprintf(line->text, line->size, "%s %s <-> %s, %s, round trip %.3f ms",
		 midair_event_type_name(event->type), line->local, line->remote, text,
		 event->round_trip_us / 1e3);
}

static double seconds(int64_t time_ns)
{
	return milliseconds(time_ns) / 1e3;
}

static void write_server(const struct line *line, const struct midair_event *event)
{
	char mapped[MIDAIR_ENDPOINT_TEXT_SIZE];

	snprintf(line->text, line->size, "server %s, sees %s as %s", line->remote, line->local,
		 midair_endpoint_format(&event->mapped, mapped));
}

/* What happens between the two sides and their server. */
static void write_pairing(const struct line *line, const struct midair_event *event)
{
	enum midair_event_type type = event->type;

	if (type == MIDAIR_EVENT_SERVER)
		write_server(line, event);
	else if (type == MIDAIR_EVENT_SERVER_LOST)
		snprintf(line->text, line->size, "server %s lost, again in %.3f s: %s",
			 line->remote, seconds(event->wait_ns), midair_strerror(event->result));
	else if (type == MIDAIR_EVENT_CODE)
		snprintf(line->text, line->size, "a code, for %.0f s", seconds(event->wait_ns));
	else if (type == MIDAIR_EVENT_PEER_WAIT)
		snprintf(line->text, line->size, "waiting for the peer, %.0f s at most",
			 seconds(event->wait_ns));
	else if (type == MIDAIR_EVENT_PEER)
		snprintf(line->text, line->size, "peer %s, we are role %s", line->remote,
			 midair_role_name(event->role));
	else
		snprintf(line->text, line->size, "the peer has the same code");
}

static void write_plan(const struct line *line, const struct midair_event *event)
{
	bool has_reason = event->way == MIDAIR_WAY_NONE && event->reason != NULL;
	const char *name = (unsigned)event->way <= MIDAIR_WAY_NONE
				   ? plan_method_name((enum plan_method)event->way)
				   : "unknown";

	snprintf(line->text, line->size, "plan: %s%s%s%s", name, has_reason ? ", " : "",
		 has_reason ? event->reason : "", event->is_sure ? "" : ", not sure");
}

static void write_relay(const struct line *line, const struct midair_event *event)
{
	if (event->result != 0)
		snprintf(line->text, line->size, "no relay by %s: %s", line->remote,
			 midair_strerror(event->result));
	else
		snprintf(line->text, line->size, "asked %s for its relay: %s", line->remote,
			 midair_reason_text(event->reason));
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
	case MIDAIR_EVENT_SERVER:
	case MIDAIR_EVENT_SERVER_LOST:
	case MIDAIR_EVENT_CODE:
	case MIDAIR_EVENT_PEER_WAIT:
	case MIDAIR_EVENT_PEER:
	case MIDAIR_EVENT_CONFIRMED:
		write_pairing(line, event);
		break;
	case MIDAIR_EVENT_CANDIDATE:
		snprintf(line->text, line->size, "one more address of the peer, %s",
			 line->remote);
		break;
	case MIDAIR_EVENT_UNPROVEN:
		snprintf(line->text, line->size, "not the peer, %s, after %.3f ms: %s",
			 line->remote, milliseconds(event->elapsed_ns),
			 midair_strerror(event->result));
		break;
	case MIDAIR_EVENT_AUTHENTICATED:
		snprintf(line->text, line->size, "authenticated %s, after %.3f ms",
			 line->remote, milliseconds(event->elapsed_ns));
		break;
	case MIDAIR_EVENT_PLAN:
		write_plan(line, event);
		break;
	case MIDAIR_EVENT_VERDICT:
		snprintf(line->text, line->size, "verdict: %s",
			 event->reason != NULL ? event->reason : "unknown");
		break;
	case MIDAIR_EVENT_RELAY:
		write_relay(line, event);
		break;
	case MIDAIR_EVENT_HOLE:
		snprintf(line->text, line->size, "standing hole, %s -> %s", line->local,
			 line->remote);
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
