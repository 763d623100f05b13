/* SPDX-License-Identifier: MIT */
/*
 * What can meet what, as Markdown.
 *
 *	sim_plan_table predictions	what the plan says, from the plan alone
 *	sim_plan_table check FILE	FILE holds the predictions as they are
 *	sim_plan_table write FILE	puts them there
 *	sim_plan_table success [RUNS]	what comes of it in the simulator, RUNS for each cell
 *	sim_plan_table check-success FILE	FILE has that for each pair that has a way, and the
 *						right reason for each one that has none
 *	sim_plan_table write-success FILE [RUNS]
 *	sim_plan_table volleys [RUNS [RTT_MS [SKEW_MS]]]
 *					the same in fewer rows, with the cost; RUNS for each pair
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/document.h"
#include "tests/sim/pair_rows.h"
#include "tests/sim/success_table.h"

#define MS	   UINT64_C(1000000)
#define BEGIN_MARK "<!-- predictions: sim_plan_table write docs/nat.md -->\n"
#define END_MARK   "<!-- end of predictions -->\n"

/* ---- predictions ---------------------------------------------------------------------------- */

struct predictions {
	const char *cells[PAIR_CLASSES][PAIR_CLASSES];
};

/* Each class of each kind stands for all of its boxes, in both roles. */
static bool predict(struct predictions *predictions)
{
	struct pair_box boxes[PAIR_BOXES];
	int n = pair_boxes(PAIR_SET_IPV4, boxes);

	*predictions = (struct predictions){.cells = {{NULL}}};
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < n; k++) {
			struct plan plan = pair_plan(PAIR_SET_IPV4, &boxes[i], &boxes[k]);
			const char **cell =
				&predictions
					 ->cells[pair_class(&boxes[i])][pair_class(&boxes[k])];

			if (*cell && strcmp(*cell, pair_letters(&plan)) != 0) {
				fprintf(stderr, "not all alike: %s, %s\n", boxes[i].words,
					boxes[k].words);
				return false;
			}
			*cell = pair_letters(&plan);
		}
	}
	return true;
}

static bool print_predictions(FILE *out, uint32_t n_runs)
{
	struct predictions predictions;
	char name[8];

	(void)n_runs;
	if (!predict(&predictions))
		return false;
	fprintf(out, "|  |");
	for (int i = 0; i < PAIR_CLASSES; i++)
		fprintf(out, " %s |", pair_class_name(i, name));
	fprintf(out, "\n| --- |");
	for (int i = 0; i < PAIR_CLASSES; i++)
		fprintf(out, " --- |");
	for (int i = 0; i < PAIR_CLASSES; i++) {
		fprintf(out, "\n| %s |", pair_class_name(i, name));
		for (int k = 0; k < PAIR_CLASSES; k++)
			fprintf(out, " %s |", predictions.cells[i][k]);
	}
	fprintf(out, "\n\n");
	pair_print_reasons(out);
	return true;
}

/* ---- the document --------------------------------------------------------------------------- */

static char *text_of(bool (*print)(FILE *out, uint32_t n_runs), uint32_t n_runs)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || !print(out, n_runs))
		exit(EXIT_FAILURE);
	fclose(out);
	return text;
}

static bool check_predictions(struct document *document)
{
	char *fresh = text_of(print_predictions, 0);
	bool is_same = document_holds(document, fresh);

	if (!is_same)
		fprintf(stderr,
			"%s does not hold the plan's predictions as they are: write them with\n"
			"sim_plan_table write %s\n",
			document->path, document->path);
	free(fresh);
	return is_same;
}

/* Whatever was measured: the pairs, and where there is no way and why, have to be the plan's. */
static bool check_success(struct document *document)
{
	char *fresh = text_of(success_print, 0);
	char *expected = success_blank(fresh, fresh + strlen(fresh));
	char *published = success_blank(document->begin, document->end);
	bool is_same = strcmp(published, expected) == 0;

	if (!is_same)
		fprintf(stderr, "%s does not agree with the plan: run bench/success refresh\n",
			document->path);
	free(fresh);
	free(expected);
	free(published);
	return is_same;
}

static bool write_fresh(struct document *document, bool (*print)(FILE *out, uint32_t n_runs),
			uint32_t n_runs)
{
	char *fresh = text_of(print, n_runs);
	bool is_written = document_write(document, fresh);

	free(fresh);
	return is_written;
}

/* A document holds the predictions, or what came of them. */
static int with_document(const char *path, bool is_to_be_written, uint32_t n_runs)
{
	bool is_success = n_runs > 0;
	struct document document;
	bool is_good = document_open(&document, path, is_success ? SUCCESS_BEGIN : BEGIN_MARK,
				     is_success ? SUCCESS_END : END_MARK);

	if (is_good && is_to_be_written)
		is_good = write_fresh(&document, is_success ? success_print : print_predictions,
				      n_runs);
	else if (is_good)
		is_good = is_success ? check_success(&document) : check_predictions(&document);
	document_close(&document);
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- volleys -------------------------------------------------------------------------------- */

/* Every reaction and both answers to a SYN that meets our own, added up. */
static void try_kinds(struct plan_worlds *worlds, enum pair_set set, int i, int k,
		      const struct pair_weather *weather, uint32_t n_runs)
{
	struct pair_box boxes[PAIR_BOXES];
	int n = pair_boxes(set, boxes);
	struct pair_row row = {.n_pairs = 0};

	for (int x = 0; x < n; x++) {
		for (int y = i == k ? x : 0; y < n; y++) {
			struct plan plan;
			struct pair_tally tally = {.n_runs = 0};

			if (boxes[x].kind != i || boxes[y].kind != k)
				continue;
			plan = pair_plan(set, &boxes[x], &boxes[y]);
			if (plan.method != PLAN_NONE)
				pair_run(worlds, set, &boxes[x], &boxes[y], weather, 1, n_runs,
					 &tally);
			pair_row_add_pair(&row, &plan, &tally);
		}
	}
	pair_row_print(stdout, set, i, k, &row);
}

static void print_volleys(const struct pair_weather *weather, uint32_t n_runs)
{
	struct plan_worlds *worlds = plan_worlds_new();

	printf("Round trip %" PRIu64 " ms, %u runs for each pair:\n\n", weather->rtt_ns / MS,
	       n_runs);
	pair_rows_print_head(stdout);
	for (enum pair_set set = 0; set < N_PAIR_SETS; set++)
		for (int i = 0; i < PAIR_KINDS; i++)
			for (int k = i; k < PAIR_KINDS; k++)
				try_kinds(worlds, set, i, k, weather, n_runs);
	plan_worlds_free(worlds);
}

static uint64_t number(int n_arguments, char **arguments, int i, uint64_t otherwise)
{
	return i < n_arguments ? strtoull(arguments[i], NULL, 10) : otherwise;
}

/* For each cell; at least one. */
static uint32_t n_runs_of(int n_arguments, char **arguments, int i)
{
	uint32_t n_runs = (uint32_t)number(n_arguments, arguments, i, SUCCESS_RUNS);

	return n_runs > 0 ? n_runs : 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: sim_plan_table predictions | success [RUNS]\n"
			"       sim_plan_table check FILE | write FILE\n"
			"       sim_plan_table check-success FILE | write-success FILE [RUNS]\n"
			"       sim_plan_table volleys [RUNS [RTT_MS [SKEW_MS]]]\n");
	return EXIT_FAILURE;
}

int main(int n_arguments, char **arguments)
{
	const char *what = n_arguments > 1 ? arguments[1] : "";
	const char *path = n_arguments > 2 ? arguments[2] : "";

	if (strcmp(what, "predictions") == 0)
		return print_predictions(stdout, 0) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (strcmp(what, "check") == 0)
		return with_document(path, false, 0);
	if (strcmp(what, "write") == 0)
		return with_document(path, true, 0);
	if (strcmp(what, "check-success") == 0)
		return with_document(path, false, 1);
	if (strcmp(what, "write-success") == 0)
		return with_document(path, true, n_runs_of(n_arguments, arguments, 3));
	if (strcmp(what, "success") == 0)
		return success_print(stdout, n_runs_of(n_arguments, arguments, 2))
			       ? EXIT_SUCCESS
			       : EXIT_FAILURE;
	if (strcmp(what, "volleys") == 0) {
		struct pair_weather weather = {
			.rtt_ns = number(n_arguments, arguments, 3, 80) * MS,
			.skew_ns = number(n_arguments, arguments, 4, 0) * MS,
		};

		print_volleys(&weather, (uint32_t)number(n_arguments, arguments, 2, 20));
		return EXIT_SUCCESS;
	}
	return usage();
}
