/* SPDX-License-Identifier: MIT */
#include "cli/json.h"
#include "cli/tell_internal.h"

/* docs/events.md names the phases for people who write scripts: one name, "waiting", for every
 * wait, and "candidates" for what the peer offers. */
static const char *name_of(enum midair_event_type type)
{
	if (type == MIDAIR_EVENT_PEER_WAIT)
		return "waiting";
	if (type == MIDAIR_EVENT_CANDIDATE)
		return "candidates";
	return midair_event_type_name(type);
}

/* Which keys an event has beside event, time_ms and its endpoints. */
enum {
	HAS_WAIT = 1 << 0,
	HAS_TRY = 1 << 1,
	HAS_BY = 1 << 2,
	HAS_CODE = 1 << 3,
	HAS_ELAPSED = 1 << 4,
	HAS_CROSSING = 1 << 5,
	HAS_ROLE = 1 << 6,
	HAS_PLAN = 1 << 7,
	HAS_REASON = 1 << 8,
};

static unsigned int keys_of(enum midair_event_type type)
{
	switch (type) {
	case MIDAIR_EVENT_WAITING:
	case MIDAIR_EVENT_CODE:
	case MIDAIR_EVENT_PEER_WAIT:
		return HAS_WAIT;
	case MIDAIR_EVENT_DIAL:
		return HAS_TRY;
	case MIDAIR_EVENT_REFUSED:
		return HAS_TRY | HAS_BY | HAS_CODE | HAS_ELAPSED;
	case MIDAIR_EVENT_LANDED:
		return HAS_TRY | HAS_CROSSING;
	case MIDAIR_EVENT_CONNECTED:
		return HAS_TRY | HAS_ELAPSED | HAS_CROSSING;
	case MIDAIR_EVENT_FAILED:
		return HAS_CODE | HAS_REASON;
	case MIDAIR_EVENT_UNPROVEN:
		return HAS_CODE;
	case MIDAIR_EVENT_SERVER_LOST:
		return HAS_CODE | HAS_WAIT;
	case MIDAIR_EVENT_PEER:
		return HAS_ROLE;
	case MIDAIR_EVENT_AUTHENTICATED:
		return HAS_ELAPSED;
	case MIDAIR_EVENT_PLAN:
		return HAS_PLAN;
	case MIDAIR_EVENT_RELAY:
		return HAS_CODE | HAS_REASON;
	case MIDAIR_EVENT_NONE:
	case MIDAIR_EVENT_BOUND:
	case MIDAIR_EVENT_LISTENING:
	case MIDAIR_EVENT_STRANGER:
	case MIDAIR_EVENT_SERVER:
	case MIDAIR_EVENT_CANDIDATE:
	case MIDAIR_EVENT_CONFIRMED:
	case MIDAIR_EVENT_VERDICT: /* tell_verdict() */
	case MIDAIR_EVENT_HOLE:
		return 0;
	}
	return 0;
}

static void add_endpoint(struct json *json, const char *key,
			 const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (endpoint->family != MIDAIR_FAMILY_NONE)
		json_string(json, key, midair_endpoint_format(endpoint, text));
}

static void begin(struct json *json, const char *name, int64_t time_ns)
{
	json_begin(json, stderr);
	json_string(json, "event", name);
	json_milliseconds(json, "time_ms", time_ns);
}

static void add_crossing(struct json *json, const struct midair_event *event)
{
	json_string(json, "crossing", midair_crossing_name(event->crossing));
	json_milliseconds(json, "round_trip_ms", INT64_C(1000) * event->round_trip_us);
}

static void add_plan(struct json *json, const struct midair_event *event)
{
	json_string(json, "method", midair_way_name(event->way));
	json_string(json, "reason", event->reason);
	json_boolean(json, "sure", event->is_sure);
}

/* What the server saw of the peer is the first address at which it may be reached. */
static void add_first_candidate(const struct midair_event *peer)
{
	struct json json;

	begin(&json, name_of(MIDAIR_EVENT_CANDIDATE), peer->time_ns);
	add_endpoint(&json, "remote", &peer->remote);
	json_end(&json);
}

void json_event(const struct midair_event *event)
{
	unsigned int keys = keys_of(event->type);
	struct json json;

	begin(&json, name_of(event->type), event->time_ns);
	add_endpoint(&json, "local", &event->local);
	add_endpoint(&json, "remote", &event->remote);
	add_endpoint(&json, "mapped", &event->mapped);
	if ((keys & HAS_ROLE) != 0)
		json_string(&json, "role", midair_role_name(event->role));
	if ((keys & HAS_PLAN) != 0)
		add_plan(&json, event);
	if ((keys & HAS_TRY) != 0)
		json_integer(&json, "try", event->try_number);
	if ((keys & HAS_BY) != 0)
		json_string(&json, "by", midair_refusal_name(event->refusal));
	if ((keys & HAS_CODE) != 0)
		json_string(&json, "code", midair_result_name(event->result));
	if ((keys & HAS_REASON) != 0 && event->reason != NULL)
		json_string(&json, "reason", event->reason);
	if ((keys & HAS_WAIT) != 0)
		json_milliseconds(&json, "wait_ms", event->wait_ns);
	if ((keys & HAS_ELAPSED) != 0)
		json_milliseconds(&json, "elapsed_ms", event->elapsed_ns);
	if ((keys & HAS_CROSSING) != 0)
		add_crossing(&json, event);
	json_end(&json);
	if (event->type == MIDAIR_EVENT_PEER)
		add_first_candidate(event);
}

void json_code(const struct midair_event *event, const char *code, const char *command)
{
	struct json json;

	begin(&json, "code", event->time_ns);
	json_string(&json, "code", code);
	json_string(&json, "command", command);
	json_milliseconds(&json, "wait_ms", event->wait_ns);
	json_end(&json);
}

void json_path(const struct midair_event *connected, const struct midair_endpoint *mapped,
	       const char *protocol)
{
	struct json json;

	begin(&json, "path", connected->time_ns);
	json_string(&json, "way", midair_path_name(connected->path));
	if (connected->path == MIDAIR_PATH_RELAYED && connected->reason != NULL)
		json_string(&json, "reason", connected->reason);
	add_endpoint(&json, "local", &connected->local);
	add_endpoint(&json, "mapped", mapped);
	add_endpoint(&json, "remote", &connected->remote);
	add_crossing(&json, connected);
	json_string(&json, "protocol", protocol);
	json_end(&json);
}

void json_mapped(const char *server, const struct midair_endpoint *local,
		 const struct midair_endpoint *mapped, int result)
{
	struct json json;

	json_begin(&json, stderr);
	json_string(&json, "event", "stun");
	json_string(&json, "server", server);
	if (local->port != 0)
		add_endpoint(&json, "local", local);
	if (result == 0)
		add_endpoint(&json, "mapped", mapped);
	json_string(&json, "code", midair_result_name(result));
	json_end(&json);
}
