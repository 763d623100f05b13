/* SPDX-License-Identifier: MIT */
/*
 * scenario: one line of scenarios.conf, the list that the simulator and the lab both run.
 *
 *	NAME  key=value ...
 *
 *	a=NAT b=NAT        the box in front of each host (nat.h's words); default public
 *	rtt=80ms           round trip between the two boxes; default 80ms
 *	server=100ms[,60ms] the two meet through a rendezvous server, by a code: the round trips
 *	                   between box a and it, and box b and it. Only in the lab
 *	skew=300ms         how much later b starts than a; negative: earlier; default 0
 *	jitter=1ms         added to each packet's way, uniform in 0..jitter; packets keep their
 *	                   order all the same
 *	loss=5%            each way
 *	reorder=1%         packets that overtake (are sent with no delay beyond half of it)
 *	rate=10mbit        of each way; default unlimited
 *	family=ipv4|ipv6   default ipv4
 *	timeout=10s        of both sides; default 10s
 *	flags=once,listen,any-port   the sides dial once; have the catching listener
 *	flags=no-listen,ask-code     with a server, where the listener is the default: none; and a
 *	                   asks the server for the code, which b is told (without this both have
 *	                   agreed on one)
 *	via=direct|relay   with a server: a direct connection or none, the default; or the relay is
 *	                   allowed, and connect means by it
 *	engine=any|sim|lab where it can run; default any
 *	expect=connect|refused|timeout|failed   failed: refused or timeout
 *	within=rtt+3ms     connect: the later side's time from its own start, at most (rtt, 2rtt,
 *	                   a duration, or a sum; with a server, intro: until both have heard of
 *	                   each other); else, with a server, from there until both sides know; no
 *	                   bound when left out
 *
 * Each key at most once; expect is required. "#" starts a comment. Pure.
 */
#ifndef MIDAIR_CORE_SCENARIO_H
#define MIDAIR_CORE_SCENARIO_H

#include "core/nat.h"

#define SCENARIO_NAME_SIZE 48
/* Room for any line; a longer one is an error. */
#define SCENARIO_LINE_SIZE 512

enum scenario_engine { SCENARIO_ANY, SCENARIO_SIM, SCENARIO_LAB };
enum scenario_expectation {
	SCENARIO_CONNECT,
	SCENARIO_REFUSED,
	SCENARIO_TIMEOUT,
	SCENARIO_FAILED,
};

struct scenario {
	char name[SCENARIO_NAME_SIZE];
	struct nat_behavior a;
	struct nat_behavior b;
	uint64_t rtt_ns;
	bool has_server;
	bool asks_for_code;
	bool is_via_relay;
	uint64_t server_rtt_a_ns;
	uint64_t server_rtt_b_ns;
	int64_t skew_ns;
	uint64_t jitter_ns;
	uint32_t loss_ppm;
	uint32_t reorder_ppm;
	uint64_t rate_bit_per_s; /* 0: unlimited */
	enum midair_family family;
	uint64_t timeout_ns;
	uint32_t flags; /* MIDAIR_NO_LISTEN (unless "listen"), MIDAIR_ONCE, MIDAIR_ANY_PORT */
	enum scenario_engine engine;
	enum scenario_expectation expectation;
	uint64_t within_ns; /* 0: no bound */
};

/* Parses one line. Returns 0, MIDAIR_E_NO_EVENT for a blank or comment line, MIDAIR_E_SYNTAX or
 * MIDAIR_E_RANGE with *column (may be NULL) set to the offending byte's offset. */
int scenario_parse(struct scenario *scenario, const char *line, size_t *column);

/* The soonest that the later side can hold the connection, from its own start: a round trip; with
 * a server, the introduction, a round trip for the dial and one for the authentication. */
uint64_t scenario_soonest_ns(const struct scenario *scenario);

/* The word of an expectation, as in the list: "connect". Static storage. */
const char *scenario_expectation_name(enum scenario_expectation expectation);

/* Takes the next line off *text (a whole file, NUL-terminated) into buffer, without its end of
 * line. False at the end. Too long a line is cut to what scenario_parse() refuses: "!". */
bool scenario_next_line(const char **text, char *buffer, size_t buffer_size);

#endif
