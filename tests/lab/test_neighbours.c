/* SPDX-License-Identifier: MIT */
/*
 * test_neighbours MIDAIR: both hosts are behind one box, and have one address outside. They meet in
 * their own network; where that keeps its hosts apart, through the box, if it turns their packets
 * round (RFC 5382, REQ-8, hairpinning); and where it does not, they are told so.
 */
#include "internet.h"

#include <stdio.h>
#include <string.h>

#define INNER_A "10.0.1.2:"
#define INNER_B "10.0.1.3:"
#define OUTER	"198.51.100.1:"

/* The two ends of a path, of either family. */
struct path {
	const char *ours[2];
	const char *theirs[2];
};

static bool is_path(const char *line, const char *ours, const char *theirs)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "path: direct, %s", ours);
	snprintf(to, sizeof(to), " <-> %s", theirs);
	return strncmp(line, from, strlen(from)) == 0 && strstr(line, to);
}

static void expect_path(struct program *program, const struct path *path, bool is_turned)
{
	const char *const *ours = is_turned ? path->theirs : path->ours;
	const char *const *theirs = is_turned ? path->ours : path->theirs;
	const char *line;

	internet_expect_words(program, "round trip");
	line = strstr(program_text(program, PROGRAM_ERRORS), "path: ");
	assert_non_null(line);
	if (!is_path(line, ours[0], theirs[0]) && !is_path(line, ours[1], theirs[1]))
		fail_msg("not from %s to %s, but: %s", ours[0], theirs[0], line);
}

static void meet_by_a_code(const char *line, enum network_layout layout,
			   const struct path *path)
{
	struct internet internet = internet_around(lab_test_layout(line, layout), false);
	struct program *programs[2];

	internet_open_pipe(&internet, programs);
	expect_path(programs[0], path, false);
	expect_path(programs[1], path, true);
	internet_talk_and_end(programs[0], programs[1]);
	internet_free(&internet);
}

static void neighbours_meet_in_their_own_network(void **state)
{
	static const char *const rows[] = {
		"a=drop rtt=20ms server=20ms",
		"a=rst rtt=20ms server=20ms",
		"a=apdm/random rtt=20ms server=20ms",
		/* there are two ways, and this is the better one */
		"a=hairpin rtt=20ms server=20ms",
		"a=hairpin/eif rtt=20ms server=20ms",
	};
	const struct path inner = {{INNER_A, "[fd00:1::2]:"}, {INNER_B, "[fd00:1::3]:"}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		meet_by_a_code(rows[i], NETWORK_ONE_BOX, &inner);
}

static void neighbours_kept_apart_meet_through_their_box(void **state)
{
	static const char *const rows[] = {
		"a=hairpin rtt=20ms server=20ms",
		"a=hairpin/eif rtt=20ms server=20ms",
	};
	const struct path outer = {{OUTER, "[2001:db8:a::1]:"}, {OUTER, "[2001:db8:a::1]:"}};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		meet_by_a_code(rows[i], NETWORK_ONE_BOX_ISOLATED, &outer);
}

static void neighbours_with_no_way_are_told(void **state)
{
	struct internet internet = internet_around(
		lab_test_layout("a=drop rtt=20ms server=20ms", NETWORK_ONE_BOX_ISOLATED),
		false);
	struct program *ends[2];
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	ends[0] = internet_start_pipe(&internet, LAB_A, NULL, "--timeout=3");
	internet_read_code(ends[0], code);
	ends[1] = internet_start_pipe(&internet, LAB_B, code, "--timeout=3");
	for (int i = 0; i < 2; i++) {
		internet_expect_words(ends[i], "(one-router)");
		internet_expect_end(ends[i], 1);
	}
	internet_free(&internet);
}

static void neighbours_with_no_way_are_relayed(void **state)
{
	struct internet internet = internet_around(
		lab_test_layout("a=drop rtt=20ms server=20ms", NETWORK_ONE_BOX_ISOLATED), true);
	struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	internet_read_code(a, code);
	b = internet_start_pipe(&internet, LAB_B, code, NULL);
	internet_expect_words(a, "path: relayed");
	internet_expect_words(b, "path: relayed");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

/* Without a server: by the other's inner address. */
static void neighbours_who_name_each_other_meet(void **state)
{
	struct internet internet = internet_around(
		lab_test_layout("a=drop rtt=20ms server=20ms", NETWORK_ONE_BOX), false);
	const char *const from_a[INTERNET_ARGUMENTS] = {"midair", "meet", INNER_B "1400",
							"--from", "1400"};
	const char *const from_b[INTERNET_ARGUMENTS] = {"midair", "meet", INNER_A "1400",
							"--from", "1400"};
	struct program *a = internet_start(&internet, LAB_A, from_a);
	struct program *b = internet_start(&internet, LAB_B, from_b);

	(void)state;
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_meet_in_their_own_network),
		cmocka_unit_test(neighbours_kept_apart_meet_through_their_box),
		cmocka_unit_test(neighbours_with_no_way_are_told),
		cmocka_unit_test(neighbours_with_no_way_are_relayed),
		cmocka_unit_test(neighbours_who_name_each_other_meet),
	};

	(void)context;
	return (int)lab_test_all_at_once(tests, N_ITEMS(tests));
}

int main(int argc, char **argv)
{
	return internet_main(argc, argv, group);
}
