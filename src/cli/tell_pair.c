/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/tell_internal.h"

static void say_lost(struct tell *tell, const struct midair_event *event, const char *remote)
{
	if (tell->n_lost++ == 0)
		fprintf(stderr, "server %s: %s; trying again\n", remote,
			midair_strerror(event->result));
}

void tell_pause(struct tell *tell)
{
	if (tell->waiting_ns != 0 && !tell->is_waiting_told) {
		fprintf(stderr, "waiting for the other side, at most %lld s\n",
			(long long)((tell->waiting_ns + 999999999) / 1000000000));
		tell->is_waiting_told = true;
	}
	tell->waiting_ns = 0;
}

/* That it was asked for is in the path's line. */
static void say_relay(const struct midair_event *event, const char *remote)
{
	if (event->result != 0)
		fprintf(stderr, "no relay by %s: %s\n", remote,
			event->reason != NULL ? midair_reason_text(event->reason)
					      : midair_strerror(event->result));
}

/* The usual way is no news, and that there is none only when that is certain. */
static void say_plan(const struct midair_event *event)
{
	if (event->way == MIDAIR_WAY_NONE && event->is_sure)
		fprintf(stderr, "no direct way: %s\n", midair_reason_text(event->reason));
	else if (event->way != MIDAIR_WAY_NONE && event->way != MIDAIR_WAY_PLAIN)
		fprintf(stderr, "way: %s\n", midair_way_text(event->way));
}

void say_pairing(struct tell *tell, const struct midair_event *event)
{
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	midair_endpoint_format(&event->remote, remote);
	switch (event->type) {
	case MIDAIR_EVENT_SERVER:
		if (tell->n_lost != 0)
			fprintf(stderr, "server %s: there again\n", remote);
		tell->n_lost = 0;
		break;
	case MIDAIR_EVENT_SERVER_LOST:
		say_lost(tell, event, remote);
		break;
	case MIDAIR_EVENT_PEER_WAIT:
		tell->waiting_ns = event->wait_ns;
		break;
	case MIDAIR_EVENT_PEER:
		tell->waiting_ns = 0;
		fprintf(stderr, "peer: %s\n", remote);
		break;
	case MIDAIR_EVENT_REFUSED:
		/* One of several addresses that cannot be dialled from here is no news. */
		if (event->refusal != MIDAIR_REFUSED_LOCALLY)
			say_refused(tell, event, remote);
		break;
	case MIDAIR_EVENT_STRANGER:
		say_stranger(tell, remote);
		break;
	case MIDAIR_EVENT_UNPROVEN:
		say_unproven(tell, event, remote);
		break;
	case MIDAIR_EVENT_PLAN:
		say_plan(event);
		break;
	case MIDAIR_EVENT_RELAY:
		say_relay(event, remote);
		break;
	case MIDAIR_EVENT_HOLE:
		fprintf(stderr, "dialling %s, where the two met last\n", remote);
		break;
	case MIDAIR_EVENT_NONE:
	case MIDAIR_EVENT_BOUND:
	case MIDAIR_EVENT_LISTENING:
	case MIDAIR_EVENT_WAITING:
	case MIDAIR_EVENT_DIAL:
	case MIDAIR_EVENT_LANDED:
	case MIDAIR_EVENT_CODE: /* tell_code() */
	case MIDAIR_EVENT_CANDIDATE:
	case MIDAIR_EVENT_CONFIRMED:
	case MIDAIR_EVENT_AUTHENTICATED:
	case MIDAIR_EVENT_VERDICT:   /* tell_verdict() */
	case MIDAIR_EVENT_CONNECTED: /* tell_path() */
	case MIDAIR_EVENT_FAILED:    /* the command's error */
		break;
	}
}

void tell_code(struct tell *tell, const struct midair_event *event, const char *code,
	       const char *command)
{
	tell->is_waiting_told = true; /* whoever reads the code knows that it is waited for */
	if (tell->mode == TELL_JSON)
		json_code(event, code, command);
	else if (tell->mode == TELL_NOTHING)
		fprintf(stderr, "code: %s\n", code);
	else
		fprintf(stderr, "code: %s\non the other machine run:  %s\n", code, command);
}

/* Addresses that no packet from the internet comes from: the two are on one network, and what a
 * server saw of us has nothing to do with it (RFC 1918, 3927, 4193, 4291, 6598). */
static bool is_near(const struct midair_endpoint *end)
{
	const uint8_t *a = end->address;
	static const uint8_t loopback6[16] = {[15] = 1};

	if (end->family == MIDAIR_IPV6)
		return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
		       memcmp(a, loopback6, sizeof(loopback6)) == 0;
	return a[0] == 10 || a[0] == 127 || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
	       (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254) ||
	       (a[0] == 100 && (a[1] & 0xc0) == 64);
}

static const char *how_it_came(enum midair_crossing crossing)
{
	switch (crossing) {
	case MIDAIR_CROSSED:
		return "crossed in mid-air";
	case MIDAIR_MET_BY_PEER:
		return "met by the peer's SYN";
	case MIDAIR_ANSWERED:
		return "our SYN was answered";
	case MIDAIR_CAUGHT:
		return "caught by our listener";
	case MIDAIR_CROSSING_UNKNOWN:
		break;
	}
	return "opened in a way the kernel does not tell";
}

static void say_path(const struct midair_event *connected, const struct midair_endpoint *ours,
		     const char *protocol)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	double round_trip_ms = connected->round_trip_us / 1e3;

	fprintf(stderr, "path: direct, %s <-> %s, %s, %.*f ms round trip, %.*s\n",
		midair_endpoint_format(ours, local),
		midair_endpoint_format(&connected->remote, remote),
		how_it_came(connected->crossing), round_trip_ms < 10 ? 1 : 0, round_trip_ms,
		(int)strcspn(protocol, ","), protocol);
}

static void say_relayed(const struct tell *tell, const struct midair_event *connected,
			const char *protocol)
{
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	double round_trip_ms = connected->round_trip_us / 1e3;

	midair_endpoint_format(&connected->remote, remote);
	fprintf(stderr, "path: relayed by %s, because %s, %.*f ms round trip, %.*s\n",
		tell->server != NULL ? tell->server : remote,
		midair_reason_text(connected->reason), round_trip_ms < 10 ? 1 : 0,
		round_trip_ms, (int)strcspn(protocol, ","), protocol);
}

void tell_path(struct tell *tell, const struct midair_event *connected, const char *protocol)
{
	const struct midair_endpoint *mapped =
		&tell->mapped[connected->remote.family == MIDAIR_IPV6];
	bool is_through_nat =
		mapped->family != MIDAIR_FAMILY_NONE && !is_near(&connected->remote);

	if (tell->mode == TELL_JSON)
		json_path(connected, mapped, protocol);
	else if (tell->mode != TELL_NOTHING && connected->path == MIDAIR_PATH_RELAYED)
		say_relayed(tell, connected, protocol);
	else if (tell->mode != TELL_NOTHING)
		say_path(connected, is_through_nat ? mapped : &connected->local, protocol);
}

void tell_mapped(struct tell *tell, const char *server, const struct midair_endpoint *local,
		 const struct midair_endpoint *mapped, int result)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (result == 0)
		tell->mapped[mapped->family == MIDAIR_IPV6] = *mapped;
	if (tell->mode == TELL_JSON)
		json_mapped(server, local, mapped, result);
	else if (result != 0)
		fprintf(stderr, "midair %s: STUN server %s: %s\n", tell->command, server,
			midair_strerror(result));
	else if (tell->mode != TELL_NOTHING)
		fprintf(stderr, "public address: %s (tell it to the other side)\n",
			midair_endpoint_format(mapped, text));
}
