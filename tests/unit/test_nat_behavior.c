/* SPDX-License-Identifier: MIT */
#include "core/nat.h"

#include "tests/unit/unit.h"

/* text, and its full form, or NULL and the error */
static const struct {
	const char *text;
	const char *full;
	int result;
} cases[] = {
	{"public", "public", 0},
	{"firewall", "firewall/apdf/drop", 0},
	{"firewall/rst/eif", "firewall/eif/rst", 0},
	{"eim", "eim/apdf/preserve/drop", 0},
	{"rst", "eim/apdf/preserve/rst", 0},
	{"random/apdm", "apdm/apdf/random/drop", 0},
	{"sequential:3/eif/icmp/adm", "adm/eif/sequential:3/icmp", 0},
	{"hairpin/refuse-syn-in/keep-on-reset/liberal/drop",
	 "eim/apdf/preserve/drop/refuse-syn-in/keep-on-reset/liberal/hairpin", 0},
	{"rst/syn-timeout:2s", "eim/apdf/preserve/rst/syn-timeout:2s", 0},
	{"drop/syn-timeout:120s", "eim/apdf/preserve/drop", 0},
	{"drop/established-timeout:5m", "eim/apdf/preserve/drop/established-timeout:5m", 0},
	{"apdm/sequential:3/background:20", "apdm/apdf/sequential:3/drop/background:20", 0},
	{"background:10000/rst", "eim/apdf/preserve/rst/background:10000", 0},
	{"port-mapping/apdm/random", "apdm/apdf/random/drop/port-mapping", 0},
	{"port-mapping:1", NULL, MIDAIR_E_SYNTAX},
	{"public/port-mapping", NULL, MIDAIR_E_SYNTAX},
	{"background", NULL, MIDAIR_E_SYNTAX},
	{"background:", NULL, MIDAIR_E_SYNTAX},
	{"background:0", NULL, MIDAIR_E_RANGE},
	{"background:10001", NULL, MIDAIR_E_RANGE},
	{"", NULL, MIDAIR_E_SYNTAX},
	{"/", NULL, MIDAIR_E_SYNTAX},
	{"eim/", NULL, MIDAIR_E_SYNTAX},
	{"cone", NULL, MIDAIR_E_SYNTAX},
	{"eim/apdm", NULL, MIDAIR_E_SYNTAX},
	{"drop/drop", NULL, MIDAIR_E_SYNTAX},
	{"kernel-rst/eif", "eim/eif/preserve/kernel-rst", 0},
	{"rst/kernel-rst", NULL, MIDAIR_E_SYNTAX},
	{"firewall/kernel-rst", NULL, MIDAIR_E_SYNTAX},
	{"public/kernel-rst", NULL, MIDAIR_E_SYNTAX},
	{"public/rst", NULL, MIDAIR_E_SYNTAX},
	{"firewall/eim", NULL, MIDAIR_E_SYNTAX},
	{"firewall/random", NULL, MIDAIR_E_SYNTAX},
	{"firewall/hairpin", NULL, MIDAIR_E_SYNTAX},
	{"sequential", NULL, MIDAIR_E_SYNTAX},
	{"sequential:", NULL, MIDAIR_E_SYNTAX},
	{"sequential:x", NULL, MIDAIR_E_SYNTAX},
	{"sequential:0", NULL, MIDAIR_E_RANGE},
	{"sequential:65536", NULL, MIDAIR_E_RANGE},
	{"random:3", NULL, MIDAIR_E_SYNTAX},
	{"syn-timeout", NULL, MIDAIR_E_SYNTAX},
	{"syn-timeout:2", NULL, MIDAIR_E_SYNTAX},
	{"syn-timeout:0s", NULL, MIDAIR_E_RANGE},
	{"drop:1", NULL, MIDAIR_E_SYNTAX},
	{"EIM", NULL, MIDAIR_E_SYNTAX},
};

static void words_become_a_behaviour_or_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		struct nat_behavior behavior;
		char text[NAT_BEHAVIOR_TEXT_SIZE];
		int result = nat_behavior_parse(&behavior, cases[i].text);

		EXPECT(result == cases[i].result, cases[i].text);
		if (cases[i].full)
			assert_string_equal(nat_behavior_format(&behavior, text),
					    cases[i].full);
	}
}

static void the_full_form_parses_to_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		struct nat_behavior behavior;
		char text[NAT_BEHAVIOR_TEXT_SIZE];

		if (!cases[i].full)
			continue;
		EXPECT(nat_behavior_parse(&behavior, cases[i].full) == 0, cases[i].full);
		assert_string_equal(nat_behavior_format(&behavior, text), cases[i].full);
	}
}

static void an_error_leaves_the_output_untouched(void **state)
{
	struct nat_behavior behavior = {.reaction = NAT_REACTION_UNREACHABLE};

	(void)state;
	assert_int_equal(nat_behavior_parse(&behavior, "rst/nonsense"), MIDAIR_E_SYNTAX);
	assert_int_equal(behavior.reaction, NAT_REACTION_UNREACHABLE);
}

static void the_longest_text_fits(void **state)
{
	static const char longest[] =
		"apdm/apdf/sequential:65535/icmp/refuse-syn-in/keep-on-reset/liberal/hairpin/"
		"syn-timeout:31622399999999999ns/established-timeout:31622399999999999ns";
	struct nat_behavior behavior;
	char text[NAT_BEHAVIOR_TEXT_SIZE];

	(void)state;
	assert_int_equal(nat_behavior_parse(&behavior, longest), 0);
	assert_string_equal(nat_behavior_format(&behavior, text), longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_a_behaviour_or_an_error),
		cmocka_unit_test(the_full_form_parses_to_itself),
		cmocka_unit_test(an_error_leaves_the_output_untouched),
		cmocka_unit_test(the_longest_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
