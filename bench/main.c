/* SPDX-License-Identifier: MIT */
/* The benchmark of docs/figures.md: how fast and how surely two ends meet. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/every_pair.h"
#include "bench/plan.h"
#include "bench/report.h"
#include "lab/namespace.h"

enum exit_status {
	STATUS_REACHED = 0,
	STATUS_MISSED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_HERE = 77
};

struct bench {
	struct bench_plan plan;
	enum report_form form;
	bool is_every_pair;
};

static const char usage[] =
	"usage: midair-bench [quick] [--json | --markdown] [--case TEXT] [--meeting | --pairing]\n"
	"       midair-bench --every-pair [--markdown] [--case TEXT]\n"
	"  quick        fewer runs and smaller skews\n"
	"  --json       one line of JSON for each case\n"
	"  --markdown   the tables of docs/figures.md\n"
	"  --case TEXT  only the cases whose title has this text\n"
	"  --meeting    only without a server\n"
	"  --pairing    only through one\n"
	"  --every-pair each line of lab/pairs.conf instead\n"
	"Status 0: all goals reached, 1: not all, 77: this machine cannot run the lab.\n";

static int complain(int status, const char *text)
{
	fprintf(stderr, "midair-bench: %s\n", text);
	return status;
}

/* Returns -1 to go on, or the exit status. */
static int read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},	{"markdown", no_argument, NULL, 'm'},
		{"case", required_argument, NULL, 'c'}, {"meeting", no_argument, NULL, 'M'},
		{"pairing", no_argument, NULL, 'P'},	{"every-pair", no_argument, NULL, 'E'},
		{"help", no_argument, NULL, 'h'},	{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'j') {
			bench->form = REPORT_JSON;
		} else if (option == 'm') {
			bench->form = REPORT_MARKDOWN;
		} else if (option == 'c') {
			bench->plan.only = optarg;
		} else if (option == 'M') {
			bench->plan.is_meeting_only = true;
		} else if (option == 'P') {
			bench->plan.is_pairing_only = true;
		} else if (option == 'E') {
			bench->is_every_pair = true;
		} else {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? STATUS_REACHED : STATUS_USAGE;
		}
	}
	for (; optind < argc; optind++) {
		if (strcmp(argv[optind], "quick") != 0)
			return complain(STATUS_USAGE, usage);
		bench->plan.is_quick = true;
	}
	return -1;
}

/* Hundreds of sessions in one process need some 2,000 descriptors. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int run_every_pair(const struct bench *bench)
{
	struct lab_reason reason;
	int n_missed = every_pair(stdout, bench->form, bench->plan.only, &reason);

	if (n_missed < 0)
		return complain(STATUS_NOT_HERE, reason.text);
	return n_missed == 0 ? STATUS_REACHED : STATUS_MISSED;
}

static int run(void *context)
{
	struct bench *bench = context;

	if (bench->is_every_pair)
		return run_every_pair(bench);
	plan_run(&bench->plan);
	return report_print(stdout, &bench->plan, bench->form) == 0 ? STATUS_REACHED
								    : STATUS_MISSED;
}

int main(int argc, char **argv)
{
	struct bench bench = {.form = REPORT_TEXT};
	struct lab_reason reason;
	int status = read_options(&bench, argc, argv);

	if (status >= 0)
		return status;
	raise_descriptor_limit();
	if (!bench.is_every_pair && plan_init(&bench.plan, &reason))
		return complain(STATUS_USAGE, reason.text);
	status = namespace_run(run, &bench, &reason);
	if (!bench.is_every_pair)
		plan_deinit(&bench.plan);
	return status < 0 ? complain(STATUS_NOT_HERE, reason.text) : status;
}
