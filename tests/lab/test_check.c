/* SPDX-License-Identifier: MIT */
/*
 * `midair check` against the lab's ground truth: each NAT of the list is measured through a real
 * server with two addresses, and every field is right. With "all" as its argument, and a number of
 * rounds: the whole matrix.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_test.h"

#include "lab/measure.h"
#include "lab/namespace.h"
#include "lab/truth.h"

#define N_PARALLEL 16
#define RTT_MS	   50

/* Without a drop somewhere, a dropped answer or none at all; from the first SYN on. The second is
 * the time of the server's dial, and what a busy machine adds. */
#define FAST_MS	  2000
#define SILENT_MS 4000

struct row {
	char behavior[NAT_BEHAVIOR_TEXT_SIZE];
	bool is_ipv6;
};

struct tally {
	size_t n_rows;
	size_t n_wrong;
	uint32_t slowest_ms;
	size_t n_slow;
};

static const char *const mappings[] = {"eim", "adm", "apdm"};
static const char *const filterings[] = {"eif", "adf", "apdf"};
static const char *const allocations[] = {"preserve", "sequential:1", "random"};
static const char *const reactions[] = {"drop", "rst", "icmp"};
static const char *const syn_ins[] = {"", "/refuse-syn-in"};
static const char *const resets[] = {"", "/keep-on-reset"};
static const char *const hairpins[] = {"", "/hairpin"};

#define N_MATRIX (3u * 3 * 3 * 3 * 2 * 2 * 2)

/* The nth of the matrix, each kind a digit. */
static void matrix_row(struct row *row, uint32_t n)
{
	const char *words[7];

	words[0] = mappings[n % 3];
	words[1] = filterings[n / 3 % 3];
	words[2] = allocations[n / 9 % 3];
	words[3] = reactions[n / 27 % 3];
	words[4] = syn_ins[n / 81 % 2];
	words[5] = resets[n / 162 % 2];
	words[6] = hairpins[n / 324 % 2];
	row->is_ipv6 = false;
	snprintf(row->behavior, sizeof(row->behavior), "%s/%s/%s/%s%s%s%s", words[0], words[1],
		 words[2], words[3], words[4], words[5], words[6]);
}

/* Others than the matrix has: the kernel's boxes, hosts without one, firewalls, larger steps. */
static const struct row others[] = {
	{"public", false},
	{"public", true},
	{"drop", false},
	{"rst", false},
	{"icmp", false},
	{"apdm/apdf/random/drop", false},
	{"apdm/apdf/random/rst", false},
	{"firewall/drop", false},
	{"firewall/rst", true},
	{"firewall/icmp", true},
	{"firewall/drop/eif", true},
	{"firewall/rst/adf", true},
	{"firewall/drop/refuse-syn-in", true},
	{"firewall/drop/keep-on-reset", false},
	{"apdm/apdf/sequential:7/drop", false},
	{"eim/apdf/sequential:10/rst", false},
};

static void parse(struct scenario *scenario, const struct row *row)
{
	char text[SCENARIO_LINE_SIZE];

	snprintf(text, sizeof(text),
		 "check a=%s b=public %sserver=%dms rtt=%dms expect=connect", row->behavior,
		 row->is_ipv6 ? "family=ipv6 " : "", RTT_MS, RTT_MS);
	if (scenario_parse(scenario, text, NULL))
		fail_msg("not a scenario: %s", text);
}

static void judge(const struct row *row, const struct scenario *scenario,
		  const struct midair_check_report *report, struct tally *tally)
{
	const struct midair_nat *nat = &report->nats[row->is_ipv6 ? 1 : 0];
	bool has_silence = scenario->a.reaction == NAT_REACTION_DROP ||
			   nat->syn_in == MIDAIR_NO || nat->hairpin != MIDAIR_YES;
	char text[TRUTH_TEXT_SIZE];

	tally->n_rows++;
	if (report->elapsed_ms > tally->slowest_ms)
		tally->slowest_ms = report->elapsed_ms;
	if (report->elapsed_ms > (has_silence ? SILENT_MS : FAST_MS))
		tally->n_slow++;
	if (truth_compare(&scenario->a, row->is_ipv6 ? MIDAIR_IPV6 : MIDAIR_IPV4, nat, text) ==
	    0)
		return;
	print_error("%s%s: %s (%u ms)\n", row->behavior, row->is_ipv6 ? " IPv6" : "", text,
		    report->elapsed_ms);
	tally->n_wrong++;
}

static void run_batch(const struct row *rows, size_t n_rows, uint64_t seed, struct tally *tally)
{
	struct measurement *measurements[N_PARALLEL] = {NULL};
	struct scenario scenarios[N_PARALLEL];
	struct lab_reason reason;

	for (size_t i = 0; i < n_rows; i++) {
		parse(&scenarios[i], &rows[i]);
		const struct network_config config = {.scenario = &scenarios[i],
						      .seed = seed + i};

		if (measure_new(&measurements[i], &config, &reason) ||
		    measure_start(measurements[i], &reason))
			fail_msg("%s: %s", rows[i].behavior, reason.text);
	}
	for (size_t i = 0; i < n_rows; i++) {
		struct midair_check_report report;

		if (measure_wait(measurements[i], &report, &reason))
			fail_msg("%s: %s", rows[i].behavior, reason.text);
		judge(&rows[i], &scenarios[i], &report, tally);
	}
	for (size_t i = 0; i < n_rows; i++)
		measure_free(measurements[i]);
}

static void run_rows(const struct row *rows, size_t n_rows, uint64_t seed, struct tally *tally)
{
	for (size_t i = 0; i < n_rows; i += N_PARALLEL) {
		size_t n = n_rows - i < N_PARALLEL ? n_rows - i : N_PARALLEL;

		run_batch(rows + i, n, seed + i, tally);
	}
}

/* One in so many of the matrix: coprime to its digits, so that every value of each kind comes. */
#define SUBSET_STEP 23u

static void every_field_is_right_behind_every_box(void **state)
{
	static struct row rows[N_MATRIX];
	struct tally tally = {0};
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < N_MATRIX; i += SUBSET_STEP)
		matrix_row(&rows[n++], i);
	run_rows(others, N_ITEMS(others), 1, &tally);
	run_rows(rows, n, 100, &tally);
	print_message("%zu boxes, %zu wrong, slowest %u ms\n", tally.n_rows, tally.n_wrong,
		      tally.slowest_ms);
	assert_int_equal(tally.n_wrong, 0);
	assert_int_equal(tally.n_slow, 0);
}

static int run_all(void *context)
{
	static struct row rows[N_MATRIX];
	int n_rounds = *(const int *)context;
	struct tally tally = {0};

	for (uint32_t i = 0; i < N_MATRIX; i++)
		matrix_row(&rows[i], i);
	for (int round = 0; round < n_rounds; round++) {
		run_rows(others, N_ITEMS(others), 1000u * (uint64_t)round, &tally);
		run_rows(rows, N_MATRIX, 1000u * (uint64_t)round + 100, &tally);
		printf("round %d: %zu checks, %zu wrong, %zu too slow, slowest %u ms\n",
		       round + 1, tally.n_rows, tally.n_wrong, tally.n_slow, tally.slowest_ms);
		fflush(stdout);
	}
	return tally.n_wrong + tally.n_slow > 0;
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_right_behind_every_box),
	};

	(void)context;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static int n_rounds;

	if (argc > 1 && strcmp(argv[1], "all") == 0) {
		struct lab_reason reason;

		n_rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
		lab_test_drop_root();
		return namespace_run(run_all, &n_rounds, &reason);
	}
	return lab_test_main(group);
}
