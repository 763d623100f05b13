/* SPDX-License-Identifier: MIT */
/* Every stable code is explained; tests/cli and tests/api look for them in the manual. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/diagnosis.h"
#include "core/plan.h"
#include "core/reason.h"

static bool is_explained(const char *list, const char *code)
{
	struct midair_explanation explanation;

	for (uint32_t i = 0; midair_explain(code, i, &explanation) == 0; i++)
		if (strcmp(explanation.list, list) == 0 && explanation.text[0] != '\0')
			return strcmp(explanation.code, code) == 0;
	return false;
}

#define EXPLAINED(list, code)                                                                  \
	do {                                                                                   \
		if (!is_explained(list, code))                                                 \
			fail_msg("%s \"%s\" is not explained", list, code);                    \
	} while (0)

static void every_code_of_the_tables_is_explained(void **state)
{
	(void)state;
#define RESULT(constant, value, name, text)	   EXPLAINED("result", name);
#define CAUSE(constant, value, name, text, remedy) EXPLAINED("cause", name);
#define REMEDY(constant, bit, name, text)	   EXPLAINED("remedy", name);
#define DIAGNOSIS(constant, name, text, explanation, side, step, remedies)                     \
	EXPLAINED("verdict", name);
	EXPLAINED("result", "ok");
	MIDAIR_RESULTS(RESULT)
	MIDAIR_CAUSES(CAUSE)
	MIDAIR_REMEDIES(REMEDY)
	DIAGNOSES(DIAGNOSIS)
#define REASON(constant, name, text) EXPLAINED("reason", name);
	PLAN_REASONS(REASON)
	EXPLAINED("reason", REASON_NOT_IN_TIME);
	EXPLAINED("reason", REASON_RELAY_ONLY);
	EXPLAINED("reason", REASON_PEER_ASKED);
#define WAY(constant, name, text) EXPLAINED("way", name);
	MIDAIR_WAYS(WAY)
#define MAPPING(constant, name, text) EXPLAINED("mapping", name);
	MIDAIR_MAPPINGS(MAPPING)
#define ALLOCATION(constant, name, text) EXPLAINED("allocation", name);
	MIDAIR_ALLOCATIONS(ALLOCATION)
#define FILTERING(constant, name, text) EXPLAINED("filtering", name);
	MIDAIR_FILTERINGS(FILTERING)
#define REACTION(constant, name, text) EXPLAINED("reaction", name);
	MIDAIR_REACTIONS(REACTION)
#define NAT(constant, name, text) EXPLAINED("nat", name);
	MIDAIR_NAT_TYPES(NAT)
#define SIDE(constant, name, text) EXPLAINED("side", name);
	MIDAIR_SIDES(SIDE)
#define STEP(constant, name, text) EXPLAINED("step", name);
	MIDAIR_STEPS(STEP)
	for (int i = 0; i <= MIDAIR_REFUSED_LOCALLY; i++)
		EXPLAINED("refusal", midair_refusal_name((enum midair_refusal)i));
	for (int i = 0; i <= MIDAIR_CAUGHT; i++)
		EXPLAINED("crossing", midair_crossing_name((enum midair_crossing)i));
	for (int i = 0; i <= MIDAIR_CLOCK_UNSYNCHRONISED; i++)
		EXPLAINED("clock", midair_clock_verdict_name((enum midair_clock_verdict)i));
	EXPLAINED("errno", "ECONNREFUSED");
	EXPLAINED("errno", "EHWPOISON");
}

/* midair explain CODE prints all that it finds: a list must not say it twice. */
static void no_list_has_a_code_twice(void **state)
{
	struct midair_explanation one, other;

	(void)state;
	for (uint32_t i = 0; midair_explain(NULL, i, &one) == 0; i++)
		for (uint32_t k = 0; k < i && midair_explain(NULL, k, &other) == 0; k++)
			if (strcmp(one.list, other.list) == 0 &&
			    strcmp(one.code, other.code) == 0)
				fail_msg("%s \"%s\" is there twice", one.list, one.code);
}

static bool is_code(const char *text)
{
	return text[0] != '\0' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static void codes_are_words_and_texts_are_lines(void **state)
{
	struct midair_explanation explanation;
	uint32_t n = 0;

	(void)state;
	for (; midair_explain(NULL, n, &explanation) == 0; n++) {
		size_t length = strlen(explanation.text);

		EXPECT(is_code(explanation.code) && is_code(explanation.list),
		       explanation.code);
		EXPECT(length > 0 && explanation.text[length - 1] != '.', explanation.code);
		EXPECT(strchr(explanation.text, '\n') == NULL, explanation.code);
	}
	assert_true(n > 100);
}

static void what_is_no_code_has_no_explanation(void **state)
{
	static const char *const words[] = {"",	       "E",	 "ENOSUCHTHING",
					    "Silence", "random", "x y"};
	struct midair_explanation explanation;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(words); i++)
		if (strcmp(words[i], "random") != 0)
			EXPECT(midair_explain(words[i], 0, &explanation) == MIDAIR_E_END,
			       words[i]);
	assert_int_equal(midair_explain("random", 0, &explanation), 0);
	assert_int_equal(midair_explain("random", 1, &explanation), MIDAIR_E_END);
}

static void every_remedy_of_a_verdict_has_a_text(void **state)
{
	static const struct {
		const char *name;
		uint32_t remedies;
	} diagnoses[] = {
#define REMEDIES_ROW(constant, name, text, explanation, side, step, remedies) {name, remedies},
		DIAGNOSES(REMEDIES_ROW)
#undef REMEDIES_ROW
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(diagnoses); i++) {
		uint32_t remedies = diagnoses[i].remedies;

		assert_true(remedies != 0);
		for (uint32_t bit = 0; bit < 32; bit++)
			if ((remedies & UINT32_C(1) << bit) != 0)
				EXPECT(strcmp(midair_remedy_name(
						      (enum midair_remedy)(UINT32_C(1) << bit)),
					      "unknown") != 0,
				       diagnoses[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_of_the_tables_is_explained),
		cmocka_unit_test(no_list_has_a_code_twice),
		cmocka_unit_test(codes_are_words_and_texts_are_lines),
		cmocka_unit_test(what_is_no_code_has_no_explanation),
		cmocka_unit_test(every_remedy_of_a_verdict_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
