/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

#define LOCAL                                                                                  \
	{                                                                                      \
		.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1314                 \
	}
#define REMOTE                                                                                 \
	{                                                                                      \
		.family = MIDAIR_IPV4, .address = {198, 51, 100, 2}, .port = 443               \
	}

static const struct {
	struct midair_event event;
	const char *line;
} rows[] = {
	{{.type = MIDAIR_EVENT_NONE}, "[      0.000 ms] nothing"},
	{{.type = MIDAIR_EVENT_BOUND, .local = LOCAL, .time_ns = -1500000000},
	 "[  -1500.000 ms] bound 192.0.2.1:1314"},
	{{.type = MIDAIR_EVENT_LISTENING, .local = LOCAL},
	 "[      0.000 ms] listening 192.0.2.1:1314"},
	{{.type = MIDAIR_EVENT_WAITING, .wait_ns = 1234567890, .time_ns = -1234567890},
	 "[  -1234.568 ms] waiting 1.235 s"},
	{{.type = MIDAIR_EVENT_DIAL, .local = LOCAL, .remote = REMOTE, .try_number = 7},
	 "[      0.000 ms] SYN out, 192.0.2.1:1314 -> 198.51.100.2:443, try 7"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .try_number = 2,
	  .refusal = MIDAIR_REFUSED_BY_RESET,
	  .elapsed_ns = 80123456,
	  .time_ns = 160000000},
	 "[    160.000 ms] refused, 198.51.100.2:443, try 2, after 80.123 ms, "
	 "by RST, from the peer's host or a NAT in front of it"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .try_number = 1,
	  .refusal = MIDAIR_REFUSED_BY_UNREACHABLE,
	  .result = -EHOSTUNREACH},
	 "[      0.000 ms] refused, 198.51.100.2:443, try 1, after 0.000 ms, "
	 "by ICMP, a router finds no way"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .try_number = 1,
	  .refusal = MIDAIR_REFUSED_BY_FILTER},
	 "[      0.000 ms] refused, 198.51.100.2:443, try 1, after 0.000 ms, "
	 "by ICMP, a firewall forbids it"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .try_number = 1,
	  .refusal = MIDAIR_REFUSED_BY_SILENCE},
	 "[      0.000 ms] refused, 198.51.100.2:443, try 1, after 0.000 ms, "
	 "by silence, every SYN was lost or dropped"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .try_number = 1,
	  .refusal = MIDAIR_REFUSED_BY_SELF,
	  .result = MIDAIR_E_SELF},
	 "[      0.000 ms] refused, 198.51.100.2:443, try 1, after 0.000 ms, "
	 "by ourselves, it was a connection to our own socket"},
	{{.type = MIDAIR_EVENT_REFUSED,
	  .remote = REMOTE,
	  .refusal = MIDAIR_REFUSED_LOCALLY,
	  .result = -ENETUNREACH},
	 "[      0.000 ms] no SYN to 198.51.100.2:443: Network is unreachable"},
	{{.type = MIDAIR_EVENT_STRANGER, .local = LOCAL, .remote = REMOTE},
	 "[      0.000 ms] stranger 198.51.100.2:443, closed with RST"},
	{{.type = MIDAIR_EVENT_LANDED,
	  .local = LOCAL,
	  .remote = REMOTE,
	  .crossing = MIDAIR_ANSWERED,
	  .round_trip_us = 80001},
	 "[      0.000 ms] landed 192.0.2.1:1314 <-> 198.51.100.2:443, our SYN was answered, "
	 "round trip 80.001 ms"},
	{{.type = MIDAIR_EVENT_CONNECTED,
	  .local = LOCAL,
	  .remote = REMOTE,
	  .crossing = MIDAIR_MET_BY_PEER,
	  .round_trip_us = 1},
	 "[      0.000 ms] connected 192.0.2.1:1314 <-> 198.51.100.2:443, "
	 "met by the peer's SYN, round trip 0.001 ms"},
	{{.type = MIDAIR_EVENT_FAILED, .result = MIDAIR_E_TIMEOUT, .time_ns = 60000000000},
	 "[  60000.000 ms] failed: the time ran out before the peer and we met"},
	{{.type = MIDAIR_EVENT_SERVER, .local = LOCAL, .remote = REMOTE, .mapped = REMOTE},
	 "[      0.000 ms] server 198.51.100.2:443, sees 192.0.2.1:1314 as 198.51.100.2:443"},
	{{.type = MIDAIR_EVENT_SERVER_LOST,
	  .remote = REMOTE,
	  .wait_ns = 1500000000,
	  .result = -ECONNREFUSED},
	 "[      0.000 ms] server 198.51.100.2:443 lost, again in 1.500 s: Connection refused"},
	{{.type = MIDAIR_EVENT_CODE, .wait_ns = 600000000000},
	 "[      0.000 ms] a code, for 600 s"},
	{{.type = MIDAIR_EVENT_PEER_WAIT, .wait_ns = 600000000000},
	 "[      0.000 ms] waiting for the peer, 600 s at most"},
	{{.type = MIDAIR_EVENT_PEER, .remote = REMOTE, .role = MIDAIR_ROLE_B},
	 "[      0.000 ms] peer 198.51.100.2:443, we are role b"},
	{{.type = MIDAIR_EVENT_CANDIDATE, .remote = REMOTE},
	 "[      0.000 ms] one more address of the peer, 198.51.100.2:443"},
	{{.type = MIDAIR_EVENT_CONFIRMED}, "[      0.000 ms] the peer has the same code"},
	{{.type = MIDAIR_EVENT_UNPROVEN,
	  .remote = REMOTE,
	  .elapsed_ns = 1234567,
	  .result = MIDAIR_E_AUTHENTICATION},
	 "[      0.000 ms] not the peer, 198.51.100.2:443, after 1.235 ms: "
	 "who answered does not have the same secret"},
	{{.type = MIDAIR_EVENT_AUTHENTICATED, .remote = REMOTE, .elapsed_ns = 41000000},
	 "[      0.000 ms] authenticated 198.51.100.2:443, after 41.000 ms"},
	{{.type = MIDAIR_EVENT_PLAN,
	  .way = MIDAIR_WAY_BIRTHDAY,
	  .reason = "none",
	  .is_sure = true},
	 "[      0.000 ms] plan: birthday"},
	{{.type = MIDAIR_EVENT_PLAN, .way = MIDAIR_WAY_PLAIN, .reason = "none"},
	 "[      0.000 ms] plan: plain, not sure"},
	{{.type = MIDAIR_EVENT_PLAN,
	  .way = MIDAIR_WAY_NONE,
	  .reason = "random-both",
	  .is_sure = true},
	 "[      0.000 ms] plan: none, random-both"},
};

static void each_event_has_its_line(void **state)
{
	char buffer[MIDAIR_EVENT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		assert_ptr_equal(midair_event_format(&rows[i].event, buffer), buffer);
		assert_string_equal(buffer, rows[i].line);
	}
}

static void each_crossing_has_its_words(void **state)
{
	static const char *const words[] = {
		[MIDAIR_CROSSING_UNKNOWN] = "in a way the kernel does not tell",
		[MIDAIR_CROSSED] = "crossed in mid-air",
		[MIDAIR_MET_BY_PEER] = "met by the peer's SYN",
		[MIDAIR_ANSWERED] = "our SYN was answered",
		[MIDAIR_CAUGHT] = "caught by the listener",
	};
	char buffer[MIDAIR_EVENT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(words); i++) {
		struct midair_event event = {
			.type = MIDAIR_EVENT_CONNECTED,
			.crossing = (enum midair_crossing)i,
		};

		assert_non_null(strstr(midair_event_format(&event, buffer), words[i]));
	}
}

/* A newer library's event in an older program, or garbage. */
static void unknown_values_are_named_unknown_and_printed_without_harm(void **state)
{
	const int values[] = {-1, 6, MIDAIR_EVENT_HOLE + 1, 99, INT_MAX, INT_MIN};
	char buffer[MIDAIR_EVENT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(values); i++) {
		struct midair_event event = {
			.type = MIDAIR_EVENT_CONNECTED,
			.crossing = (enum midair_crossing)values[i],
		};

		if (values[i] != 6)
			assert_string_equal(
				midair_event_type_name((enum midair_event_type)values[i]),
				"unknown");
		assert_string_equal(midair_crossing_name((enum midair_crossing)values[i]),
				    "unknown");
		if (values[i] != 6)
			assert_string_equal(midair_refusal_name((enum midair_refusal)values[i]),
					    "unknown");
		assert_non_null(strstr(midair_event_format(&event, buffer), "does not tell"));
		event.type = MIDAIR_EVENT_REFUSED;
		event.refusal = (enum midair_refusal)(values[i] == 6 ? 7 : values[i]);
		assert_non_null(strstr(midair_event_format(&event, buffer), "unknown reason"));
		event.type = (enum midair_event_type)(values[i] == 6 ? 77 : values[i]);
		midair_event_format(&event, buffer);
		assert_non_null(memchr(buffer, '\0', sizeof(buffer)));
	}
}

static void the_longest_line_fits_whole(void **state)
{
	struct midair_event event = {
		.type = MIDAIR_EVENT_CONNECTED,
		.time_ns = INT64_MIN,
		.round_trip_us = UINT32_MAX,
		.crossing = MIDAIR_CROSSING_UNKNOWN,
		.local = {.family = MIDAIR_IPV6, .scope_id = UINT32_MAX, .port = 65535},
	};
	char buffer[MIDAIR_EVENT_TEXT_SIZE + 1];

	(void)state;
	memset(event.local.address, 0xfe, sizeof(event.local.address));
	event.remote = event.local;
	buffer[MIDAIR_EVENT_TEXT_SIZE] = '#';
	midair_event_format(&event, buffer);
	assert_string_equal(strstr(buffer, "round trip "), "round trip 4294967.295 ms");
	event.type = MIDAIR_EVENT_SERVER;
	event.mapped = event.local;
	midair_event_format(&event, buffer);
	assert_non_null(strstr(strstr(buffer, " as "), "%4294967295]:65535"));
	assert_int_equal(buffer[MIDAIR_EVENT_TEXT_SIZE], '#');
	event.type = MIDAIR_EVENT_REFUSED;
	event.refusal = MIDAIR_REFUSED_BY_SELF;
	event.try_number = UINT32_MAX;
	event.elapsed_ns = INT64_MIN;
	midair_event_format(&event, buffer);
	assert_non_null(strstr(buffer, "it was a connection to our own socket"));
	assert_int_equal(buffer[MIDAIR_EVENT_TEXT_SIZE], '#');
}

static void the_names_in_json_are_stable(void **state)
{
	static const char *const types[] = {
		"none",	     "bound",	    "listening", "waiting",	 "dial",
		"refused",   "stranger",    "landed",	 "connected",	 "failed",
		"server",    "server-lost", "code",	 "peer-wait",	 "peer",
		"candidate", "confirmed",   "unproven",	 "authenticated"};
	static const char *const roles[] = {"none", "a", "b"};
	static const char *const crossings[] = {"unknown", "crossed", "met-by-peer", "answered",
						"caught"};
	static const char *const refusals[] = {"none",	  "reset", "unreachable", "filtered",
					       "silence", "self",  "local"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(types); i++)
		assert_string_equal(midair_event_type_name((enum midair_event_type)i),
				    types[i]);
	for (size_t i = 0; i < N_ITEMS(roles); i++)
		assert_string_equal(midair_role_name((enum midair_role)i), roles[i]);
	assert_string_equal(midair_role_name((enum midair_role)3), "unknown");
	for (size_t i = 0; i < N_ITEMS(crossings); i++)
		assert_string_equal(midair_crossing_name((enum midair_crossing)i),
				    crossings[i]);
	for (size_t i = 0; i < N_ITEMS(refusals); i++)
		assert_string_equal(midair_refusal_name((enum midair_refusal)i), refusals[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_has_its_line),
		cmocka_unit_test(each_crossing_has_its_words),
		cmocka_unit_test(unknown_values_are_named_unknown_and_printed_without_harm),
		cmocka_unit_test(the_longest_line_fits_whole),
		cmocka_unit_test(the_names_in_json_are_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
