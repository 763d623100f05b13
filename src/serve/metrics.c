/* SPDX-License-Identifier: MIT */
#include "serve/metrics.h"

#include <stdarg.h>
#include <stdio.h>

#include "os/clock.h"
#include "serve/server.h"

struct text {
	char *bytes;
	size_t size;
};

/* What is read under the lock, at once. */
struct snapshot {
	struct rendezvous_counters counters;
	uint32_t visits[VISIT_N_STATES];
	uint32_t rooms[ROOM_RESERVED + 1];
	uint64_t n_forgotten;
	uint32_t n_connections;
	uint32_t n_relays;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format,
						      ...)
{
	size_t room = METRICS_SIZE - text->size;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text->bytes + text->size, room, format, arguments);
	va_end(arguments);
	if (n > 0 && (size_t)n < room)
		text->size += (size_t)n;
}

static void add_family(struct text *text, const char *name, const char *type, const char *help)
{
	add(text, "# HELP midair_serve_%s %s\n# TYPE midair_serve_%s %s\n", name, help, name,
	    type);
}

static void add_one(struct text *text, const char *name, const char *type, const char *help,
		    uint64_t value)
{
	add_family(text, name, type, help);
	add(text, "midair_serve_%s %llu\n", name, (unsigned long long)value);
}

static void add_labelled(struct text *text, const char *name, const char *label,
			 const char *value_name, uint64_t value)
{
	add(text, "midair_serve_%s{%s=\"%s\"} %llu\n", name, label, value_name,
	    (unsigned long long)value);
}

static void take_snapshot(struct server *server, struct snapshot *snapshot)
{
	const struct rendezvous *rendezvous = &server->rendezvous;

	pthread_mutex_lock(&server->lock);
	snapshot->counters = rendezvous->counters;
	for (uint32_t i = 0; i < VISIT_N_STATES; i++)
		snapshot->visits[i] = rendezvous->counts[i];
	for (uint32_t i = 0; i <= ROOM_RESERVED; i++)
		snapshot->rooms[i] = rendezvous->registry.counts[i];
	snapshot->n_forgotten = rendezvous->registry.n_forgotten;
	snapshot->n_connections = rendezvous->n_used;
	snapshot->n_relays = rendezvous->n_relays;
	pthread_mutex_unlock(&server->lock);
}

static void add_gauges(struct text *text, const struct snapshot *snapshot)
{
	static const char *const states[VISIT_N_STATES] = {
		[VISIT_SILENT] = "silent",
		[VISIT_GREETED] = "greeted",
		[VISIT_STUN] = "stun",
		[VISIT_WAITING] = "waiting",
		[VISIT_INTRODUCED] = "introduced",
		[VISIT_ASKING] = "asking",
		[VISIT_RELAYED] = "relayed",
		[VISIT_ENDING] = "ending",
		[VISIT_DROPPED] = "dropped",
	};
	static const char *const rooms[ROOM_RESERVED + 1] = {
		[ROOM_WAITING] = "waiting",
		[ROOM_INTRODUCED] = "introduced",
		[ROOM_SPENT] = "spent",
		[ROOM_RESERVED] = "reserved",
	};

	add_family(text, "connections", "gauge", "Connections, by what they do.");
	for (uint32_t i = VISIT_NONE + 1; i < VISIT_N_STATES; i++)
		add_labelled(text, "connections", "state", states[i], snapshot->visits[i]);
	add_family(text, "rooms", "gauge", "Rooms, by what has become of them.");
	for (uint32_t i = ROOM_NONE + 1; i <= ROOM_RESERVED; i++)
		add_labelled(text, "rooms", "state", rooms[i], snapshot->rooms[i]);
}

static void add_counters(struct text *text, const struct rendezvous_counters *counters)
{
	add_one(text, "connections_total", "counter", "Connections that came.",
		counters->connections);
	add_one(text, "rooms_total", "counter", "Rooms that were opened.", counters->rooms);
	add_one(text, "returns_total", "counter", "Clients that came back to their room.",
		counters->returns);
	add_one(text, "introductions_total", "counter", "Pairs that were introduced.",
		counters->introductions);
	add_one(text, "sealed_messages_total", "counter", "Messages from peer to peer.",
		counters->sealed_messages);
	add_one(text, "sealed_bytes_total", "counter", "The same, in bytes.",
		counters->sealed_bytes);
	add_one(text, "stun_answers_total", "counter", "STUN requests answered.",
		counters->stun_answers);
	add_one(text, "evictions_total", "counter", "Connections that had to make room.",
		counters->evictions);
	add_family(text, "probes_total", "counter", "Probes that were asked for, by outcome.");
	for (uint32_t i = WIRE_PROBE_CONNECTED; i <= WIRE_PROBE_UNABLE; i++)
		add_labelled(text, "probes_total", "outcome",
			     wire_probe_outcome_name((enum wire_probe_outcome)i),
			     counters->probes[i]);
	add_family(text, "errors_total", "counter", "Connections told to go, by reason.");
	for (uint32_t i = WIRE_ERROR_VERSION; i <= WIRE_ERROR_CLOSING; i++)
		add_labelled(text, "errors_total", "error", wire_error_name((enum wire_error)i),
			     counters->errors[i]);
	add_family(text, "left_total", "counter", "Peers that left a room, by reason.");
	for (uint32_t i = WIRE_REASON_GONE; i <= WIRE_REASON_GAVE_UP; i++)
		add_labelled(text, "left_total", "reason",
			     wire_reason_name((enum wire_reason)i), counters->left[i]);
}

static void add_relays(struct text *text, struct server *server,
		       const struct snapshot *snapshot)
{
	const struct rendezvous_counters *counters = &snapshot->counters;

	add_one(text, "relays", "gauge", "Pairs whose bytes are forwarded.",
		snapshot->n_relays);
	add_one(text, "relays_total", "counter", "Pairs whose bytes were forwarded.",
		counters->relays);
	add_one(text, "relay_bytes_total", "counter", "Bytes forwarded, both directions.",
		atomic_load(&server->relays.n_bytes));
	add_family(text, "relay_refusals_total", "counter",
		   "Clients that were refused a relay, by reason.");
	for (uint32_t i = WIRE_REFUSAL_UNABLE; i <= WIRE_REFUSAL_PEER; i++)
		add_labelled(text, "relay_refusals_total", "reason",
			     wire_refusal_name((enum wire_refusal)i),
			     counters->relay_refusals[i]);
	add_family(text, "relay_ends_total", "counter",
		   "Forwarded pairs that ended, by reason.");
	for (uint32_t i = 0; i < RELAY_N_ENDS; i++)
		add_labelled(text, "relay_ends_total", "reason",
			     relay_end_name((enum relay_end)i),
			     atomic_load(&server->relays.n_ends[i]));
}

size_t metrics_write(struct server *server, char bytes[METRICS_SIZE])
{
	struct text text = {.bytes = bytes};
	struct snapshot snapshot;

	take_snapshot(server, &snapshot);
	add_family(&text, "info", "gauge", "Always 1.");
	add_labelled(&text, "info", "version", MIDAIR_VERSION, 1);
	add_one(&text, "uptime_seconds", "gauge", "Since the start.",
		(clock_coarse_ms() - server->start_ms) / 1000);
	add_gauges(&text, &snapshot);
	add_counters(&text, &snapshot.counters);
	add_relays(&text, server, &snapshot);
	add_one(&text, "tombstones_forgotten_total", "counter",
		"Spent or reserved rooms that went before their time.", snapshot.n_forgotten);
	add_one(&text, "slow_readers_total", "counter",
		"Connections that did not read in time.", atomic_load(&server->n_slow_readers));
	add_one(&text, "accept_pauses_total", "counter",
		"Times without a descriptor for a new connection.",
		atomic_load(&server->n_accept_pauses));
	add_one(&text, "log_lines_dropped_total", "counter", "Lines that were not written.",
		atomic_load(&server->log.n_dropped));
	return text.size;
}
