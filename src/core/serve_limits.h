/* SPDX-License-Identifier: MIT */
/*
 * serve_limits: what a rendezvous server allows, each with its name on the command line and in the
 * configuration file, its default, and its range. One table for the parser, the help, and the
 * test that compares it with docs/SERVER.md.
 */
#ifndef MIDAIR_CORE_SERVE_LIMITS_H
#define MIDAIR_CORE_SERVE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* X(field and name with dashes, default, least, most, text) */
#define SERVE_LIMITS(X)                                                                        \
	X(connections_per_address, 64, 1, 1000000, "connections of one address at a time")     \
	X(connects_per_minute, 1200, 1, 100000000, "new connections of one address")           \
	X(connects_burst, 240, 1, 1000000, "the same, at once")                                \
	X(rooms_per_address, 32, 1, 1000000, "rooms in which one address waits")               \
	X(enters_per_minute, 60, 1, 100000000, "rooms that one address enters")                \
	X(enters_burst, 60, 1, 1000000, "the same, at once")                                   \
	X(messages_per_minute, 1200, 1, 100000000, "messages of one connection")               \
	X(messages_burst, 64, 4, 1000000, "the same, at once")                                 \
	X(speak_ms, 5000, 100, 600000, "until a connection has entered a room")                \
	X(room_s, 3600, 1, 86400, "how long a client may wait in a room")                      \
	X(reserve_s, 120, 0, 86400, "how long the number of who was lost is kept for it")      \
	X(pair_s, 120, 1, 86400, "from the introduction to the end of both connections")       \
	X(sealed_messages, 32, 1, 65535, "sealed messages from one peer to the other")         \
	X(sealed_bytes, 16384, 1, 67108864, "the same, in bytes")                              \
	X(stun_requests, 100, 0, 65535, "STUN requests of one connection")                     \
	X(stun_idle_s, 60, 1, 86400, "between two STUN requests of one connection")            \
	X(probes_per_connection, 8, 0, 255, "probes that one connection may ask for")          \
	X(probes_per_minute, 120, 1, 1000000, "probes for one address")                        \
	X(probes_burst, 64, 1, 1000000, "the same, at once")                                   \
	X(all_probes_per_minute, 6000, 1, 100000000, "probes for all addresses together")      \
	X(all_probes_burst, 256, 1, 1000000, "the same, at once")                              \
	X(probe_s, 10, 1, 600, "until a connection that has asked for a probe must end")       \
	X(network_shares, 16, 1, 65536, "shares of one address that an IPv6 /48 may have")     \
	X(relay_rooms, 64, 1, 65536, "pairs whose bytes are forwarded at a time (--relay)")    \
	X(relayed_per_address, 16, 1, 65536, "connections of one address that are forwarded")  \
	X(relay_kib, 10485760, 0, 1000000000, "KiB forwarded for one pair; 0: no limit")       \
	X(relay_kib_per_s, 0, 0, 100000000, "the same in one second; 0: no limit")             \
	X(relay_s, 86400, 1, 31536000, "how long one pair's bytes are forwarded")              \
	X(relay_idle_s, 3600, 1, 31536000, "how long a forwarded pair may be silent")          \
	X(linger_ms, 2000, 100, 60000, "how long a client that was told the end may stay")     \
	X(output_bytes, 32768, 4608, 16777216, "what a slow reader may leave unread")          \
	X(young_s, 60, 0, 3600, "after the start, in which only long numbers are given out")   \
	X(log_lines_per_minute, 6000, 1, 100000000, "lines of the log")

struct serve_limits {
#define SERVE_LIMIT_FIELD(name, value, least, most, text) uint32_t name;
	SERVE_LIMITS(SERVE_LIMIT_FIELD)
#undef SERVE_LIMIT_FIELD
};

/* The longest line of a configuration file, and the file. */
#define SERVE_LINE_MAX 200
#define SERVE_FILE_MAX 16384

void serve_limits_default(struct serve_limits *limits);

/* "rooms-per-address=12", blanks around the parts forgiven. Returns 0, MIDAIR_E_SYNTAX (not of
 * that form), -ENOENT (no limit has that name) or MIDAIR_E_RANGE. */
int serve_limits_set(struct serve_limits *limits, const char *text, size_t size);

/* A file of such lines; empty lines and those that begin with # are skipped. All or nothing: on
 * an error limits is untouched and *line says where, from 1. */
int serve_limits_read(struct serve_limits *limits, const char *text, size_t size,
		      uint32_t *line);

/* The nth limit from 0, for the help; false: there is none. name has dashes. */
struct serve_limit_text {
	char name[32];
	uint32_t value; /* default */
	uint32_t least;
	uint32_t most;
	const char *text;
};
int serve_limits_text(uint32_t number, struct serve_limit_text *limit);

#endif
