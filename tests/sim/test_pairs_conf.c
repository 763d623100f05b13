/* SPDX-License-Identifier: MIT */
/*
 * Simulator and lab agree on who can be met: each line of lab/pairs.conf expects what the plan
 * predicts for its two boxes, in both roles; and no pair of boxes that the simulator tries is
 * without a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plan_pairs.h"
#include "tests/unit/unit.h"

#define FILE_BYTES_MAX (1 << 20)
#define N_LINES_MAX    1024

static struct scenario lines[N_LINES_MAX];
static size_t n_lines;

static int read_lines(void **state)
{
	static char text[FILE_BYTES_MAX];
	const char *rest = text;
	char line[SCENARIO_LINE_SIZE];
	FILE *file = fopen(PAIRS_CONF, "r");
	size_t n;

	(void)state;
	if (!file)
		return -1;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	while (scenario_next_line(&rest, line, sizeof(line)) && n_lines < N_LINES_MAX) {
		int result = scenario_parse(&lines[n_lines], line, NULL);

		if (result == 0)
			n_lines++;
		else if (result != MIDAIR_E_NO_EVENT)
			return -1;
	}
	return 0;
}

static bool is_deaf(const struct scenario *line)
{
	return (line->flags & MIDAIR_NO_LISTEN) != 0;
}

static struct pair_box box_of(const struct scenario *line, const struct nat_behavior *behavior)
{
	return (struct pair_box){.behavior = *behavior, .is_deaf = is_deaf(line)};
}

static bool is_direct(const struct plan *plan)
{
	return plan->method != PLAN_NONE;
}

/* A line that allows the relay calls a relayed stream connected, and nothing else. */
static bool expects_direct(const struct scenario *line)
{
	return line->expectation == SCENARIO_CONNECT && !line->is_via_relay;
}

static void each_line_expects_what_the_plan_predicts(void **state)
{
	(void)state;
	assert_true(n_lines > 100);
	for (size_t i = 0; i < n_lines; i++) {
		enum pair_set set =
			lines[i].family == MIDAIR_IPV6 ? PAIR_SET_IPV6 : PAIR_SET_IPV4;
		struct pair_box a = box_of(&lines[i], &lines[i].a);
		struct pair_box b = box_of(&lines[i], &lines[i].b);
		struct plan plan = pair_plan(set, &a, &b);
		struct plan exchanged = pair_plan(set, &b, &a);

		EXPECT(lines[i].has_server, lines[i].name);
		EXPECT(lines[i].expectation == SCENARIO_CONNECT ||
			       lines[i].expectation == SCENARIO_FAILED,
		       lines[i].name);
		EXPECT(is_direct(&plan) == expects_direct(&lines[i]), lines[i].name);
		EXPECT(is_direct(&exchanged) == expects_direct(&lines[i]), lines[i].name);
	}
}

/* ---- coverage ------------------------------------------------------------------------------- */

enum kind {
	FULL_CONE,
	RESTRICTED,
	PORT_RESTRICTED,
	DEPENDENT,
	SEQUENTIAL,
	RANDOM,
	PUBLIC,
	BARE
};

static enum kind kind_by_filter(enum nat_filtering filtering)
{
	switch (filtering) {
	case NAT_FILTERING_ENDPOINT_INDEPENDENT:
		return FULL_CONE;
	case NAT_FILTERING_ADDRESS_DEPENDENT:
		return RESTRICTED;
	case NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
		break;
	}
	return PORT_RESTRICTED;
}

/* The kind of the simulator's pairs that a box of the lab's is like, as far as the plan can tell. */
static enum kind kind_of(const struct nat_behavior *box)
{
	enum kind kind = kind_by_filter(box->filtering);

	if (box->is_public)
		return PUBLIC;
	if (box->is_firewall || box->mapping == NAT_MAPPING_ENDPOINT_INDEPENDENT ||
	    box->allocation == NAT_ALLOCATION_PRESERVING || kind == FULL_CONE)
		return kind;
	if (kind == RESTRICTED)
		return DEPENDENT;
	return box->allocation == NAT_ALLOCATION_SEQUENTIAL ? SEQUENTIAL : RANDOM;
}

static int class_of(const struct scenario *line, const struct nat_behavior *behavior)
{
	enum kind kind = kind_of(behavior);
	struct pair_box box = {
		.kind = kind == PUBLIC && is_deaf(line) ? BARE : (int)kind,
		.reaction = (int)behavior->reaction,
		.refuses = behavior->refuses_syn_in,
	};

	return pair_class(&box);
}

/* Whether the line stands for a pair of the set. Without listeners all that a filter lets in is
 * reset, so of those lines only the ones with a filter for the port mean what they say. */
static bool is_of_set(const struct scenario *line, enum pair_set set)
{
	const struct nat_behavior *boxes[2] = {&line->a, &line->b};

	if ((line->family == MIDAIR_IPV6) != (set == PAIR_SET_IPV6))
		return false;
	for (int i = 0; i < 2; i++) {
		/* the lab's NATs translate IPv6 as well */
		if (set == PAIR_SET_IPV6 && !boxes[i]->is_firewall && !boxes[i]->is_public)
			return false;
		if (is_deaf(line) && !boxes[i]->is_public &&
		    boxes[i]->filtering != NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT)
			return false;
	}
	return true;
}

static bool is_covered(enum pair_set set, int one, int other, bool is_way)
{
	for (size_t i = 0; i < n_lines; i++) {
		int a = class_of(&lines[i], &lines[i].a);
		int b = class_of(&lines[i], &lines[i].b);

		if (is_of_set(&lines[i], set) && lines[i].expectation == SCENARIO_CONNECT &&
		    lines[i].is_via_relay == !is_way &&
		    ((a == one && b == other) || (a == other && b == one)))
			return true;
	}
	return false;
}

/* The lab's sides both listen, or both do not. */
static bool is_beyond_the_lab(const struct pair_box *a, const struct pair_box *b)
{
	bool is_either = (a->kind == BARE) != (b->kind == BARE);
	int other = a->kind == BARE ? b->kind : a->kind;

	return is_either && (other == FULL_CONE || other == RESTRICTED || other == DEPENDENT ||
			     other == PUBLIC);
}

static uint32_t count_uncovered(enum pair_set set)
{
	struct pair_box boxes[PAIR_BOXES];
	int n = pair_boxes(set, boxes);
	uint32_t n_uncovered = 0;
	bool is_seen[PAIR_CLASSES][PAIR_CLASSES] = {{false}};

	for (int i = 0; i < n; i++) {
		for (int k = i; k < n; k++) {
			int one = pair_class(&boxes[i]), other = pair_class(&boxes[k]);
			struct plan plan = pair_plan(set, &boxes[i], &boxes[k]);
			char names[2][8];

			if (is_seen[one][other] || is_beyond_the_lab(&boxes[i], &boxes[k]))
				continue;
			is_seen[one][other] = is_seen[other][one] = true;
			if (is_covered(set, one, other, is_direct(&plan)))
				continue;
			n_uncovered++;
			print_error("no line for %s %s %s %s\n", pair_set_name(set),
				    pair_class_name(one, names[0]),
				    pair_class_name(other, names[1]), pair_letters(&plan));
		}
	}
	return n_uncovered;
}

/* Those that have a way by a direct connection, the others by the relay. */
static void each_kind_of_pair_has_a_line(void **state)
{
	uint32_t n_uncovered = 0;

	(void)state;
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++)
		n_uncovered += count_uncovered(set);
	assert_int_equal(n_uncovered, 0);
}

static bool has_line(enum pair_set set, const struct pair_box *box)
{
	for (size_t i = 0; i < n_lines; i++) {
		const struct nat_behavior *boxes[2] = {&lines[i].a, &lines[i].b};

		for (int k = 0; k < 2 && is_of_set(&lines[i], set); k++)
			if (class_of(&lines[i], boxes[k]) == pair_class(box) &&
			    boxes[k]->reaction == box->behavior.reaction)
				return true;
	}
	return false;
}

static void each_box_has_a_line(void **state)
{
	(void)state;
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++) {
		struct pair_box boxes[PAIR_BOXES];
		int n = pair_boxes(set, boxes);

		for (int i = 0; i < n; i++)
			EXPECT(has_line(set, &boxes[i]), boxes[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_expects_what_the_plan_predicts),
		cmocka_unit_test(each_kind_of_pair_has_a_line),
		cmocka_unit_test(each_box_has_a_line),
	};

	return cmocka_run_group_tests(tests, read_lines, NULL);
}
