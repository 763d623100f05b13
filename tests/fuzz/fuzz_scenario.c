/* SPDX-License-Identifier: MIT */
/* A whole scenarios.conf: every line is taken or refused with a place inside it. */
#include "core/scenario.h"
#include "tests/fuzz/fuzz.h"

static void check_scenario(const struct scenario *scenario)
{
	char buffer[NAT_BEHAVIOR_TEXT_SIZE];
	struct nat_behavior again;

	FUZZ_CHECK(memchr(scenario->name, '\0', sizeof(scenario->name)));
	FUZZ_CHECK(scenario->name[0] != '\0');
	FUZZ_CHECK(scenario->loss_ppm <= 1000000 && scenario->reorder_ppm <= 1000000);
	FUZZ_CHECK(scenario->family == MIDAIR_IPV4 || scenario->family == MIDAIR_IPV6);
	FUZZ_CHECK(nat_behavior_parse(&again, nat_behavior_format(&scenario->a, buffer)) == 0);
	FUZZ_CHECK(nat_behavior_parse(&again, nat_behavior_format(&scenario->b, buffer)) == 0);
	FUZZ_CHECK(scenario_expectation_name(scenario->expectation));
}

static void check_line(const char *text)
{
	struct scenario scenario;
	size_t column = SIZE_MAX;
	int result = scenario_parse(&scenario, text, &column);

	FUZZ_CHECK(scenario_parse(&scenario, text, NULL) == result);
	if (result == 0) {
		check_scenario(&scenario);
	} else if (result != MIDAIR_E_NO_EVENT) {
		FUZZ_CHECK(result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE);
		FUZZ_CHECK(column <= strlen(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *rest = text;
	char *line = malloc(SCENARIO_LINE_SIZE);
	size_t n_lines = 0;

	FUZZ_CHECK(line);
	while (scenario_next_line(&rest, line, SCENARIO_LINE_SIZE)) {
		FUZZ_CHECK(memchr(line, '\0', SCENARIO_LINE_SIZE));
		FUZZ_CHECK(rest >= text && rest <= text + size);
		FUZZ_CHECK(++n_lines <= size + 1);
		check_line(line);
	}
	check_line(text);
	free(line);
	free(text);
	return 0;
}
