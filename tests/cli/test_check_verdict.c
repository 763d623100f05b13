/* SPDX-License-Identifier: MIT */
/* The sentence in which a check's report ends. */
#include "tests/cli/command.h"

#include <string.h>

#include "cli/check_verdict.h"

#define N_PEERS 2

static const struct {
	struct midair_reach reaches[N_PEERS];
	enum midair_mapping mapping;
	enum midair_answer upnp;
	int n_layers;
	const char *sentence;
} rows[] = {
	{{{.is_sure = true}, {.is_sure = true}},
	 MIDAIR_MAPPING_ENDPOINT_INDEPENDENT,
	 MIDAIR_NO,
	 -1,
	 "every kind of peer can be reached directly"},
	{{{.is_sure = true}, {.is_sure = false}},
	 MIDAIR_MAPPING_ENDPOINT_INDEPENDENT,
	 MIDAIR_NO,
	 -1,
	 "as far as is known, every kind of peer can be reached directly"},
	{{{.is_sure = true},
	  {.way = MIDAIR_WAY_ONE_WAY, .way_without_port = MIDAIR_WAY_NONE, .is_sure = true}},
	 MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	 MIDAIR_YES,
	 1,
	 "every kind of peer can be reached directly, 1 of 2 by a port that the gateway opens"},
	{{{.is_sure = true},
	  {.way = MIDAIR_WAY_NONE, .way_without_port = MIDAIR_WAY_NONE, .is_sure = true}},
	 MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	 MIDAIR_NO,
	 -1,
	 "1 of 2 kinds of peers only through a relay; IPv6, or a port that the router opens, "
	 "would help"},
	{{{.is_sure = true},
	  {.way = MIDAIR_WAY_NONE, .way_without_port = MIDAIR_WAY_NONE, .is_sure = true}},
	 MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	 MIDAIR_YES,
	 2,
	 "1 of 2 kinds of peers only through a relay; the gateway opens ports, but another NAT is "
	 "behind it: IPv6 would help"},
	{{{.is_sure = true},
	  {.way = MIDAIR_WAY_NONE, .way_without_port = MIDAIR_WAY_NONE, .is_sure = false}},
	 MIDAIR_MAPPING_NONE,
	 MIDAIR_NO,
	 0,
	 "as far as is known, 1 of 2 kinds of peers only through a relay; a port that the "
	 "firewall opens would help"},
};

static void the_sentence_says_whom_and_what_would_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct midair_nat nat = {
			.mapping = rows[i].mapping,
			.upnp = rows[i].upnp,
			.n_layers = rows[i].n_layers,
			.n_reaches = N_PEERS,
		};
		char buffer[CHECK_VERDICT_SIZE];

		memcpy(nat.reaches, rows[i].reaches, sizeof(rows[i].reaches));
		assert_string_equal(check_verdict(&nat, buffer), rows[i].sentence);
	}
}

static void of_nothing_nothing_is_said(void **state)
{
	const struct midair_nat nat = {.n_reaches = 0};
	char buffer[CHECK_VERDICT_SIZE];

	(void)state;
	assert_string_equal(check_verdict(&nat, buffer), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sentence_says_whom_and_what_would_help),
		cmocka_unit_test(of_nothing_nothing_is_said),
	};

	return cmocka_run_group_tests_name("check_verdict", tests, NULL, NULL);
}
