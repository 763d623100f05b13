/* SPDX-License-Identifier: MIT */
#include "core/nat_report.h"

#include "tests/unit/unit.h"

static const struct {
	const char *words;
	enum midair_family family;
	struct nat_report report;
} rows[] = {
	{"public",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_NONE,
	  .allocation = REPORT_ALLOCATION_PRESERVING,
	  .filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT,
	  .reaction = REPORT_REACTION_NONE,
	  .syn_in = REPORT_YES}},
	{"firewall/adf/rst",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_NONE,
	  .allocation = REPORT_ALLOCATION_PRESERVING,
	  .filtering = REPORT_FILTERING_ADDRESS_DEPENDENT,
	  .reaction = REPORT_REACTION_RESET,
	  .syn_in = REPORT_YES,
	  .reset_closes = REPORT_YES}},
	{"kernel-rst",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_ENDPOINT_INDEPENDENT,
	  .allocation = REPORT_ALLOCATION_PRESERVING,
	  .filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	  .reaction = REPORT_REACTION_RESET,
	  .syn_in = REPORT_YES,
	  .reset_closes = REPORT_YES,
	  .hairpin = REPORT_NO,
	  .n_layers = 1}},
	{"eim/eif/rst/hairpin",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_ENDPOINT_INDEPENDENT,
	  .allocation = REPORT_ALLOCATION_PRESERVING,
	  .filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT,
	  .reaction = REPORT_REACTION_NONE,
	  .syn_in = REPORT_YES,
	  .reset_closes = REPORT_YES,
	  .hairpin = REPORT_YES,
	  .n_layers = 1}},
	{"apdm/sequential:5/icmp/refuse-syn-in/keep-on-reset",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	  .allocation = REPORT_ALLOCATION_SEQUENTIAL,
	  .delta = 5,
	  .filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	  .reaction = REPORT_REACTION_UNREACHABLE,
	  .syn_in = REPORT_NO,
	  .reset_closes = REPORT_NO,
	  .hairpin = REPORT_NO,
	  .n_layers = 1,
	  .last_port = 40000}},
	{"adm/random",
	 MIDAIR_IPV4,
	 {.mapping = REPORT_MAPPING_ADDRESS_DEPENDENT,
	  .allocation = REPORT_ALLOCATION_RANDOM,
	  .filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	  .reaction = REPORT_REACTION_DROP,
	  .syn_in = REPORT_YES,
	  .reset_closes = REPORT_YES,
	  .hairpin = REPORT_NO,
	  .n_layers = 1}},
	/* the same box in front of IPv6 translates nothing */
	{"adm/random",
	 MIDAIR_IPV6,
	 {.mapping = REPORT_MAPPING_NONE,
	  .allocation = REPORT_ALLOCATION_PRESERVING,
	  .filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	  .reaction = REPORT_REACTION_DROP,
	  .syn_in = REPORT_YES,
	  .reset_closes = REPORT_YES}},
};

static void a_box_is_reported_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct nat_report *expected = &rows[i].report;
		struct midair_endpoint local = {.family = (uint8_t)rows[i].family, .port = 1};
		struct midair_endpoint mapped = local;
		struct nat_behavior behavior;
		struct nat_report report;

		mapped.port = 40000;
		assert_int_equal(nat_behavior_parse(&behavior, rows[i].words), 0);
		nat_report_of_behavior(&report, &behavior, &local, &mapped);
		EXPECT(report.family == rows[i].family, rows[i].words);
		EXPECT(report.mapping == expected->mapping, rows[i].words);
		EXPECT(report.allocation == expected->allocation, rows[i].words);
		EXPECT(report.delta == expected->delta, rows[i].words);
		EXPECT(report.filtering == expected->filtering, rows[i].words);
		EXPECT(report.reaction == expected->reaction, rows[i].words);
		EXPECT(report.syn_in == expected->syn_in, rows[i].words);
		EXPECT(report.reset_closes == expected->reset_closes, rows[i].words);
		EXPECT(report.hairpin == expected->hairpin, rows[i].words);
		EXPECT(report.n_layers == expected->n_layers, rows[i].words);
		EXPECT(report.last_port == expected->last_port, rows[i].words);
		EXPECT(report.mapped.port == 40000 && report.local.port == 1, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_is_reported_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
